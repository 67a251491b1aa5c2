/* SPDX-License-Identifier: MIT */
/* JSON strings: whatever a board says becomes one line of valid JSON, and every
 * character that was valid is found in it again. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "json-writer.h"
#include "terminal-text.h"

#define HEAD "{\"k\":\""
#define TAIL "\"}\n"

/* The character at P of the output into CODE; what is behind it.  As RFC 8259
 * wants it, and stricter: nothing that a terminal could take as a command. */
static const char *
take_character (const char *p, unsigned *code)
{
  static const char escapes[] = "\"\\nrt", meant[] = "\"\\\n\r\t";
  size_t len;

  if (*p != '\\') {
    len = utf8_decode (p, code);
    FUZZ_CHECK (len > 0 && *code >= 0x20 && *code != '"');
    FUZZ_CHECK (*code < 0x7f || *code > 0x9f);
    return p + len;
  }
  if (p[1] == 'u') {
    char digits[5] = "", *end;

    strncpy (digits, p + 2, 4);
    *code = (unsigned) strtoul (digits, &end, 16);
    FUZZ_CHECK (end == digits + 4);
    return p + 6;
  }
  const char *found = strchr (escapes, p[1]);
  FUZZ_CHECK (p[1] && found);
  *code = (unsigned char) meant[found - escapes];
  return p + 2;
}

static void
check (const char *value, const char *text)
{
  FUZZ_CHECK (strncmp (text, HEAD, strlen (HEAD)) == 0);
  text += strlen (HEAD);
  while (*value) {
    unsigned wanted, got = 0;
    size_t len = utf8_decode (value, &wanted);

    text = take_character (text, &got);
    FUZZ_CHECK (got == (len ? wanted : 0xfffd));
    value += len ? len : 1;
  }
  FUZZ_CHECK (strcmp (text, TAIL) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *value = calloc (1, size + 1), *text = NULL;
  size_t len;
  FILE *f = open_memstream (&text, &len);
  struct json_writer w;

  FUZZ_CHECK (value && f);
  if (size > 0)
    memcpy (value, data, size);
  json_begin_object (&w, f);
  json_string (&w, "k", value);
  json_end_object (&w);
  FUZZ_CHECK (fclose (f) == 0);
  check (value, text);
  free (text);
  free (value);
  return 0;
}
