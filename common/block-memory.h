/* SPDX-License-Identifier: MIT */
/* Memory for decoded Blocks, which goes back to the system when it is freed, and
 * a pool in which it waits to be used again: pages that were touched before cost
 * nothing, new ones cost a page fault each. */

#ifndef FLASHIMAGE_BLOCK_MEMORY_H
#define FLASHIMAGE_BLOCK_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* What memory for SIZE bytes really takes. */
uint64_t block_memory_capacity (uint64_t size);

char *block_memory_new (uint64_t size);                 /* NULL: no memory */
void block_memory_free (char *memory, uint64_t size);   /* NULL is allowed */

/* All zero at first.  Not thread safe. */
struct block_memory_pool
{
  struct spare_memory *first;   /* used last */
  unsigned nr;
  uint64_t bytes;               /* capacity of all */
};

/* Keep MEMORY, which block_memory_new gave for SIZE bytes: false when the pool
 * does not want it, and then it is still the caller's. */
bool block_memory_pool_keep (struct block_memory_pool *pool, char *memory,
                             uint64_t size);

/* Memory of the pool for SIZE bytes, or NULL.  It is not zeroed. */
char *block_memory_pool_take (struct block_memory_pool *pool, uint64_t size);

/* Take out whatever comes first, for block_memory_free with *SIZE; NULL: the pool
 * is empty. */
char *block_memory_pool_shrink (struct block_memory_pool *pool, uint64_t *size);

#endif
