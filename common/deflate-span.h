/* SPDX-License-Identifier: MIT */
/* Inflates from an access point on.  Checks and lengths are not looked at here: the
 * first pass has proven them. */

#ifndef FLASHIMAGE_DEFLATE_SPAN_H
#define FLASHIMAGE_DEFLATE_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "access-points.h"
#include "deflate-framing.h"

struct deflate_span;

/* Begin at DISK_OFFSET, from the nearest point before it.  IM must outlive the
 * span.  NULL with FAULT set. */
struct deflate_span *deflate_span_start (const struct image *im,
                                         const struct deflate_framing *framing,
                                         struct access_points *points,
                                         uint64_t disk_offset,
                                         struct fault *fault);
void deflate_span_stop (struct deflate_span *span);     /* NULL is allowed */

/* The next LEN bytes, which must lie in the disk view: LEN, or -1. */
ssize_t deflate_span_next (struct deflate_span *span, void *buf, size_t len,
                           struct fault *fault);

/* Memory, about. */
size_t deflate_span_memory (void);

#endif
