/* SPDX-License-Identifier: MIT */
/* Reads the whole image back from the medium and compares it with the digests;
 * what differs is fetched again and rewritten, until a pass finds nothing. */

#ifndef FLASH_HELPER_READ_BACK_H
#define FLASH_HELPER_READ_BACK_H

#include "copy.h"

#define READ_BACK_PASSES 5

/* As much as settings->verify asks for; a sample that holds a difference becomes
 * the whole disk.  On the root disk what was started meanwhile is frozen before
 * each pass.  0 after a clean pass, or without one where none is wanted; else -1
 * after report_error(). */
int read_back_run (struct flash *flash);

/* One pass over the chunks whose bit is set in SELECTION (NULL: all): sets bit I
 * of DIFFERING (one bit a chunk, zeroed by the caller) for every chunk that reads
 * differently or not at all.  *COUNT: how many.  -1: reported. */
int read_back_pass (struct flash *flash, unsigned pass,
                    const unsigned char *selection, unsigned char *differing,
                    uint64_t *count);

#endif
