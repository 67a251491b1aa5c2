/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "block-memory.h"
#include "chunk-ring.h"

/* Memory is taken for so many chunks at once: in huge pages, since page faults
 * would take longer than ISA-L needs for a tenth of the data. */
#define SLAB_CHUNKS 32

struct chunk
{
  uint64_t number;              /* disk offset / CHUNK_SIZE */
  size_t len;                   /* 0: nothing is here */
  unsigned pins;                /* readers who copy from it */
};

struct chunk_ring
{
  uint64_t start;
  struct chunk *chunks;
  size_t nr;
  char **slabs;                 /* NULL: not needed yet */
  uint64_t memory;
};

static size_t
nr_slabs (const struct chunk_ring *ring)
{
  return (ring->nr + SLAB_CHUNKS - 1) / SLAB_CHUNKS;
}

static uint64_t
slab_size (const struct chunk_ring *ring, size_t slab)
{
  const size_t left = ring->nr - slab * SLAB_CHUNKS;

  return (uint64_t) CHUNK_SIZE * (left < SLAB_CHUNKS ? left : SLAB_CHUNKS);
}

/* The memory of the chunk at INDEX, whose slab is there. */
static char *
data_of (const struct chunk_ring *ring, size_t index)
{
  return ring->slabs[index / SLAB_CHUNKS] + index % SLAB_CHUNKS * CHUNK_SIZE;
}

struct chunk_ring *
chunk_ring_new (uint64_t start, uint64_t size)
{
  struct chunk_ring *ring = calloc (1, sizeof *ring);

  if (!ring)
    return NULL;
  ring->start = start;
  ring->nr = (size_t) (size / CHUNK_SIZE);
  ring->chunks = calloc (ring->nr, sizeof *ring->chunks);
  ring->slabs = calloc (nr_slabs (ring), sizeof *ring->slabs);
  if (!ring->chunks || !ring->slabs) {
    chunk_ring_free (ring);
    return NULL;
  }
  return ring;
}

void
chunk_ring_free (struct chunk_ring *ring)
{
  if (!ring)
    return;
  if (ring->chunks && ring->slabs)
    chunk_ring_clear (ring);
  free (ring->slabs);
  free (ring->chunks);
  free (ring);
}

bool
chunk_ring_victim (const struct chunk_ring *ring, uint64_t number,
                   uint64_t *victim)
{
  const struct chunk *chunk = &ring->chunks[number % ring->nr];

  *victim = chunk->number;
  return chunk->len > 0 && chunk->number != number;
}

bool
chunk_ring_is_pinned (const struct chunk_ring *ring, uint64_t number)
{
  return ring->chunks[number % ring->nr].pins > 0;
}

char *
chunk_ring_claim (struct chunk_ring *ring, uint64_t number)
{
  const size_t index = (size_t) (number % ring->nr);
  const size_t slab = index / SLAB_CHUNKS;

  if (!ring->slabs[slab]) {
    ring->slabs[slab] = block_memory_new (slab_size (ring, slab));
    if (!ring->slabs[slab])
      return NULL;
    ring->memory += slab_size (ring, slab);
  }
  ring->chunks[index].len = 0;
  return data_of (ring, index);
}

void
chunk_ring_publish (struct chunk_ring *ring, uint64_t number, size_t len)
{
  struct chunk *chunk = &ring->chunks[number % ring->nr];

  chunk->number = number;
  chunk->len = len;
}

const char *
chunk_ring_pin (struct chunk_ring *ring, uint64_t offset, size_t *len)
{
  const uint64_t number = offset / CHUNK_SIZE;
  const size_t index = (size_t) (number % ring->nr);
  struct chunk *chunk = &ring->chunks[index];
  uint64_t start = number * CHUNK_SIZE;

  if (start < ring->start)
    start = ring->start;        /* the first chunk is a part of one */
  if (chunk->number != number || offset >= start + chunk->len)
    return NULL;
  chunk->pins++;
  *len = chunk->len - (size_t) (offset - start);
  return data_of (ring, index) + (offset - start);
}

void
chunk_ring_unpin (struct chunk_ring *ring, uint64_t offset)
{
  ring->chunks[offset / CHUNK_SIZE % ring->nr].pins--;
}

void
chunk_ring_clear (struct chunk_ring *ring)
{
  for (size_t i = 0; i < nr_slabs (ring); i++) {
    block_memory_free (ring->slabs[i], slab_size (ring, i));
    ring->slabs[i] = NULL;
  }
  for (size_t i = 0; i < ring->nr; i++)
    ring->chunks[i].len = 0;
  ring->memory = 0;
}

uint64_t
chunk_ring_memory (const struct chunk_ring *ring)
{
  return ring->memory;
}
