/* SPDX-License-Identifier: MIT */
/* Text counted in columns of a terminal: a character of UTF-8 is one, a sequence
 * that sets a colour is none. */

#ifndef FLASH_COLUMN_TEXT_H
#define FLASH_COLUMN_TEXT_H

#include <stddef.h>

/* The columns of TEXT. */
size_t column_text_width (const char *text);
/* The bytes at the start of TEXT that fit COLUMNS; a character is never cut. */
size_t column_text_fit (const char *text, size_t columns);

#endif
