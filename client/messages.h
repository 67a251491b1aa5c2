/* SPDX-License-Identifier: MIT */
/* What the client says: text on stderr, or records (message-sink.h).  Errors go
 * through report_error (common/report.h). */

#ifndef FLASH_MESSAGES_H
#define FLASH_MESSAGES_H

#include <stdbool.h>

#include "error-catalogue.h"

#define MESSAGE_PROGRAM "flash-live-remote"

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE,
                 VERBOSITY_DEBUG };

void message_init (enum verbosity verbosity);

/* A step begins; NAME, a constant, is its word in records.  Silent with --quiet. */
void message_phase (const char *name, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));
/* A fact: silent with --quiet. */
void message_info (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));
/* Only with --verbose. */
void message_detail (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));
/* Only with --debug: what the protocols say.  Never a secret; control characters are
 * removed. */
void message_debug (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));
bool message_debugs (void);
/* Also with --quiet. */
void message_always (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));
void message_warning (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));

/* From now on errors, warnings and the words of others are details, for somebody who
 * tries again; message_last_error is the first line of the last one, "" for none
 * since then, and message_last_code its code.  They stay until the next hold. */
void message_hold_errors (void);
void message_release_errors (void);
bool message_holds_errors (void);
const char *message_last_error (void);
enum error_code message_last_code (void);

/* The last error that was not held, whole, until the next one, and its CODE; where one
 * came before it, not the one that tells how the disk stands.  NULL: there was none (or
 * no memory for it). */
const char *message_said_error (enum error_code *code);

/* TEXT of somebody else, line by line behind PREFIX, its control characters
 * removed.  Also with --quiet. */
void message_verbatim (const char *prefix, const char *text);

#endif
