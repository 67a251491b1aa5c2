/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "terminal-text.h"

size_t
utf8_decode (const char *text, unsigned *code)
{
  const unsigned char *p = (const unsigned char *) text;
  static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t len = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2
               : (*p & 0xf0) == 0xe0 ? 3 : (*p & 0xf8) == 0xf0 ? 4 : 0;

  if (len == 0)
    return 0;
  *code = len == 1 ? *p : *p & (0x7fu >> len);
  for (size_t i = 1; i < len; i++) {
    if ((p[i] & 0xc0) != 0x80)          /* the final NUL ends up here, too */
      return 0;
    *code = *code << 6 | (p[i] & 0x3f);
  }
  if (*code < smallest[len] || *code > 0x10ffff
      || (*code >= 0xd800 && *code <= 0xdfff))
    return 0;
  return len;
}

/* C0, DEL and C1 move the cursor or worse; the bidirectional controls make a
 * disk's name read like another one. */
static bool
is_harmful (unsigned code)
{
  return code < 0x20 || (code >= 0x7f && code <= 0x9f)
         || code == 0x061c || code == 0x200e || code == 0x200f
         || (code >= 0x2028 && code <= 0x202e)
         || (code >= 0x2066 && code <= 0x2069);
}

char *
terminal_text_clean (char *text)
{
  char *out = text;
  const char *in = text;

  while (*in) {
    unsigned code;
    size_t len = utf8_decode (in, &code);

    if (len == 0)
      *out++ = '?';
    else if (code == '\t')
      *out++ = ' ';
    else if (!is_harmful (code)) {
      memmove (out, in, len);
      out += len;
    }
    in += len ? len : 1;
  }
  *out = '\0';
  return text;
}
