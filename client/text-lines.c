/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "terminal-text.h"
#include "text-lines.h"

#define BLANKS " \t"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

const char *
text_lines_begin (struct text_lines *l, char *text, size_t size)
{
  const size_t mark = sizeof BYTE_ORDER_MARK - 1;

  *l = (struct text_lines) { .next = text, .end = text + size };
  if (size >= mark && memcmp (text, BYTE_ORDER_MARK, mark) == 0)
    l->next += mark;
  return memchr (text, '\0', size) ? "not a text (it has a NUL byte)" : NULL;
}

char *
text_lines_next (struct text_lines *l)
{
  char *line = l->next, *newline;

  if (line >= l->end)
    return NULL;
  newline = line + strcspn (line, "\n");
  l->next = newline + 1;
  l->number++;
  if (newline > line && newline < l->end && newline[-1] == '\r')
    newline--;
  *newline = '\0';
  return text_trim (line);
}

bool
text_line_is_clean (const char *line)
{
  unsigned code;

  for (size_t len; *line; line += len) {
    len = utf8_decode (line, &code);
    if (len == 0 || (code < ' ' && code != '\t') || (code >= 0x7f && code <= 0x9f))
      return false;
  }
  return true;
}

char *
text_trim (char *text)
{
  text += strspn (text, BLANKS);
  for (size_t n = strlen (text); n > 0 && strchr (BLANKS, text[n - 1]); n--)
    text[n - 1] = '\0';
  return text;
}

char *
text_line_split (char **line)
{
  char *equals = strchr (*line, '=');

  if (!equals)
    return NULL;
  *equals = '\0';
  *line = text_trim (*line);
  return text_trim (equals + 1);
}
