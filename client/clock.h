/* SPDX-License-Identifier: MIT */
/* A clock that nobody sets: for durations. */

#ifndef FLASH_CLOCK_H
#define FLASH_CLOCK_H

/* Seconds since some moment in the past. */
long clock_seconds (void);
double clock_now (void);

#endif
