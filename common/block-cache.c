/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "block-cache-parts.h"
#include "cleanup.h"
#include "digest.h"
#include "hole-map.h"
#include "image-statistics.h"
#include "scan-record.h"

/* A guess about extents is good as long as there is a reader, who would have read
 * something after so many bytes, or after as many as the cache holds: each of
 * nbdcopy's connections asks for 128 MiB first. */
#define GUESSED_MAX (UINT64_C (1) << 30)

/* -- Caches and their users ------------------------------------------------ */

struct block_cache *
block_cache_new (uint64_t memory_limit, unsigned threads, struct fault *fault)
{
  struct block_cache *cache = calloc (1, sizeof *cache);

  if (cache)
    cache->threads = calloc (threads, sizeof *cache->threads);
  if (!cache || !cache->threads) {
    free (cache);
    fault_no_memory (fault, "the Block cache");
    return NULL;
  }
  cache->memory_limit = memory_limit;
  cache->max_threads = threads;
  pthread_mutex_init (&cache->lock, NULL);
  pthread_cond_init (&cache->work, NULL);
  pthread_cond_init (&cache->left, NULL);
  return cache;
}

void
block_cache_free (struct block_cache *cache)
{
  char *memory;
  uint64_t size;

  if (!cache)
    return;
  pthread_mutex_lock (&cache->lock);
  cache->stopping = true;
  pthread_cond_broadcast (&cache->work);
  block_cache_unlock (cache);
  for (unsigned i = 0; i < cache->nr_threads; i++)
    pthread_join (cache->threads[i], NULL);
  while ((memory = block_memory_pool_shrink (&cache->spare, &size)))
    block_memory_free (memory, size);
  pthread_cond_destroy (&cache->left);
  pthread_cond_destroy (&cache->work);
  pthread_mutex_destroy (&cache->lock);
  free (cache->threads);
  free (cache);
}

uint64_t
block_cache_memory_limit (const struct block_cache *cache)
{
  return cache->memory_limit;
}

unsigned
block_cache_threads (const struct block_cache *cache)
{
  return cache->max_threads;
}

void
block_cache_share (struct block_cache *cache)
{
  LOCK_SCOPE (&cache->lock);
  cache->shared = true;
}

struct block_cache_user *
block_cache_join (struct block_cache *cache, const struct block_source *source,
                  void *opaque, struct scan_record *record, struct fault *fault)
{
  struct block_cache_user *user = calloc (1, sizeof *user);

  if (!user) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  user->cache = cache;
  user->source = source;
  user->opaque = opaque;
  user->record = record;
  LOCK_SCOPE (&cache->lock);
  user->next = cache->users;
  cache->users = user;
  return user;
}

static void
drop_entries (struct block_cache_user *user)
{
  struct block_cache *cache = user->cache;
  struct entry_list *const lists[] = {
    &cache->queue, &cache->paused, &cache->consumed, &cache->begun,
    &cache->fresh, &cache->failed
  };
  struct block_entry *next;

  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (struct block_entry *e = lists[i]->first; e; e = next) {
      next = e->next;
      if (e->user == user)
        block_room_drop (cache, e);
    }
}

void
block_cache_leave (struct block_cache_user *user)
{
  struct block_cache_user **p;

  if (!user)
    return;
  struct block_cache *cache = user->cache;
  pthread_mutex_lock (&cache->lock);
  user->leaving = true;
  drop_entries (user);
  block_cache_unlock (cache);

  pthread_mutex_lock (&cache->lock);
  while (user->decoders > 0)
    pthread_cond_wait (&cache->left, &cache->lock);
  for (p = &cache->users; *p != user; p = &(*p)->next)
    continue;
  *p = user->next;
  if (cache->short_of_room)
    block_queue_call (cache);
  block_cache_unlock (cache);
  free (user->started);
  free (user);
}

/* -- Reads ----------------------------------------------------------------- */

