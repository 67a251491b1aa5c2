/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "block-memory.h"

/* From this size on a mapping of its own.  malloc would do so too at first, but
 * it moves its threshold up when large pieces are freed, and then keeps them in
 * the heap of each thread: the memory limit would be a wish. */
#define MAPPING_MIN (1024 * 1024)
/* Mappings are made in steps of this, so that gzip's spans, no two of which are
 * of one size, can have each other's. */
#define MAPPING_STEP (256 * 1024)
/* From this size on a mapping asks for huge pages: fewer page faults.  Below, half
 * of a huge page could lie idle. */
#define HUGE_MIN (8 * 1024 * 1024)
#define POOL_MAX 32

/* Lies at the start of the memory itself. */
struct spare_memory
{
  uint64_t capacity;
  struct spare_memory *next;
};

uint64_t
block_memory_capacity (uint64_t size)
{
  if (size < MAPPING_MIN || size > PTRDIFF_MAX - MAPPING_STEP)
    return size;
  return (size + MAPPING_STEP - 1) / MAPPING_STEP * MAPPING_STEP;
}

char *
block_memory_new (uint64_t size)
{
  const uint64_t capacity = block_memory_capacity (size);

  if (capacity > PTRDIFF_MAX)
    return NULL;
  if (size < MAPPING_MIN)
    return malloc (size ? (size_t) size : 1);
  void *p = mmap (NULL, (size_t) capacity, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED)
    return NULL;
  if (size >= HUGE_MIN)
    madvise (p, (size_t) capacity, MADV_HUGEPAGE);      /* a wish */
  return p;
}

void
block_memory_free (char *memory, uint64_t size)
{
  if (memory && size >= MAPPING_MIN)
    munmap (memory, (size_t) block_memory_capacity (size));
  else
    free (memory);
}

bool
block_memory_pool_keep (struct block_memory_pool *pool, char *memory,
                        uint64_t size)
{
  struct spare_memory *spare = (struct spare_memory *) (void *) memory;

  /* malloc does the same for small pieces. */
  if (!memory || size < MAPPING_MIN || pool->nr >= POOL_MAX)
    return false;
  spare->capacity = block_memory_capacity (size);
  spare->next = pool->first;
  pool->first = spare;
  pool->nr++;
  pool->bytes += spare->capacity;
  return true;
}

static char *
take_out (struct block_memory_pool *pool, struct spare_memory **link)
{
  struct spare_memory *spare = *link;

  *link = spare->next;
  pool->nr--;
  pool->bytes -= spare->capacity;
  return (char *) spare;
}

char *
block_memory_pool_take (struct block_memory_pool *pool, uint64_t size)
{
  const uint64_t capacity = block_memory_capacity (size);

  for (struct spare_memory **p = &pool->first; *p; p = &(*p)->next)
    if (size >= MAPPING_MIN && (*p)->capacity == capacity)
      return take_out (pool, p);
  return NULL;
}

char *
block_memory_pool_shrink (struct block_memory_pool *pool, uint64_t *size)
{
  if (!pool->first)
    return NULL;
  *size = pool->first->capacity;
  return take_out (pool, &pool->first);
}
