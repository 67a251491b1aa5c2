/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "column-text.h"

/* The bytes of the character or sequence at TEXT, which is not ""; *COLUMNS: how many
 * it takes. */
static size_t
next_length (const char *text, size_t *columns)
{
  size_t n = 1;

  *columns = 1;
  if (text[0] == '\033' && text[1] == '[') {
    *columns = 0;
    n = 2 + strspn (text + 2, "0123456789;");
    return text[n] ? n + 1 : n;
  }
  while (((unsigned char) text[n] & 0xc0) == 0x80)
    n++;
  return n;
}

size_t
column_text_width (const char *text)
{
  size_t width = 0, columns;

  for (; *text; width += columns)
    text += next_length (text, &columns);
  return width;
}

size_t
column_text_fit (const char *text, size_t columns)
{
  size_t fit = 0, next;

  while (text[fit]) {
    const size_t n = next_length (text + fit, &next);

    if (next > columns)
      break;
    columns -= next;
    fit += n;
  }
  return fit;
}
