/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "block-cache-parts.h"
#include "hole-map.h"
#include "scan-record.h"

/* How far to decode ahead of a reader: enough for each thread, and beyond that a
 * window of this many bytes.  Clients like nbdcopy ask for the extents of 128 MiB,
 * and then for the data; while they are busy with these the threads shall not run
 * out of work. */
#define AHEAD_BYTES (UINT64_C (128) << 20)
#define AHEAD_BLOCKS_MAX 64
/* Blocks that are looked at, those included that are known to be zero. */
#define LOOK_AT_MAX 256

/* What a range of Blocks is queued for. */
enum purpose
{
  FOR_READER,                   /* in rising order; has no end */
  FOR_RANGE,                    /* no more than that range */
  FOR_EXTENTS                   /* Blocks of which something is unknown */
};

static bool
is_hole (const struct block_cache_user *user, const struct block *block)
{
  const uint64_t end = block->offset + block->size;
  uint64_t next;

  return user->record
         && hole_map_run (scan_record_holes (user->record), block->offset, end,
                          &next) == HOLE_ZERO
         && next == end;
}

/* What may be decoded of Blocks that no reader has wanted yet. */
static bool
has_budget (const struct block_cache *cache, uint64_t size)
{
  const uint64_t limit = cache->memory_limit / 2;

  return size <= limit && cache->fresh_size <= limit - size;
}

static uint64_t
goal_for (enum purpose purpose, const struct block *block, uint64_t end)
{
  return purpose == FOR_RANGE && end < block->offset + block->size
         ? end - block->offset : block->size;
}

/* Queue BLOCK, if it is not there: false when there are enough for now. */
static bool
queue_block (struct block_cache_user *user, const struct block *block,
             uint64_t end, enum purpose purpose)
{
  struct block_cache *cache = user->cache;
  struct fault ignored;
  bool go_on = false;

  pthread_mutex_lock (&cache->lock);
  struct block_entry *e = entry_table_find (&cache->table, user, block);
  if (!e && has_budget (cache, block->size)
      && (purpose != FOR_READER
          || !sequential_readers_passed (&user->readers, block->offset))
      && block_queue_start (cache, &ignored) == 0)
    e = block_cache_get (user, block);
  if (e) {
    block_queue_add (cache, e, goal_for (purpose, block, end));
    go_on = true;
  }
  block_cache_unlock (cache);
  return go_on;
}

/* Whether the holes of all of BLOCK are known. */
static bool
is_known (const struct block_cache_user *user, const struct block *block)
{
  const uint64_t end = block->offset + block->size;
  uint64_t next;

  for (uint64_t offset = block->offset; offset < end; offset = next)
    if (hole_map_run (scan_record_holes (user->record), offset, end,
                      &next) == HOLE_UNKNOWN)
      return false;
  return true;
}

/* Queue the Blocks from OFFSET to END of the disk view, which END may lie beyond,
 * of SHARE bytes together. */
static void
queue_range (struct block_cache_user *user, uint64_t offset, uint64_t end,
             uint64_t share, enum purpose purpose)
{
  struct block_cache *cache = user->cache;
  struct block block;
  uint64_t sum = 0;
  unsigned nr = 0;

  for (unsigned i = 0; i < LOOK_AT_MAX && nr < AHEAD_BLOCKS_MAX && offset < end;
       i++) {
    user->source->locate (user->opaque, offset, &block);
    if (block.size > share - sum || block.size > BLOCK_WHOLE_MAX
        || (nr >= cache->max_threads && sum + block.size > AHEAD_BYTES))
      break;
    if (!is_hole (user, &block)
        && (purpose != FOR_EXTENTS || !is_known (user, &block))) {
      sum += block.size;
      nr++;
      if (!queue_block (user, &block, end, purpose))
        break;
    }
    if (block.last)
      break;
    offset = block.offset + block.size;
  }
}

void
block_ahead_of_reader (struct block_cache_user *user, const struct block *block)
{
  struct block_cache *cache = user->cache;

  if (block->last)
    return;
  pthread_mutex_lock (&cache->lock);
  unsigned active = block_room_active_readers (cache);
  block_cache_unlock (cache);
  queue_range (user, block->offset + block->size, UINT64_MAX,
               cache->memory_limit / 2 / (active > 0 ? active : 1), FOR_READER);
}

void
block_cache_prefetch (struct block_cache_user *user, uint64_t count,
                      uint64_t offset)
{
  queue_range (user, offset, offset + count, user->cache->memory_limit / 2,
               FOR_RANGE);
}

void
block_cache_begin_unknown (struct block_cache_user *user, uint64_t count,
                           uint64_t offset)
{
  queue_range (user, offset, offset + count, user->cache->memory_limit / 2,
               FOR_EXTENTS);
}
