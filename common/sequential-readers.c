/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>

#include "sequential-readers.h"

#define RISING_ENOUGH 3
#define RISING_MAX 8
/* How far before the farthest request one may be and still count as in order; and how
 * far behind it, unless in the Block where that is or in the next one. */
#define DISORDER (UINT64_C (16) << 20)
#define LEAP (UINT64_C (8) << 20)
/* A piece begins where another ended, as exactly as their requests show it. */
#define PIECE_GAP (UINT64_C (4) << 20)
/* So many requests of others, and a reader is gone; but one who reads the whole disk
 * view has much patience with a slow board. */
#define LATELY 256
#define PATIENCE 8192
/* Pieces that clients read in order are no larger, and what others have read so
 * long ago may well be read again. */
#define PIECE_MAX (UINT64_C (256) << 20)

/* Whoever asks for the first byte again begins again. */
static bool
is_near (const struct sequential_reader *reader, uint64_t block, uint64_t offset)
{
  const uint64_t behind = offset > 0 ? DISORDER : DISORDER / 2;

  return reader->used > 0 && offset + behind >= reader->offset
         && (offset <= reader->offset + LEAP || block == reader->block
             || block == reader->next);
}

/* Where a reader who turns up in BLOCK counts as having begun.  One that was behind
 * another and as near as its disorder, and one that goes on after a break, has read
 * all before that, too. */
static uint64_t
find_start (const struct sequential_readers *readers, uint64_t block)
{
  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    const struct sequential_reader *other = &readers->readers[i];

    if (other->used > 0 && other->start == 0 && other->rising >= RISING_ENOUGH
        && block < other->offset)
      return 0;
  }
  return block;
}

/* The reader that a request in BLOCK belongs to, or room for a new one. */
static struct sequential_reader *
find_reader (struct sequential_readers *readers, uint64_t block, uint64_t offset)
{
  struct sequential_reader *oldest = &readers->readers[0], *nearest = NULL;
  uint64_t least = UINT64_MAX;

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    struct sequential_reader *reader = &readers->readers[i];
    const uint64_t distance = offset > reader->offset
                              ? offset - reader->offset : reader->offset - offset;

    if (is_near (reader, block, offset) && distance < least) {
      nearest = reader;
      least = distance;
    }
    if (reader->used < oldest->used)
      oldest = reader;
  }
  if (nearest)
    return nearest;
  *oldest = (struct sequential_reader) {
    .start = find_start (readers, block), .told = block
  };
  return oldest;
}

/* Whether READER has come to where another one began: clients with several
 * connections give each a piece of the disk view. */
static bool
is_at_piece (const struct sequential_readers *readers,
             const struct sequential_reader *reader)
{
  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    const struct sequential_reader *other = &readers->readers[i];

    if (other != reader && other->used > 0 && other->start > reader->start
        && other->start <= reader->offset + PIECE_GAP
        && other->start + PIECE_GAP >= reader->block)
      return true;
  }
  return false;
}

enum reader_order
sequential_readers_note (struct sequential_readers *readers, uint64_t block,
                         uint64_t size, uint64_t offset)
{
  struct sequential_reader *reader = find_reader (readers, block, offset);

  /* Whoever begins at the disk's start, or goes from one Block to the next, is
   * believed at once. */
  if (reader->used == 0)
    reader->rising = offset == 0 ? RISING_ENOUGH : 0;
  else if (block == reader->next)
    reader->rising = RISING_MAX;
  else if (offset > reader->offset && reader->rising < RISING_MAX)
    reader->rising++;

  if (reader->used == 0 || offset > reader->offset) {
    reader->offset = offset;
    reader->block = block;
    reader->next = block + size;
    reader->at_piece = is_at_piece (readers, reader);
  }
  reader->used = ++readers->clock;
  if (reader->rising < RISING_ENOUGH)
    return READER_RANDOM;
  if (block < reader->told)
    return READER_SEQUENTIAL;
  reader->told = block + size;
  return READER_ENTERS;
}

static bool
was_used (const struct sequential_readers *readers,
          const struct sequential_reader *reader, uint64_t requests)
{
  return reader->used > 0 && reader->used + requests > readers->clock
         && reader->rising >= RISING_ENOUGH;
}

static bool
is_active (const struct sequential_readers *readers,
           const struct sequential_reader *reader)
{
  return was_used (readers, reader, LATELY);
}

/* Whether READER will read on, at its own pace. */
static bool
is_patient (const struct sequential_readers *readers,
            const struct sequential_reader *reader)
{
  return was_used (readers, reader,
                   reader->start == 0 && !reader->at_piece ? PATIENCE : LATELY);
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

/* Laggards of its own, or another reader so near to it that it counts as the same,
 * may still need what lies as far behind it as DISORDER. */
uint64_t
sequential_readers_distance (const struct sequential_readers *readers,
                             uint64_t block, uint64_t size)
{
  uint64_t least = UINT64_MAX;

  for (unsigned i = 0; i < SEQUENTIAL_READERS; i++) {
    const struct sequential_reader *reader = &readers->readers[i];

    /* Who began at the disk's start reads all of it, and others may follow. */
    if (reader->start > 0 && is_active (readers, reader)
        && has_passed (reader, block))
      return UINT64_MAX;
    if (!is_patient (readers, reader)
        || reader->offset >= block + size + DISORDER)
      continue;
    uint64_t distance = block > reader->offset ? block - reader->offset : 0;
    if (distance < least)
      least = distance;
  }
  return least;
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
