/* SPDX-License-Identifier: MIT */
/* What the command line names besides its options: the command, the boards, the image
 * or the server. */

#ifndef FLASH_OPERANDS_H
#define FLASH_OPERANDS_H

#include "options.h"

/* Take the ARGUMENTS, NR of them, into O, whose options are taken already.  0, or -1
 * after a report. */
int operands_take (struct options *o, int nr, char *arguments[]);

/* The command that WORD, which stands in the place of a board, may be a slip for; NULL:
 * none. */
const char *operands_near_command (const char *word);

#endif
