/* SPDX-License-Identifier: MIT */
/* How the code of an error stands in its text. */

#ifndef FLASH_ERROR_TAG_H
#define FLASH_ERROR_TAG_H

#include <stddef.h>

#define ERROR_CODE_MAX 32       /* of a code, with its NUL */

/* TEXT with " [CODE]" at the end of its first line: what follows there may be a
 * command to be copied.  "" as CODE: TEXT.  The caller must free it; NULL: no
 * memory. */
char *error_tag_text (const char *text, const char *code);

#endif
