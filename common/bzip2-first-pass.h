/* SPDX-License-Identifier: MIT */
/* The first pass over a .bz2 file: decodes all blocks in parallel, verifies the
 * CRCs of blocks and streams, lays points (bzip2-points.h), digests the stored
 * bytes, tells the image's scan record of all that comes out, and keeps nothing
 * of it.  It runs in threads of its own, and rests when nobody waits for it.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_BZIP2_FIRST_PASS_H
#define FLASHIMAGE_BZIP2_FIRST_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

struct bzip2_first_pass;
struct bzip2_points;
struct fault;
struct image;

/* IM must outlive it.  NULL: no memory. */
struct bzip2_first_pass *bzip2_first_pass_new (struct image *im);
/* Nobody may wait for it.  NULL is allowed. */
void bzip2_first_pass_free (struct bzip2_first_pass *pass);

/* Wait for its end.  POLL, if not NULL, is called about ten times a second with
 * the stored bytes decoded so far; if it returns nonzero, this fails with
 * ECANCELED, and the pass goes on with the next call.  0, or -1 with FAULT
 * set. */
int bzip2_first_pass_run (struct bzip2_first_pass *pass,
                          int (*poll) (void *poll_opaque, uint64_t done),
                          void *poll_opaque, struct fault *fault);

/* What it found, after that has been successful. */
struct bzip2_verdict
{
  uint64_t disk_size;
  uint64_t trailing;            /* stored bytes behind the last stream */
  unsigned char stored_digest[DIGEST_SIZE];
};
void bzip2_first_pass_verdict (struct bzip2_first_pass *pass,
                               struct bzip2_verdict *verdict);

/* Hand over the points, once; the caller frees them. */
struct bzip2_points *bzip2_first_pass_take_points (struct bzip2_first_pass *pass);

#endif
