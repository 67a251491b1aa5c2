/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "sequential-readers.h"

#define RISING_ENOUGH 3
#define RISING_MAX 8
/* How far behind the last request one may come and still count as in order. */
#define DISORDER (16 * 1024 * 1024)

static bool
belongs_to (const struct sequential_reader *reader, uint64_t block)
{
  return reader->used > 0 && (reader->block == block || reader->next == block);
}

static struct sequential_reader *
find_reader (struct sequential_readers *readers, uint64_t block)
{
  struct sequential_reader *oldest = &readers->readers[0];

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    struct sequential_reader *reader = &readers->readers[i];

    if (belongs_to (reader, block))
      return reader;
    if (reader->used < oldest->used)
      oldest = reader;
  }
  oldest->used = 0;
  return oldest;
}

bool
sequential_readers_note (struct sequential_readers *readers, uint64_t block,
                         uint64_t size, uint64_t offset)
{
  struct sequential_reader *reader = find_reader (readers, block);

  /* Whoever begins at the disk's start, or goes from one Block to the next, is
   * believed at once. */
  if (reader->used == 0)
    reader->rising = offset == 0 ? RISING_ENOUGH : 0;
  else if (reader->next == block)
    reader->rising = RISING_MAX;
  else if (offset + DISORDER < reader->offset)
    reader->rising = 0;
  else if (offset > reader->offset && reader->rising < RISING_MAX)
    reader->rising++;

  reader->used = ++readers->clock;
  reader->block = block;
  reader->next = block + size;
  reader->offset = offset;
  return reader->rising >= RISING_ENOUGH;
}
