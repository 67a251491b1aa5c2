/* SPDX-License-Identifier: MIT */
/* Decodes a .bz2 file from one of its blocks on, over the ends of blocks and
 * streams.  What it reads was proven by the first pass: the CRCs of the blocks
 * are verified again, those of the streams are not. */

#ifndef FLASHIMAGE_BZIP2_SPAN_H
#define FLASHIMAGE_BZIP2_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bzip2_point;
struct bzip2_span;
struct fault;
struct image;

/* SIZE bytes of the disk view from POINT on.  IM must outlive it.  NULL with
 * FAULT set. */
struct bzip2_span *bzip2_span_start (const struct image *im,
                                     const struct bzip2_point *point,
                                     uint64_t size, struct fault *fault);
void bzip2_span_stop (struct bzip2_span *span);         /* NULL is allowed */

/* The next LEN bytes; not more than the span still has.  With the last one the
 * block must end, and is verified. */
ssize_t bzip2_span_next (struct bzip2_span *span, void *buf, size_t len,
                         struct fault *fault);

#endif
