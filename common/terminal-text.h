/* SPDX-License-Identifier: MIT */
/* Text from a board, an image or a server, made harmless for a terminal. */

#ifndef FLASH_TERMINAL_TEXT_H
#define FLASH_TERMINAL_TEXT_H

#include <stddef.h>

/* Clean TEXT in place: control characters (C0, DEL, C1) and the characters
 * that turn the writing direction are removed, a tab becomes a space, a byte
 * that is not valid UTF-8 becomes '?'.  The text never grows.  Returns TEXT. */
char *terminal_text_clean (char *text);

/* Decode the UTF-8 sequence at the start of TEXT, which is not "", into CODE: its
 * length, or 0 when it is not valid (overlong forms and surrogates included). */
size_t utf8_decode (const char *text, unsigned *code);

#endif
