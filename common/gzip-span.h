/* SPDX-License-Identifier: MIT */
/* Inflates from an access point on.  CRC and length of the members are not looked
 * at here: the first pass has proven them. */

#ifndef FLASHIMAGE_GZIP_SPAN_H
#define FLASHIMAGE_GZIP_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fault;
struct gzip_access_points;
struct gzip_span_decoder;
struct image;

/* Memory of one decoder, about. */
#define GZIP_SPAN_MEMORY (192 * 1024)

/* Begin at DISK_OFFSET, from the nearest point before it.  IM must outlive the
 * decoder.  NULL with FAULT set. */
struct gzip_span_decoder *gzip_span_start (const struct image *im,
                                           struct gzip_access_points *points,
                                           uint64_t disk_offset,
                                           struct fault *fault);
void gzip_span_stop (struct gzip_span_decoder *decoder);    /* NULL is allowed */

/* The next LEN bytes, which must lie in the disk view: LEN, or -1. */
ssize_t gzip_span_next (struct gzip_span_decoder *decoder, void *buf, size_t len,
                        struct fault *fault);

#endif
