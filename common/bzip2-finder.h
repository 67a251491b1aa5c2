/* SPDX-License-Identifier: MIT */
/* Reads a .bz2 file from its start to its end, digests it, and finds the places
 * where a block may begin: its magic number stands there, which very rarely is
 * other data by chance.  One thread at a time. */

#ifndef FLASHIMAGE_BZIP2_FINDER_H
#define FLASHIMAGE_BZIP2_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

struct bzip2_finder;
struct fault;
struct image;

/* NULL: no memory.  IM must outlive it. */
struct bzip2_finder *bzip2_finder_new (const struct image *im);
void bzip2_finder_free (struct bzip2_finder *finder);   /* NULL is allowed */

/* The next place, and the level that its stream seems to have.  1; 0: the file
 * has ended; -1 with FAULT set. */
int bzip2_finder_next (struct bzip2_finder *finder, uint64_t *bit,
                       unsigned *level, struct fault *fault);

/* Only digest, for a while: 1; 0: the file has ended; -1 with FAULT set. */
int bzip2_finder_skip (struct bzip2_finder *finder, struct fault *fault);

/* After the end: the digest of the stored bytes. */
void bzip2_finder_digest (const struct bzip2_finder *finder,
                          unsigned char digest[DIGEST_SIZE]);

#endif
