/* SPDX-License-Identifier: MIT */
/* Asking the session process: a connection to its socket and one line. */

#ifndef FLASH_HELPER_REQUEST_H
#define FLASH_HELPER_REQUEST_H

#include <stddef.h>

/* Connect to the session's socket in ram_root.  A descriptor, or -1 with errno;
 * nothing is reported. */
int request_connect (void);

/* Connect, send LINE (its newline included), and wait for one line of answer,
 * which goes to ANSWER (SIZE bytes) without its newline.  0, or -1 with errno;
 * EPIPE when the session hung up without an answer.  Nothing is reported. */
int request_line (const char *line, char *answer, size_t size);

#endif
