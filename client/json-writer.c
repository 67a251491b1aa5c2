/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>

#include "json-writer.h"
#include "terminal-text.h"

#define REPLACEMENT "\xef\xbf\xbd"      /* U+FFFD */

/* Escapes of a letter; others are written as \uXXXX. */
static char
short_escape (unsigned code)
{
  switch (code) {
  case '"': return '"';
  case '\\': return '\\';
  case '\n': return 'n';
  case '\r': return 'r';
  case '\t': return 't';
  }
  return '\0';
}

/* What JSON forbids as it is, and what is legal but moves a terminal's cursor or
 * ends a line for some readers. */
static bool
needs_escape (unsigned code)
{
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028
         || code == 0x2029;
}

static void
write_text (FILE *f, const char *text)
{
  fputc ('"', f);
  while (*text) {
    unsigned code = 0;
    const size_t len = utf8_decode (text, &code);

    if (len == 0)
      fputs (REPLACEMENT, f);
    else if (short_escape (code))
      fprintf (f, "\\%c", short_escape (code));
    else if (needs_escape (code))
      fprintf (f, "\\u%04x", code);
    else
      fwrite (text, 1, len, f);
    text += len ? len : 1;
  }
  fputc ('"', f);
}

static void
write_key (struct json_writer *w, const char *key)
{
  if (w->has_member)
    fputc (',', w->f);
  w->has_member = true;
  write_text (w->f, key);
  fputc (':', w->f);
}

void
json_begin_object (struct json_writer *w, FILE *f)
{
  w->f = f;
  w->has_member = false;
  fputc ('{', f);
}

void
json_string (struct json_writer *w, const char *key, const char *value)
{
  write_key (w, key);
  write_text (w->f, value);
}

void
json_number (struct json_writer *w, const char *key, uint64_t value)
{
  write_key (w, key);
  fprintf (w->f, "%" PRIu64, value);
}

void
json_bool (struct json_writer *w, const char *key, bool value)
{
  write_key (w, key);
  fputs (value ? "true" : "false", w->f);
}

void
json_end_object (struct json_writer *w)
{
  fputs ("}\n", w->f);
}
