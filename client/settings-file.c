/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option-values.h"
#include "report.h"
#include "setting-value.h"
#include "settings-file.h"
#include "ssh-config.h"
#include "text-lines.h"

#define PATTERN_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
  "0123456789._:%-*?"
#define SHOWN 60                /* bytes of the person's words in a message */

struct parser
{
  struct settings *settings;
  const char *home;
  unsigned line;
};

static int
refuse (const struct parser *p, const char *what, const char *why)
{
  report_error (ERROR_SETTINGS_INVALID,
                "%s:%u: %.*s%s%s", p->settings->name, p->line, SHOWN, what,
                *what ? ": " : "", why);
  return -1;
}

static int
refuse_memory (void)
{
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

/* -- Sections -------------------------------------------------------------- */

static int
add_section (struct settings *s, const char *patterns)
{
  struct settings_section *more
    = reallocarray (s->sections, s->nr_sections + 1, sizeof *more);

  if (!more)
    return refuse_memory ();
  s->sections = more;
  s->sections[s->nr_sections++] = (struct settings_section) { patterns };
  return 0;
}

/* Names of hosts, and at least one that can match. */
static int
check_patterns (const struct parser *p, const char *patterns)
{
  bool any = false;

  for (const char *word = patterns; *word; word += strspn (word, " \t")) {
    const size_t length = strcspn (word, " \t");
    const bool negated = *word == '!';

    if (length == negated
        || strspn (word + negated, PATTERN_LETTERS) < length - negated)
      return refuse (p, word, memchr (word, '@', length)
                     ? "a board's section goes by the host alone, without the user"
                     : "no pattern of host names (letters, digits, . _ : % -, and * ? "
                     "!)");
    any = any || !negated;
    word += length;
  }
  return any ? 0 : refuse (p, patterns, "the section can match no board: name one, as "
                           "in [board lab-* !lab-7]");
}

/* LINE begins with "[".  The current section is the last one, but for [defaults]. */
static int
take_section (struct parser *p, char *line, size_t *current)
{
  const size_t length = strlen (line);
  char *words;

  if (line[length - 1] != ']' || length < 2)
    return refuse (p, line, "a section is [board PATTERN...] or [defaults]");
  line[length - 1] = '\0';
  words = text_trim (line + 1);
  if (strcmp (words, "defaults") == 0) {
    *current = 0;
    return 0;
  }
  if (strncmp (words, "board", 5) != 0 || (words[5] && words[5] != ' ' && words[5] != '\t'))
    return refuse (p, words, "an unknown section; there are [board PATTERN...] and "
                   "[defaults]");
  words = text_trim (words + 5);
  if (check_patterns (p, words) == -1)
    return -1;
  *current = p->settings->nr_sections;
  return add_section (p->settings, words);
}

/* -- Settings -------------------------------------------------------------- */

static int
refuse_key (const struct parser *p, const char *word)
{
  const char *why = setting_key_why_not (word), *near = setting_key_near (word);
  char text[SHOWN];

  if (why || !near)
    return refuse (p, word, why ? why : "an unknown key; flash-live-remote-settings(5) "
                   "lists them");
  snprintf (text, sizeof text, "an unknown key; did you mean %s?", near);
  return refuse (p, word, text);
}

static int
check_place (const struct parser *p, const struct setting *given)
{
  const struct settings *s = p->settings;
  const char *name = setting_key_name (given->key);
  char text[SHOWN];

  if (given->section > 0 && setting_key_is_global (given->key))
    return refuse (p, name, "it is about all boards at once, so it stands before the "
                   "first [board ...], or under [defaults]");
  for (size_t i = 0; i < s->nr_entries; i++)
    if (s->entries[i].key == given->key && s->entries[i].section == given->section) {
      snprintf (text, sizeof text, "line %u of this section has it already",
                s->entries[i].line);
      return refuse (p, name, text);
    }
  return 0;
}

/* A relative path would depend on the folder that a command is given in. */
static int
expand_path (const struct parser *p, struct setting *given)
{
  if (!setting_key_is_path (given->key) || *given->value == '/'
      || strcmp (given->value, SETTING_DEFAULT) == 0
      || (given->key == SETTING_HOST_KEY && option_is_fingerprint (given->value)))
    return 0;
  if (strncmp (given->value, "~/", 2) != 0)
    return refuse (p, setting_key_name (given->key), "an absolute path is needed, or "
                   "one that begins with ~/");
  if (asprintf (&given->owned, "%s%s", p->home, given->value + 1) == -1) {
    given->owned = NULL;
    return refuse_memory ();
  }
  given->value = given->owned;
  return 0;
}

static int
check_value (const struct parser *p, const struct setting *given)
{
  const char *name = setting_key_name (given->key);
  char what[SHOWN + 4096];

  /* An unquoted file has no other way to tell a slip from a value. */
  if (strstr (given->value, " #") || strstr (given->value, "\t#"))
    return refuse (p, name, "a comment stands on a line of its own");
  if (*given->value == '\0' && given->key != SETTING_STOP_SERVICES)
    return refuse (p, name, "it has no value; leave the line out, or write "
                   SETTING_DEFAULT);
  if (strcmp (given->value, SETTING_DEFAULT) == 0)
    return 0;
  snprintf (what, sizeof what, "%.4096s:%u: %s", p->settings->name, p->line, name);
  return setting_check (given->key, given->value, what);
}

static int
keep_entry (struct parser *p, struct setting *given)
{
  struct settings *s = p->settings;
  struct setting *more;

  if (check_place (p, given) == -1 || check_value (p, given) == -1
      || expand_path (p, given) == -1)
    return -1;
  more = reallocarray (s->entries, s->nr_entries + 1, sizeof *more);
  if (!more) {
    free (given->owned);
    return refuse_memory ();
  }
  s->entries = more;
  s->entries[s->nr_entries++] = *given;
  return 0;
}

static int
parse_line (struct parser *p, char *line, size_t *section)
{
  struct setting given = { .section = *section, .line = p->line };

  if (!text_line_is_clean (line))
    return refuse (p, "", "a control character, or not UTF-8");
  if (*line == '\0' || *line == '#' || *line == ';')
    return 0;
  if (*line == '[')
    return take_section (p, line, section);
  given.value = text_line_split (&line);
  if (!given.value)
    return refuse (p, line, "a line is key = value, [board PATTERN...] or [defaults]");
  given.key = setting_key_find (line);
  return given.key == SETTING_KEYS ? refuse_key (p, line) : keep_entry (p, &given);
}

int
settings_parse (struct settings *s, const char *name, const char *home,
                const char *text, size_t size)
{
  struct parser p = { .settings = s, .home = home };
  struct text_lines lines;
  const char *wrong;
  size_t section = 0;
  char *line;

  memset (s, 0, sizeof *s);
  s->name = strdup (name);
  s->text = malloc (size + 1);
  if (!s->name || !s->text)
    return refuse_memory ();
  memcpy (s->text, text, size);
  s->text[size] = '\0';
  wrong = text_lines_begin (&lines, s->text, size);
  if (wrong) {
    report_error (ERROR_SETTINGS_FILE, "%s: %s", name, wrong);
    return -1;
  }
  if (add_section (s, NULL) == -1)
    return -1;
  while ((line = text_lines_next (&lines)) != NULL) {
    p.line = lines.number;
    if (parse_line (&p, line, &section) == -1)
      return -1;
  }
  return 0;
}

void
settings_release (struct settings *s)
{
  for (size_t i = 0; i < s->nr_entries; i++)
    free (s->entries[i].owned);
  free (s->entries);
  free (s->sections);
  free (s->text);
  free (s->name);
  memset (s, 0, sizeof *s);
}

const struct setting *
settings_find (const struct settings *s, const char *host, enum setting_key key)
{
  const struct setting *by_default = NULL;

  for (size_t i = 0; i < s->nr_entries; i++) {
    const struct setting *e = &s->entries[i];

    if (e->key != key)
      continue;
    if (e->section == 0)
      by_default = e;
    else if (host && ssh_config_match_list (host, s->sections[e->section].patterns))
      return e;
  }
  return by_default;
}
