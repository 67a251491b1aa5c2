/* SPDX-License-Identifier: MIT */
/* What the helper says: status records (docs/protocol.md, section 3), to the
 * descriptor in FLASH_STATUS_FD, or, where there is none, errors as text on
 * stderr.  report_error() of common/report.h is defined here. */

#ifndef FLASH_HELPER_SAY_H
#define FLASH_HELPER_SAY_H

#include <stdarg.h>
#include <stdint.h>

/* Send one record: TYPE, then key, value, key, value..., NULL (all strings; at
 * most 8 pairs).  One write() of at most PIPE_BUF bytes, so records of several
 * threads or processes never mix.  Never fails: a session process that is gone
 * must not stop the flash.  Keeps errno. */
void say (const char *type, ...) __attribute__ ((__sentinel__));

/* The record `phase name=NAME`. */
void say_phase (const char *name);

/* The record `progress phase=PHASE done=DONE total=TOTAL`. */
void say_progress (const char *phase, uint64_t done, uint64_t total);

/* What report_error() says from now on about the disk: "no" (the state at the
 * start), "partial" or "yes".  WRITTEN must stay valid.  Call it before the
 * first byte is written. */
void say_set_written (const char *written);
const char *say_written (void);

/* `flash-helper say TYPE KEY=VALUE...`, for flash.sh: see commands.h. */

#endif
