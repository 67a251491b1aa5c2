/* SPDX-License-Identifier: MIT */
/* The first pass over a file of deflate streams: has everything verified, digests
 * the stored bytes, and lays access points. */

#ifndef FLASHIMAGE_DEFLATE_PASS_H
#define FLASHIMAGE_DEFLATE_PASS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "access-points.h"
#include "deflate-framing.h"
#include "digest.h"

struct deflate_pass;

/* Lays its points in POINTS.  All four must outlive it.  NULL with FAULT set. */
struct deflate_pass *deflate_pass_new (const struct image *im,
                                       const struct deflate_framing *framing,
                                       void *opaque, struct access_points *points,
                                       struct fault *fault);
void deflate_pass_free (struct deflate_pass *pass);     /* NULL is allowed */

/* The next LEN bytes of the disk view; fewer only at its end, and then the file
 * has been read to its last byte and is proven.  One thread at a time. */
ssize_t deflate_pass_next (struct deflate_pass *pass, void *buf, size_t len,
                           struct fault *fault);

/* Stored bytes that have gone in so far.  Any thread. */
uint64_t deflate_pass_stored_done (struct deflate_pass *pass);

/* After the end only: the digest of the stored bytes. */
void deflate_pass_digest (struct deflate_pass *pass,
                          unsigned char digest[DIGEST_SIZE]);

/* Memory, about. */
size_t deflate_pass_memory (void);

#endif
