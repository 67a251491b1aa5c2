/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "block-entry.h"
#include "hole-map.h"

void
block_entry_move (struct block_entry *e, struct entry_list *list)
{
  if (e->list) {
    *(e->prev ? &e->prev->next : &e->list->first) = e->next;
    *(e->next ? &e->next->prev : &e->list->last) = e->prev;
    e->list->bytes -= e->block.size;
  }
  e->list = list;
  e->next = e->prev = NULL;
  if (!list)
    return;
  e->prev = list->last;
  *(list->last ? &list->last->next : &list->first) = e;
  list->last = e;
  list->bytes += e->block.size;
}

static size_t
bucket_of (const struct block_cache_user *user, uint64_t offset)
{
  uint64_t h = (offset ^ (uint64_t) (uintptr_t) user << 13)
               * UINT64_C (0x9e3779b97f4a7c15);

  return (size_t) ((h >> 32) % ENTRY_BUCKETS);
}

struct block_entry *
entry_table_find (const struct entry_table *table,
                  const struct block_cache_user *user,
                  const struct block *block)
{
  struct block_entry *e = table->buckets[bucket_of (user, block->offset)];

  while (e && (e->user != user || e->block.offset != block->offset
               || e->block.size != block->size))
    e = e->bucket_next;
  return e;
}

void
entry_table_add (struct entry_table *table, struct block_entry *e)
{
  struct block_entry **bucket =
    &table->buckets[bucket_of (e->user, e->block.offset)];

  e->bucket_next = *bucket;
  *bucket = e;
}

void
entry_table_remove (struct entry_table *table, struct block_entry *e)
{
  struct block_entry **p =
    &table->buckets[bucket_of (e->user, e->block.offset)];

  while (*p != e)
    p = &(*p)->bucket_next;
  *p = e->bucket_next;
}

static uint64_t
nr_granules (const struct block *block)
{
  return (block->offset + block->size - 1) / HOLE_GRANULE
         - block->offset / HOLE_GRANULE + 1;
}

uint64_t
block_entry_overhead (const struct block *block)
{
  return sizeof (struct block_entry) + (nr_granules (block) + 7) / 8;
}

struct block_entry *
block_entry_new (struct block_cache_user *user, const struct block *block,
                 uint64_t decoder_memory)
{
  const uint64_t nr = nr_granules (block);
  struct block_entry *e = calloc (1, (size_t) block_entry_overhead (block));

  if (!e)
    return NULL;
  e->user = user;
  e->block = *block;
  e->state = ENTRY_QUEUED;
  e->decoder_memory = decoder_memory;
  e->nr_unread = nr;
  memset (e->unread, 0xff, (size_t) ((nr + 7) / 8));
  return e;
}

void
block_entry_free (struct block_entry *e)
{
  if (e)
    free (e->fault);
  free (e);
}

/* The granules from FIRST up to END, by their numbers in the disk view, are not
 * expected to be read any more. */
static void
clear_unread (struct block_entry *e, uint64_t first, uint64_t end)
{
  const uint64_t base = e->block.offset / HOLE_GRANULE;

  for (uint64_t i = first - base; i < end - base; i++)
    if (e->unread[i / 8] >> i % 8 & 1) {
      e->unread[i / 8] &= (unsigned char) ~(1u << i % 8);
      e->nr_unread--;
    }
}

void
block_entry_skip_holes (struct block_entry *e, struct hole_map *holes)
{
  const uint64_t end = e->block.offset + e->block.size;
  uint64_t next;

  for (uint64_t offset = e->block.offset; offset < end; offset = next)
    if (hole_map_run (holes, offset, end, &next) == HOLE_ZERO)
      clear_unread (e, offset / HOLE_GRANULE,
                    (next + HOLE_GRANULE - 1) / HOLE_GRANULE);
}

void
block_entry_note_read (struct block_entry *e, uint64_t from, uint64_t len)
{
  const uint64_t start = e->block.offset + from, end = start + len;
  uint64_t last = end / HOLE_GRANULE;

  if (e->nr_unread == 0)
    return;
  if (from + len == e->block.size)      /* its last granule may go on elsewhere */
    last = (end + HOLE_GRANULE - 1) / HOLE_GRANULE;
  clear_unread (e, start / HOLE_GRANULE, last);
}

void
block_entry_wake (struct block_entry *e)
{
  for (struct entry_waiter *w = e->waiters; w; w = w->next)
    if (e->state == ENTRY_FAILED || w->until <= e->done)
      pthread_cond_signal (&w->wake);
}
