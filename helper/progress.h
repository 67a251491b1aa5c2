/* SPDX-License-Identifier: MIT */
/* Progress records, not more of them than a reader wants.  The status pipe may
 * have nobody at its end for a while, so restraint is not only politeness. */

#ifndef FLASH_HELPER_PROGRESS_H
#define FLASH_HELPER_PROGRESS_H

#include <stdint.h>

struct progress
{
  const char *phase;
  uint64_t total;
  const char *extra_key;        /* "zeroed", "pass" or NULL */
  int64_t last;                 /* milliseconds, monotonic; 0: nothing said yet */
};

/* DONE and EXTRA now; says it when the last time was half a second ago, or when
 * DONE is the total. */
void progress_update (struct progress *p, uint64_t done, uint64_t extra);

#endif
