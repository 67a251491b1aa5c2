/* SPDX-License-Identifier: MIT */
/* The XXH3-128 digests of the chunks (DIGEST_CHUNK bytes) of a disk view, made
 * while its bytes come along in any order.  Thread safe. */

#ifndef FLASHIMAGE_CHUNK_DIGESTS_H
#define FLASHIMAGE_CHUNK_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

struct chunk_digests;

struct chunk_digests *chunk_digests_new (void);         /* NULL: no memory */
void chunk_digests_free (struct chunk_digests *digests); /* NULL is allowed */

/* LEN bytes at OFFSET.  AT_END: the disk view ends with them. */
void chunk_digests_add (struct chunk_digests *digests, uint64_t offset,
                        const void *buf, size_t len, bool at_end);

/* False when the digest of that chunk is not known. */
bool chunk_digests_get (struct chunk_digests *digests, uint64_t chunk,
                        unsigned char digest[DIGEST_SIZE]);

/* Set the digest of a chunk that was learned earlier: false, no memory. */
bool chunk_digests_set (struct chunk_digests *digests, uint64_t chunk,
                        const unsigned char digest[DIGEST_SIZE]);

#endif
