/* SPDX-License-Identifier: MIT */
/* The lines of a file that people write, whoever has written it: UTF-8 without control
 * characters, a tab being a blank.  Editors of other systems may have put a byte order
 * mark in front and ended lines by CR LF; the last line may lack its end. */

#ifndef FLASH_TEXT_LINES_H
#define FLASH_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct text_lines
{
  char *next, *end;
  unsigned number;              /* of the line that was given last, from 1 */
};

/* Begin with TEXT, SIZE bytes and a NUL, which is changed.  Returns NULL, or what is
 * wrong with it as a whole (a constant, to be reported). */
const char *text_lines_begin (struct text_lines *lines, char *text, size_t size);

/* The next line without the blanks around it; NULL: there is none left. */
char *text_lines_next (struct text_lines *lines);

/* Whether LINE has no control characters and is UTF-8. */
bool text_line_is_clean (const char *line);

/* TEXT without the blanks around it, in place. */
char *text_trim (char *text);

/* Cut LINE, KEY=VALUE, at its first "=", both trimmed.  The value, LINE being the key
 * then; NULL: there is no "=". */
char *text_line_split (char **line);

#endif
