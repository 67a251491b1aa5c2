/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stddef.h>

#include "terminal-text.h"
#include "yaml-string.h"

/* What every parser takes as it is: YAML's printable characters without those that
 * break a line, a byte order mark, or what PyYAML does not know. */
static bool
is_plain (unsigned code)
{
  return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code < 0x2028)
         || (code > 0x2029 && code < 0xd800) || (code >= 0xe000 && code < 0xfeff)
         || (code > 0xfeff && code < 0xfffe) || (code > 0xffff && code < 0x110000);
}

void
yaml_string_write (FILE *f, const char *value)
{
  unsigned code;

  fputc ('"', f);
  for (size_t len; *value; value += len) {
    len = utf8_decode (value, &code);
    if (len == 0) {
      fputs ("\\uFFFD", f);
      len = 1;
    }
    else if (code == '"' || code == '\\')
      fprintf (f, "\\%c", (int) code);
    else if (is_plain (code))
      fwrite (value, 1, len, f);
    else
      fprintf (f, "\\u%04X", code);
  }
  fputc ('"', f);
}
