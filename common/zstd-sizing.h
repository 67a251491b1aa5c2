/* SPDX-License-Identifier: MIT */
/* Finds the sizes of spans whose frames do not tell their content's size, by
 * decoding them: all threads, each on a span of its own, nothing is kept. */

#ifndef FLASHIMAGE_ZSTD_SIZING_H
#define FLASHIMAGE_ZSTD_SIZING_H

#include "zstd-index.h"

/* POLL, if not NULL, is called about ten times a second with the stored bytes
 * decoded so far; if it returns nonzero, this fails with ECANCELED and can be
 * called again for the rest.  0, or -1 with FAULT set. */
int zstd_sizing_run (const struct image *im, struct zstd_index *index,
                     int (*poll) (void *poll_opaque, uint64_t done),
                     void *poll_opaque, struct fault *fault);

#endif
