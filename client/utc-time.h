/* SPDX-License-Identifier: MIT */
/* The time of day, as scripts read it. */

#ifndef FLASH_UTC_TIME_H
#define FLASH_UTC_TIME_H

#include <stdint.h>

#define UTC_TIME_MAX 32

/* "2026-11-28T16:02:19.123Z" for SECONDS since 1970 (before 9999) and MS.  Calls
 * nothing, so that a signal handler may call it.  Returns TEXT. */
char *utc_time_text (uint64_t seconds, unsigned ms, char text[UTC_TIME_MAX]);
/* The same for now. */
char *utc_time_now (char text[UTC_TIME_MAX]);

#endif
