/* SPDX-License-Identifier: MIT */
/* The most recent chunks of a stream of decoded bytes.  Not thread safe. */

#ifndef FLASHIMAGE_CHUNK_RING_H
#define FLASHIMAGE_CHUNK_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hole-map.h"

/* Chunks begin at multiples of this in the disk view, so that they are made of
 * whole granules of the hole map. */
#define CHUNK_SIZE (4 * HOLE_GRANULE)

struct chunk_ring;

/* For a stream that begins at START.  SIZE in bytes.  NULL: no memory. */
struct chunk_ring *chunk_ring_new (uint64_t start, uint64_t size);
void chunk_ring_free (struct chunk_ring *ring);         /* NULL is allowed */

/* The number of the chunk that would have to go for chunk NUMBER to come: false
 * when none would. */
bool chunk_ring_victim (const struct chunk_ring *ring, uint64_t number,
                        uint64_t *victim);

/* Whether a reader copies from where chunk NUMBER would go. */
bool chunk_ring_is_pinned (const struct chunk_ring *ring, uint64_t number);

/* Room for chunk NUMBER, in place of its victim, which is not pinned; it can be
 * read when it has been published with its length.  NULL: no memory. */
char *chunk_ring_claim (struct chunk_ring *ring, uint64_t number);
void chunk_ring_publish (struct chunk_ring *ring, uint64_t number, size_t len);

/* What the ring holds from OFFSET on of the chunk that OFFSET lies in: *LEN bytes,
 * which stay until they are unpinned.  NULL: nothing. */
const char *chunk_ring_pin (struct chunk_ring *ring, uint64_t offset,
                            size_t *len);
void chunk_ring_unpin (struct chunk_ring *ring, uint64_t offset);

/* Forget all chunks and free their memory.  None is pinned. */
void chunk_ring_clear (struct chunk_ring *ring);

uint64_t chunk_ring_memory (const struct chunk_ring *ring);

#endif
