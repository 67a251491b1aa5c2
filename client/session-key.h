/* SPDX-License-Identifier: MIT */
/* The file of --session-key. */

#ifndef FLASH_SESSION_KEY_H
#define FLASH_SESSION_KEY_H

/* Whether PATH holds a private key that nobody else may read, as ssh demands
 * it. 0, or -1 after a report. */
int session_key_check (const char *path);

#endif
