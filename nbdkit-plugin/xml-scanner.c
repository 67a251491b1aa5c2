/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "xml-scanner.h"

static bool
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
begins_with (const struct xml_scanner *s, const char *word)
{
  const size_t len = strlen (word);

  return (size_t) (s->end - s->next) >= len
         && memcmp (s->next, word, len) == 0;
}

/* Go behind WORD; false: it does not come. */
static bool
skip_past (struct xml_scanner *s, const char *word)
{
  const char *found = memmem (s->next, (size_t) (s->end - s->next), word,
                              strlen (word));

  if (found)
    s->next = found + strlen (word);
  return found != NULL;
}

/* 1: it was something that is no tag; 0: it is a tag; -1: it does not end. */
static int
skip_other (struct xml_scanner *s)
{
  if (begins_with (s, "<!--"))
    return skip_past (s, "-->") ? 1 : -1;
  if (begins_with (s, "<![CDATA["))
    return skip_past (s, "]]>") ? 1 : -1;
  if (begins_with (s, "<?"))
    return skip_past (s, "?>") ? 1 : -1;
  if (begins_with (s, "<!"))
    return skip_past (s, ">") ? 1 : -1;
  return 0;
}

/* The ">" that ends the tag; those in quoted attributes do not. */
static const char *
find_tag_end (const struct xml_scanner *s)
{
  char quote = 0;

  for (const char *p = s->next; p < s->end; p++) {
    if (quote)
      quote = *p == quote ? 0 : quote;
    else if (*p == '"' || *p == '\'')
      quote = *p;
    else if (*p == '>')
      return p;
  }
  return NULL;
}

static void
divide_tag (const char *p, const char *tag_end, struct xml_tag *tag)
{
  tag->closing = p < tag_end && *p == '/';
  p += tag->closing;
  tag->empty = !tag->closing && tag_end > p && tag_end[-1] == '/';
  if (tag->empty)
    tag_end--;
  tag->name = p;
  while (p < tag_end && !is_space (*p))
    p++;
  tag->name_len = (size_t) (p - tag->name);
  tag->attributes = p;
  tag->attributes_len = (size_t) (tag_end - p);
}

static void
take_text (const struct xml_scanner *s, struct xml_tag *tag)
{
  const char *p = s->next;
  const char *end = memchr (p, '<', (size_t) (s->end - p));

  if (!end)
    end = s->end;
  while (p < end && is_space (*p))
    p++;
  while (end > p && is_space (end[-1]))
    end--;
  tag->text = p;
  tag->text_len = (size_t) (end - p);
}

int
xml_scanner_next (struct xml_scanner *s, struct xml_tag *tag)
{
  for (;;) {
    const char *start = memchr (s->next, '<', (size_t) (s->end - s->next));

    if (!start)
      return 0;
    s->next = start;
    int r = skip_other (s);
    if (r == -1)
      return -1;
    if (r == 1)
      continue;
    s->next++;
    const char *tag_end = find_tag_end (s);
    if (!tag_end)
      return -1;
    divide_tag (s->next, tag_end, tag);
    s->next = tag_end + 1;
    take_text (s, tag);
    return 1;
  }
}

bool
xml_tag_is (const struct xml_tag *tag, const char *name)
{
  return tag->name_len == strlen (name)
         && memcmp (tag->name, name, tag->name_len) == 0;
}
