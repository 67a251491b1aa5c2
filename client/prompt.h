/* SPDX-License-Identifier: MIT */
/* Questions on the terminal (/dev/tty), whatever stdin and stderr are. */

#ifndef FLASH_PROMPT_H
#define FLASH_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether there is a terminal to ask on. */
bool prompt_possible (void);

/* A line that is said before each question from now on, where it would come as
 * a surprise; NULL: none.  Not copied. */
void prompt_set_occasion (const char *text);

/* From now on somebody else answers: ASK as prompt_ask; NULL: nobody does. */
typedef int (*prompt_fn) (const char *question, bool echo, char *answer,
                          size_t size);
void prompt_set_way (prompt_fn ask);

/* Show QUESTION (cleaned of control characters) and read a line of at most SIZE
 * - 1 bytes into ANSWER, without its newline; ECHO false for secrets, which the
 * caller wipes.  0, or -1: no terminal, end of file, a line that is too long,
 * or an interrupt (interrupt_fd stays readable: the next question fails, too). */
int prompt_ask (const char *question, bool echo, char *answer, size_t size);

#endif
