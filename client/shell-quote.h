/* SPDX-License-Identifier: MIT */
/* Values that become one word of a POSIX shell. */

#ifndef FLASH_SHELL_QUOTE_H
#define FLASH_SHELL_QUOTE_H

/* VALUE in single quotes, fit for every POSIX shell.  The caller must free it;
 * NULL: no memory. */
char *shell_quote (const char *value);

#endif
