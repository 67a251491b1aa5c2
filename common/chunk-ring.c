/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "chunk-ring.h"

struct chunk
{
  uint64_t number;              /* disk offset / CHUNK_SIZE */
  size_t len;                   /* 0: nothing is here */
  char *data;
};

struct chunk_ring
{
  uint64_t start;
  struct chunk *chunks;
  size_t nr;
  uint64_t memory;
};

struct chunk_ring *
chunk_ring_new (uint64_t start, uint64_t size)
{
  struct chunk_ring *ring = calloc (1, sizeof *ring);

  if (!ring)
    return NULL;
  ring->start = start;
  ring->nr = (size_t) (size / CHUNK_SIZE);
  ring->chunks = calloc (ring->nr, sizeof *ring->chunks);
  if (!ring->chunks) {
    free (ring);
    return NULL;
  }
  return ring;
}

void
chunk_ring_free (struct chunk_ring *ring)
{
  if (!ring)
    return;
  chunk_ring_clear (ring);
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

char *
chunk_ring_claim (struct chunk_ring *ring, uint64_t number)
{
  struct chunk *chunk = &ring->chunks[number % ring->nr];

  if (!chunk->data) {
    chunk->data = malloc (CHUNK_SIZE);
    if (!chunk->data)
      return NULL;
    ring->memory += CHUNK_SIZE;
  }
  chunk->len = 0;
  return chunk->data;
}

void
chunk_ring_publish (struct chunk_ring *ring, uint64_t number, size_t len)
{
  struct chunk *chunk = &ring->chunks[number % ring->nr];

  chunk->number = number;
  chunk->len = len;
}

size_t
chunk_ring_copy (const struct chunk_ring *ring, void *buf, size_t len,
                 uint64_t offset)
{
  const uint64_t number = offset / CHUNK_SIZE;
  const struct chunk *chunk = &ring->chunks[number % ring->nr];
  uint64_t start = number * CHUNK_SIZE;

  if (start < ring->start)
    start = ring->start;        /* the first chunk is a part of one */
  if (chunk->number != number || offset >= start + chunk->len)
    return 0;
  size_t skip = (size_t) (offset - start);
  if (len > chunk->len - skip)
    len = chunk->len - skip;
  memcpy (buf, chunk->data + skip, len);
  return len;
}

void
chunk_ring_clear (struct chunk_ring *ring)
{
  for (size_t i = 0; i < ring->nr; i++) {
    free (ring->chunks[i].data);
    ring->chunks[i].data = NULL;
    ring->chunks[i].len = 0;
  }
  ring->memory = 0;
}

uint64_t
chunk_ring_memory (const struct chunk_ring *ring)
{
  return ring->memory;
}
