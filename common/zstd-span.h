/* SPDX-License-Identifier: MIT */
/* Decodes the frames of one span (zstd-index.h) by libzstd, which verifies
 * their content sizes and checksums. */

#ifndef FLASHIMAGE_ZSTD_SPAN_H
#define FLASHIMAGE_ZSTD_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "zstd-index.h"

struct zstd_span_decoder;

/* Bytes of memory that its decoder takes, about. */
uint64_t zstd_span_memory (const struct zstd_span *span);

/* IM must outlive the decoder; SPAN is copied.  NULL with FAULT set. */
struct zstd_span_decoder *zstd_span_start (const struct image *im,
                                           const struct zstd_span *span,
                                           struct fault *fault);
void zstd_span_stop (struct zstd_span_decoder *decoder); /* NULL is allowed */

/* The next LEN bytes.  Fewer only at the end of a span of unknown size.  With
 * the last byte of a known one everything that follows in it is verified too,
 * and for an empty one with LEN 0. */
ssize_t zstd_span_next (struct zstd_span_decoder *decoder, void *buf, size_t len,
                        struct fault *fault);

/* Stored bytes read so far. */
uint64_t zstd_span_stored_done (const struct zstd_span_decoder *decoder);

#endif
