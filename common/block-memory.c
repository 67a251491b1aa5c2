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

char *
block_memory_new (uint64_t size)
{
  if (size > PTRDIFF_MAX)
    return NULL;
  if (size < MAPPING_MIN)
    return malloc (size ? (size_t) size : 1);
  void *p = mmap (NULL, (size_t) size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

void
block_memory_free (char *memory, uint64_t size)
{
  if (memory && size >= MAPPING_MIN)
    munmap (memory, (size_t) size);
  else
    free (memory);
}
