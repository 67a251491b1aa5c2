/* SPDX-License-Identifier: MIT */
/* The values of options, from the command line and from the settings file.  WHAT is
 * whose value it is, for messages: "--wait", "FILE:3: wait". */

#ifndef FLASH_OPTION_VALUES_H
#define FLASH_OPTION_VALUES_H

#include "options.h"

/* Each: 0, or -1 after a report. */
int option_number (const char *what, const char *text, unsigned long least,
                   unsigned long most, unsigned *number);
int option_mode (const char *what, const char *text, enum flash_mode *mode);
int option_verification (const char *what, const char *text,
                         enum verification *verification);
int option_transport (const char *what, const char *text, enum transport *transport);
/* The place of TEXT in WORDS, which end with NULL and are short; -1 after a report. */
int option_word (const char *what, const char *text, const char *const words[]);
/* Patterns of units with blanks between them; there may be none. */
int option_check_services (const char *what, const char *list);
/* An absolute path on the board. */
int option_check_device (const char *what, const char *device);
/* What ssh-keygen -l shows: "" and the like would match nothing. */
int option_check_fingerprint (const char *what, const char *text);
bool option_is_fingerprint (const char *text);

#endif