struct block_entry *
block_cache_get (struct block_cache_user *user, const struct block *block)
{
  struct block_cache *cache = user->cache;
  struct block_entry *e = entry_table_find (&cache->table, user, block);

  if (e)
    return e;
  block_cache_unlock (cache);
  uint64_t memory = user->source->decoder_memory (user->opaque, block);
  struct block_entry *new = block_entry_new (user, block, memory);
  pthread_mutex_lock (&cache->lock);

  e = entry_table_find (&cache->table, user, block);
  if (e || !new) {              /* another thread was faster */
    block_entry_free (new);
    return e;
  }
  entry_table_add (&cache->table, new);
  cache->fresh_size += block->size;
  return new;
}

static void
remove_waiter (struct block_entry *e, struct entry_waiter *waiter)
{
  struct entry_waiter **p = &e->waiters;

  while (*p != waiter)
    p = &(*p)->next;
  *p = waiter->next;
}

/* Let go of E.  A failure is forgotten when all who waited for it know; the next
 * reader tries again. */
static void
unpin (struct block_cache *cache, struct block_entry *e)
{
  const struct entry_list *before = e->list;

  e->pins--;
  if (e->state == ENTRY_FAILED && e->pins == 0)
    block_room_drop (cache, e);
  else if (e->state == ENTRY_READY || e->state == ENTRY_PAUSED)
    block_room_sort (cache, e);
  if (cache->short_of_room && (e->list != before || cache->decoding == 0))
    block_queue_call (cache);
}

/* What is to be decoded of a Block for a part of it, its first UNTIL bytes: up to
 * a multiple of UNIT in the disk view, and if nearly nothing is left, all. */
static uint64_t
round_goal (const struct block *block, uint64_t until, uint64_t unit)
{
  const uint64_t offset = block->offset;
  uint64_t goal = (offset + until + unit - 1) / unit * unit - offset;

  return goal >= block->size || block->size - goal < HOLE_GRANULE ? block->size
                                                                  : goal;
}

static int
report_failure (const struct block_entry *e, struct fault *fault)
{
  if (!e->fault)
    return fault_no_memory (fault, "a decoded Block");
  *fault = *e->fault;
  return -1;
}

/* Have E, which is pinned, decoded up to GOAL, with AHEAD what follows it too, and
 * wait for the first UNTIL bytes.  Called with the lock, which is released for a
 * while.  0, or -1 with FAULT set. */
static int
want (struct block_cache *cache, struct block_entry *e, uint64_t until,
      uint64_t goal, bool ahead, struct fault *fault)
{
  struct entry_waiter self = { .until = until, .next = e->waiters };
  const bool waits = e->done < until && e->state != ENTRY_FAILED;

  if (waits) {
    pthread_cond_init (&self.wake, NULL);
    e->waiters = &self;
    e->user->waits++;
  }
  else
    e->user->hits++;
  block_queue_add (cache, e, goal);
  if (ahead) {
    block_cache_unlock (cache);
    block_ahead_of_reader (e->user, &e->block);
    pthread_mutex_lock (&cache->lock);
  }
  if (waits) {
    while (e->done < until && e->state != ENTRY_FAILED)
      pthread_cond_wait (&self.wake, &cache->lock);
    remove_waiter (e, &self);
    pthread_cond_destroy (&self.wake);
  }
  return e->state == ENTRY_FAILED ? report_failure (e, fault) : 0;
}

/* How many bytes of BLOCK must be decoded before its first UNTIL may be given to a
 * reader. */
static uint64_t
needed_for (const struct block_cache_user *user, const struct block *block,
            uint64_t until)
{
  if (user->source->proven
      || (user->record
          && scan_record_is_block_verified (user->record, block->number)))
    return until;
  return block->size;
}

/* The entry of BLOCK, pinned; NULL with FAULT set.  Called with the lock. */
static struct block_entry *
pin (struct block_cache_user *user, const struct block *block,
     struct fault *fault)
{
  if (block_queue_start (user->cache, fault) == -1)
    return NULL;
  struct block_entry *e = block_cache_get (user, block);
  if (e)
    e->pins++;
  else
    fault_no_memory (fault, "the Block cache");
  return e;
}

