/* SPDX-License-Identifier: MIT */
/* Makes a range of the target read as zeroes. */

#ifndef FLASH_HELPER_ZERO_RANGE_H
#define FLASH_HELPER_ZERO_RANGE_H

#include <stdint.h>

#include "target.h"

/* By BLKZEROOUT, and by writing zeroes what that can't do: the end of a range
 * that is no whole sector, regular files, kernels that refuse.  Exact to the
 * byte; durable after target_sync.  0, or -1 with
 * the reason in the target's `failure'. */
int zero_range (struct target *t, uint64_t offset, uint64_t len);

#endif
