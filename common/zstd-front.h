/* SPDX-License-Identifier: MIT */
/* The first pass over a .zst file that is one span of unknown size (`tar |
 * zstd` makes such files): decodes it once, into a spool file where there is a
 * folder for one, else only to learn its size, holes and digests.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_ZSTD_FRONT_H
#define FLASHIMAGE_ZSTD_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zstd-index.h"

struct zstd_front;
struct image_statistics;

/* IM must outlive it; SPAN is copied.  NULL with FAULT set. */
struct zstd_front *zstd_front_new (struct image *im, const struct zstd_span *span,
                                   struct fault *fault);
/* No call may be under way.  NULL is allowed. */
void zstd_front_free (struct zstd_front *front);

/* Decode to the end; the size of the disk view in *SIZE.  POLL, if not NULL, is
 * called about ten times a second with the stored bytes done so far; if it
 * returns nonzero, this fails with ECANCELED.  0, or -1 with FAULT set. */
int zstd_front_run (struct zstd_front *front,
                    int (*poll) (void *poll_opaque, uint64_t done),
                    void *poll_opaque, uint64_t *size, struct fault *fault);

/* Read from the spool file, after the pass: 1; 0: there is none; -1 with FAULT
 * set. */
int zstd_front_read (struct zstd_front *front, void *buf, size_t len,
                     uint64_t offset, struct fault *fault);

void zstd_front_statistics (struct zstd_front *front,
                            struct image_statistics *statistics);

#endif
