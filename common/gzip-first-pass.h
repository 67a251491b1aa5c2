/* SPDX-License-Identifier: MIT */
/* The first pass over a gzip file (RFC 1952): verifies the CRC32 and the length
 * of every member, digests the stored bytes, and lays access points. */

#ifndef FLASHIMAGE_GZIP_FIRST_PASS_H
#define FLASHIMAGE_GZIP_FIRST_PASS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"
#include "fault.h"
#include "gzip-access-points.h"

struct gzip_first_pass;
struct image;

/* Lays its points in POINTS.  IM and POINTS must outlive it.  NULL with FAULT
 * set. */
struct gzip_first_pass *gzip_first_pass_new (const struct image *im,
                                             struct gzip_access_points *points,
                                             struct fault *fault);
void gzip_first_pass_free (struct gzip_first_pass *pass);   /* NULL is allowed */

/* The next LEN bytes of the disk view; fewer only at its end, and then the file
 * has been read to its last byte and is proven.  One thread at a time. */
ssize_t gzip_first_pass_next (struct gzip_first_pass *pass, void *buf,
                              size_t len, struct fault *fault);

/* Stored bytes that have gone in so far.  Any thread. */
uint64_t gzip_first_pass_stored_done (struct gzip_first_pass *pass);

/* After the end only: the digest of the stored bytes, and a note about what
 * follows the last member ("" if nothing does). */
void gzip_first_pass_digest (struct gzip_first_pass *pass,
                             unsigned char digest[DIGEST_SIZE]);
const char *gzip_first_pass_note (struct gzip_first_pass *pass);

#endif
