/* SPDX-License-Identifier: MIT */
/* How long each phase of this process's work has taken.  A phase that comes again goes
 * on counting; at most PHASE_TIMES_MAX are told apart. */

#ifndef FLASH_PHASE_TIMES_H
#define FLASH_PHASE_TIMES_H

#include <stddef.h>

#define PHASE_TIMES_MAX 24

/* Forget everything. */
void phase_times_reset (void);
/* NAME, a constant, begins (or is still going on) at NOW, in seconds; the one before
 * ends.  NULL: none begins. */
void phase_times_begin (const char *name, double now);

size_t phase_times_count (void);
/* The phase I, in the order of their beginnings, and its seconds so far. */
const char *phase_times_get (size_t i, double *seconds);

#define PHASE_TIME_MAX 32
/* "3.1 s", "1:02", "1:00:59"; returns TEXT. */
char *phase_time_text (double seconds, char text[PHASE_TIME_MAX]);

#endif
