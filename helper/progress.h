/* SPDX-License-Identifier: MIT */
/* Progress records, not more of them than a reader wants.  The status pipe may
 * have nobody at its end for a while, so restraint is not only politeness. */

#ifndef FLASH_HELPER_PROGRESS_H
#define FLASH_HELPER_PROGRESS_H

#include <stdint.h>

/* How long one side of a copy has waited for the other since it began, in
 * milliseconds; each is counted by the thread that waits. */
struct progress_waits
{
  _Atomic uint32_t source;      /* the writer had nothing to write */
  _Atomic uint32_t disk;        /* the reader of the image had no room */
};

struct progress
{
  const char *phase;
  uint64_t total;
  const char *extra_key;        /* "zeroed", "pass" or NULL */
  struct progress_waits *waits; /* NULL: they are not said */
  int64_t last;                 /* milliseconds, monotonic; 0: nothing said yet */
};

/* Milliseconds of a clock that nobody sets, above 0. */
int64_t progress_clock (void);

/* DONE and EXTRA now; says it when the last time was half a second ago, or when
 * DONE is the total. */
void progress_update (struct progress *p, uint64_t done, uint64_t extra);

#endif
