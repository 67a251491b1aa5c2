/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>

#include "sequential-readers.h"

#define RISING_ENOUGH 3
#define RISING_MAX 8
/* How far behind the last request one may come and still count as in order. */
#define DISORDER (16 * 1024 * 1024)
/* So many requests of others, and a reader is gone. */
#define LATELY 256
/* Pieces that clients read in order are no larger, and what others have read so
 * long ago may well be read again. */
#define PIECE_MAX (UINT64_C (256) << 20)

/* The reader that a request in BLOCK belongs to, or room for a new one.  In the
 * Block that it has just left there are laggards of its own. */
static struct sequential_reader *
find_reader (struct sequential_readers *readers, uint64_t block)
{
  struct sequential_reader *oldest = &readers->readers[0], *entering = NULL;

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    struct sequential_reader *reader = &readers->readers[i];

    if (reader->used > 0
        && (reader->block == block || reader->before == block))
      return reader;
    if (reader->used > 0 && reader->next == block)
      entering = reader;
    if (reader->used < oldest->used)
      oldest = reader;
  }
  if (entering)
    return entering;
  oldest->used = 0;
  return oldest;
}

enum reader_order
sequential_readers_note (struct sequential_readers *readers, uint64_t block,
                         uint64_t size, uint64_t offset)
{
  struct sequential_reader *reader = find_reader (readers, block);
  const bool is_new = reader->used == 0;

  reader->used = ++readers->clock;
  if (!is_new && reader->before == block && reader->block != block)
    return READER_SEQUENTIAL;

  /* Whoever begins at the disk's start, or goes from one Block to the next, is
   * believed at once. */
  if (is_new || offset + DISORDER < reader->offset)
    reader->start = block;
  if (is_new)
    reader->rising = offset == 0 ? RISING_ENOUGH : 0;
  else if (reader->next == block)
    reader->rising = RISING_MAX;
  else if (offset + DISORDER < reader->offset)
    reader->rising = 0;
  else if (offset > reader->offset && reader->rising < RISING_MAX)
    reader->rising++;

  if (is_new || reader->block != block) {
    reader->before = is_new ? block : reader->block;
    reader->told = false;
  }
  reader->block = block;
  reader->next = block + size;
  reader->offset = offset;
  if (reader->rising < RISING_ENOUGH)
    return READER_RANDOM;
  if (reader->told)
    return READER_SEQUENTIAL;
  reader->told = true;
  return READER_ENTERS;
}

static bool
is_active (const struct sequential_readers *readers,
           const struct sequential_reader *reader)
{
  return reader->used > 0 && reader->used + LATELY > readers->clock
         && reader->rising >= RISING_ENOUGH;
}

/* Whether OFFSET lies in the piece that READER has read up to now. */
static bool
has_passed (const struct sequential_reader *reader, uint64_t offset)
{
  return offset >= reader->start && offset < reader->next
         && reader->next - reader->start <= PIECE_MAX;
}

bool
sequential_readers_passed (const struct sequential_readers *readers,
                           uint64_t offset)
{
  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    const struct sequential_reader *reader = &readers->readers[i];

    if (is_active (readers, reader) && has_passed (reader, offset))
      return true;
  }
  return false;
}

bool
sequential_readers_expected (const struct sequential_readers *readers,
                             uint64_t offset)
{
  bool behind = false;

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    const struct sequential_reader *reader = &readers->readers[i];

    if (!is_active (readers, reader))
      continue;
    if (reader->next <= offset)
      behind = true;
    /* Who began at the disk's start reads all of it, and others may follow. */
    if (reader->start > 0 && has_passed (reader, offset))
      return false;
  }
  return behind;
}

unsigned
sequential_readers_active (const struct sequential_readers *readers)
{
  unsigned nr = 0;

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++)
    if (is_active (readers, &readers->readers[i]))
      nr++;
  return nr;
}
