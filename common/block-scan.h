/* SPDX-License-Identifier: MIT */
/* The full scan of an image that is made of Blocks: decodes and verifies, by all
 * threads, every Block that is not verified yet or whose chunks have no digest,
 * keeps nothing but what the image's scan record learns, and digests the stored
 * bytes. */

#ifndef FLASHIMAGE_BLOCK_SCAN_H
#define FLASHIMAGE_BLOCK_SCAN_H

#include "block-source.h"
#include "image-ops.h"

/* SOURCE must have `walk` and `stored_done`.  Fills in STORED_DIGEST.  0, or -1 with
 * FAULT set: with several bad Blocks that of the first one in the file. */
int block_scan (struct image *im, const struct block_source *source,
                void *opaque, struct scan_run *run,
                unsigned char stored_digest[DIGEST_SIZE], struct fault *fault);

#endif
