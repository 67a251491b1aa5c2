/* SPDX-License-Identifier: MIT */
/* Reads the whole image back from the medium and compares it with the digests;
 * what differs is fetched again and rewritten, until a pass finds nothing. */

#ifndef FLASH_HELPER_READ_BACK_H
#define FLASH_HELPER_READ_BACK_H

#include "copy.h"

#define READ_BACK_PASSES 5

/* On the root disk everything else is frozen while reading, and still is when
 * this returns 0: the next thing to happen is the reboot.  0 after a clean pass,
 * else -1 after report_error(), and thawed. */
int read_back_run (struct flash *flash);

/* One pass: sets bit I of DIFFERING (one bit a chunk, zeroed by the caller) for
 * every chunk that reads differently or not at all.  *COUNT: how many.
 * -1: reported. */
int read_back_pass (struct flash *flash, unsigned pass,
                    unsigned char *differing, uint64_t *count);

#endif
