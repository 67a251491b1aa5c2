/* SPDX-License-Identifier: MIT */
/* The XXH3-128 digests of the chunks (DIGEST_CHUNK bytes) of a disk view, made
 * while its bytes come along in any order and in pieces of any size.
 *
 * A chunk that comes in pieces is hashed as far as they are in order; what comes
 * too early is kept until the rest is there.  So a few chunks are in the making at
 * any time, and their number is bounded: the one that nothing was added to for the
 * longest time is given up, and stays unknown until its bytes come again.  Each may
 * take DIGEST_CHUNK bytes of memory.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_CHUNK_DIGESTS_H
#define FLASHIMAGE_CHUNK_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

struct chunk_digests;

struct chunk_digests *chunk_digests_new (void);         /* NULL: no memory */
void chunk_digests_free (struct chunk_digests *digests); /* NULL is allowed */

/* How many threads add bytes, which decides how many chunks may be in the making:
 * THREADS of them that decode Blocks in order need one more than that. */
void chunk_digests_set_threads (struct chunk_digests *digests, unsigned threads);

/* LEN bytes at OFFSET.  AT_END: the disk view ends with them (LEN may be 0).  A
 * chunk whose digest is known costs a look, no more.  Without memory the digests
 * stay unknown. */
void chunk_digests_add (struct chunk_digests *digests, uint64_t offset,
                        const void *buf, size_t len, bool at_end);

/* False when the digest of that chunk is not known. */
bool chunk_digests_get (struct chunk_digests *digests, uint64_t chunk,
                        unsigned char digest[DIGEST_SIZE]);

/* Set the digest of a chunk that was learned earlier: false, no memory. */
bool chunk_digests_set (struct chunk_digests *digests, uint64_t chunk,
                        const unsigned char digest[DIGEST_SIZE]);

/* How many are known. */
uint64_t chunk_digests_count (struct chunk_digests *digests);

/* Forget everything. */
void chunk_digests_clear (struct chunk_digests *digests);

#endif