int
block_cache_read (struct block_cache_user *user, const struct block *block,
                  void *buf, size_t len, uint64_t offset, struct fault *fault)
{
  struct block_cache *cache = user->cache;
  const uint64_t from = offset - block->offset;
  const uint64_t until = needed_for (user, block, from + len);

  pthread_mutex_lock (&cache->lock);
  enum reader_order order =
    sequential_readers_note (&user->readers, block->offset, block->size, offset);
  struct block_entry *e = pin (user, block, fault);
  int r = -1;

  if (e) {
    uint64_t goal = order == READER_RANDOM
                    ? round_goal (block, until, HOLE_GRANULE) : block->size;

    block_room_note_reader (cache, e);
    r = want (cache, e, until, goal, order == READER_ENTERS, fault);
    if (r == 0) {
      block_cache_unlock (cache);
      memcpy (buf, e->data + from, len);
      pthread_mutex_lock (&cache->lock);
      block_entry_note_read (e, from, len);
    }
    unpin (cache, e);
  }
  block_cache_unlock (cache);
  return r;
}

void
block_cache_skip (struct block_cache_user *user, const struct block *block,
                  uint64_t offset)
{
  pthread_mutex_lock (&user->cache->lock);
  enum reader_order order =
    sequential_readers_note (&user->readers, block->offset, block->size, offset);
  block_cache_unlock (user->cache);
  if (order == READER_ENTERS)
    block_ahead_of_reader (user, block);
}

/* -- Extents --------------------------------------------------------------- */

/* Whether so much waits for its readers that more would push it out. */
static bool
is_busy (const struct block_cache_user *user, uint64_t size)
{
  const struct block_cache *cache = user->cache;
  const uint64_t half = cache->memory_limit / 2;

  return user->has_readers
         && (user->guessed <= GUESSED_MAX || user->guessed <= cache->memory_limit)
         && (size > half || cache->fresh_size > half - size);
}

int
block_cache_learn (struct block_cache_user *user, const struct block *block,
                   uint64_t len, uint64_t offset, bool whole,
                   struct fault *fault)
{
  struct block_cache *cache = user->cache;
  const uint64_t until =
    needed_for (user, block, round_goal (block, offset + len - block->offset,
                                         DIGEST_CHUNK));
  int r = -1;

  pthread_mutex_lock (&cache->lock);
  if (!entry_table_find (&cache->table, user, block)
      && is_busy (user, block->size))
    r = BLOCK_CACHE_BUSY;
  else {
    struct block_entry *e = pin (user, block, fault);

    if (e) {
      r = want (cache, e, until, whole ? block->size : until, false, fault);
      unpin (cache, e);
    }
  }
  block_cache_unlock (cache);
  return r;
}

void
block_cache_begin_extents (struct block_cache_user *user, uint64_t offset)
{
  LOCK_SCOPE (&user->cache->lock);
  /* Who only wants to see the map goes through it from its start to its end. */
  if (offset != 0 && offset != user->extents_end)
    user->has_readers = true;
}

void
block_cache_end_extents (struct block_cache_user *user, uint64_t end,
                         uint64_t guessed)
{
  LOCK_SCOPE (&user->cache->lock);
  user->extents_end = end;
  user->guessed += guessed;
}

void
block_cache_statistics (struct block_cache_user *user,
                        struct image_statistics *statistics)
{
  LOCK_SCOPE (&user->cache->lock);
  statistics->hits += user->hits;
  statistics->waits += user->waits;
  statistics->decoded += user->decoded;
  statistics->dropped += user->dropped;
  statistics->restarts += user->restarts;
  statistics->resumed += user->resumed;
  statistics->again += user->again;
  statistics->memory = user->cache->memory;
  statistics->memory_peak = user->cache->memory_peak;
}
