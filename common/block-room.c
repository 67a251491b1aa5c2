/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "block-cache-parts.h"

/* Failures are remembered, so that nobody decodes ahead into them again and
 * again; but not many of them. */
#define FAILED_MAX 64

/* What was read to its end stays only as long as it takes no more than this, when
 * no reader is behind it: its memory, whose pages are there already, is better used
 * for what comes next. */
#define CONSUMED_MAX (UINT64_C (32) << 20)
/* How many of these are looked at for one that can go, from both ends: in the
 * middle are neither the oldest nor those that a reader has just left behind. */
#define CONSUMED_LOOK_AT 32
/* So much was decoded again for readers in rising order, and what they have read is
 * kept for others. */
#define AGAIN_ENOUGH (UINT64_C (64) << 20)
/* Memory in the pool that nothing fitted into. */
#define SPARE_MAX (UINT64_C (64) << 20)

/* The entry's user waits for this before it leaves. */
static void
stop_decoder (struct block_cache *cache, struct block_entry *e)
{
  e->user->source->stop (e->decoder);
  pthread_mutex_lock (&cache->lock);
  block_room_user_done (e->user);
  pthread_mutex_unlock (&cache->lock);
}

void
block_room_user_done (struct block_cache_user *user)
{
  if (--user->decoders == 0 && user->leaving)
    pthread_cond_broadcast (&user->cache->left);
}

void
block_cache_unlock (struct block_cache *cache)
{
  struct entry_list dropped = cache->dropped;
  struct block_memory_pool unmapped = cache->unmapped;
  char *memory;
  uint64_t size;

  cache->dropped = (struct entry_list) { .bytes = 0 };
  cache->unmapped = (struct block_memory_pool) { NULL, 0, 0 };
  pthread_mutex_unlock (&cache->lock);

  while ((memory = block_memory_pool_shrink (&unmapped, &size)))
    block_memory_free (memory, size);
  while (dropped.first) {
    struct block_entry *e = dropped.first;

    dropped.first = e->next;
    if (e->decoder)
      stop_decoder (cache, e);
    block_memory_free (e->data, e->block.size);
    block_entry_free (e);
  }
}

/* Bytes that the data of E take. */
static uint64_t
data_memory (const struct block_entry *e)
{
  return block_memory_capacity (e->block.size) + block_entry_overhead (&e->block);
}

static void
charge (struct block_cache *cache, uint64_t need)
{
  cache->memory += need;
  if (cache->memory > cache->memory_peak)
    cache->memory_peak = cache->memory;
}

static void
note_not_fresh (struct block_cache *cache, struct block_entry *e)
{
  if (!e->was_read && e->state != ENTRY_FAILED)
    cache->fresh_size -= e->block.size;
}

void
block_room_note_reader (struct block_cache *cache, struct block_entry *e)
{
  note_not_fresh (cache, e);
  e->was_read = true;
  e->user->has_readers = true;
  e->user->guessed = 0;
}

void
block_room_drop (struct block_cache *cache, struct block_entry *e)
{
  uint64_t keep = 0;

  note_not_fresh (cache, e);
  if (e->state == ENTRY_READY)
    cache->nr_ready--;
  if (e->state == ENTRY_FAILED)
    cache->nr_failed--;
  entry_table_remove (&cache->table, e);
  if (e->data && !cache->stopping
      && block_memory_pool_keep (&cache->spare, e->data, e->block.size)) {
    keep = block_memory_capacity (e->block.size);
    e->data = NULL;
  }
  cache->memory -= e->memory - keep;
  if (e->decoder)
    e->user->decoders++;
  /* Whoever runs the decoder's code must not hold the lock. */
  block_entry_move (e, &cache->dropped);
}

static void
release_spare (struct block_cache *cache)
{
  uint64_t size;
  char *memory = block_memory_pool_shrink (&cache->spare, &size);

  cache->memory -= size;
  if (!block_memory_pool_keep (&cache->unmapped, memory, size))
    block_memory_free (memory, size);
}

void
block_room_decoder_gone (struct block_cache *cache, struct block_entry *e)
{
  uint64_t keep = e->data ? data_memory (e) : block_entry_overhead (&e->block);

  cache->memory -= e->memory - keep;
  e->memory = keep;
}

void
block_room_fail (struct block_cache *cache, struct block_entry *e,
                 const struct fault *fault)
{
  note_not_fresh (cache, e);
  e->state = ENTRY_FAILED;
  cache->nr_failed++;
  e->fault = malloc (sizeof *e->fault);
  if (e->fault)
    *e->fault = *fault;
  /* Somebody may just copy from what was handed out before. */
  if (e->pins == 0) {
    block_memory_free (e->data, e->block.size);
    e->data = NULL;
  }
  block_room_decoder_gone (cache, e);
  block_entry_wake (e);
}

void
block_room_sort (struct block_cache *cache, struct block_entry *e)
{
  e->stamp = cache->clock;
  if (e->state == ENTRY_FAILED) {
    block_entry_move (e, &cache->failed);
    if (!e->user->source->fleeting)
      e = cache->failed.first;
    if ((cache->nr_failed > FAILED_MAX || e->user->source->fleeting)
        && e->pins == 0)
      block_room_drop (cache, e);
  }
  else if (e->state == ENTRY_PAUSED)
    block_entry_move (e, &cache->paused);
  else if (e->state == ENTRY_READY)
    block_entry_move (e, e->nr_unread == 0 ? &cache->consumed
                         : e->was_read ? &cache->begun : &cache->fresh);
}

/* Nobody has used it while all that the cache holds was replaced twice: its reader
 * has gone. */
static bool
is_stale (const struct block_cache *cache, const struct block_entry *e)
{
  return e->stamp + 2 * cache->nr_ready + 2 * cache->max_threads < cache->clock;
}

static struct block_entry *
first_unpinned (const struct entry_list *list)
{
  struct block_entry *e = list->first;

  while (e && e->pins > 0)
    e = e->next;
  return e;
}

static struct block_entry *
last_unpinned (const struct entry_list *list)
{
  struct block_entry *e = list->last;

  while (e && (e->pins > 0 || !e->data))
    e = e->prev;
  return e;
}

/* How many bytes are between E, which is consumed, and the nearest reader who will
 * come to it; UINT64_MAX: none will.  If none has been there, then all of it is zero,
 * and readers need nothing of it. */
static uint64_t
distance_to_reader (const struct block_entry *e)
{
  return e->was_read ? sequential_readers_distance (&e->user->readers,
                                                    e->block.offset, e->block.size)
                     : UINT64_MAX;
}

/* That with the longest way to its next reader; of several the first. */
static struct block_entry *
find_farthest (const struct entry_list *list)
{
  struct block_entry *found = NULL, *e = list->first;
  uint64_t most = 0;

  for (unsigned i = 0; e && i < 2 * CONSUMED_LOOK_AT; i++) {
    const uint64_t distance = e->pins > 0 ? 0 : distance_to_reader (e);

    if (e->pins == 0 && (!found || distance > most)) {
      found = e;
      most = distance;
    }
    if (most == UINT64_MAX && i < CONSUMED_LOOK_AT)
      return found;
    e = i + 1 < CONSUMED_LOOK_AT ? e->next
        : i + 1 == CONSUMED_LOOK_AT ? list->last : e->prev;
  }
  return found;
}

/* What to drop next.  What was decoded ahead pushes nothing out that is still to be
 * read; a reader that waits may. */
static struct block_entry *
find_victim (const struct block_cache *cache, bool for_reader)
{
  struct block_entry *e = first_unpinned (&cache->paused), *begun;

  if (e || (e = find_farthest (&cache->consumed)))
    return e;
  if ((begun = first_unpinned (&cache->begun)) && is_stale (cache, begun))
    return begun;
  if ((e = first_unpinned (&cache->fresh)) && is_stale (cache, e))
    return e;
  if (!for_reader)
    return NULL;
  /* What is farthest ahead of its reader was decoded last. */
  if ((e = last_unpinned (&cache->fresh)) || begun)
    return e ? e : begun;
  return last_unpinned (&cache->queue); /* begun and put off */
}

static bool
fits (const struct block_cache *cache, uint64_t need)
{
  return cache->memory <= cache->memory_limit
         && need <= cache->memory_limit - cache->memory;
}

/* Take something out of memory: false when there is nothing. */
static bool
free_something (struct block_cache *cache, bool for_reader)
{
  if (cache->spare.first) {
    release_spare (cache);
    return true;
  }
  struct block_entry *e = find_victim (cache, for_reader);
  if (!e)
    return false;
  e->user->dropped++;
  if (e->decoder)
    e->user->restarts++;
  block_room_drop (cache, e);
  return true;
}

/* Make room for NEED bytes, SIZE bytes of data among them, whose memory is taken out
 * of the pool when it turns up there. */
static bool
make_room (struct block_cache *cache, uint64_t need, uint64_t size, char **data,
           bool for_reader)
{
  const uint64_t capacity = block_memory_capacity (size);

  *data = NULL;
  for (;;) {
    if (!*data && (*data = block_memory_pool_take (&cache->spare, size)))
      cache->memory -= capacity;        /* which is part of NEED */
    if (fits (cache, need))
      return true;
    if (!free_something (cache, for_reader))
      break;
  }
  if (*data && block_memory_pool_keep (&cache->spare, *data, size)) {
    cache->memory += capacity;
    *data = NULL;
  }
  return false;
}

/* Whether E, which is consumed, is to stay while there is room for it. */
static bool
is_wanted (const struct block_entry *e)
{
  return e->user->again_size >= AGAIN_ENOUGH
         || distance_to_reader (e) != UINT64_MAX;
}

static struct block_entry *
find_unwanted (const struct block_cache *cache)
{
  struct block_entry *e = cache->consumed.first;

  for (unsigned i = 0; e && i < CONSUMED_LOOK_AT; i++, e = e->next)
    if (e->pins == 0 && !is_wanted (e))
      return e;
  return NULL;
}

static void
drop_unwanted (struct block_cache *cache)
{
  while (!cache->shared && cache->consumed.bytes > CONSUMED_MAX) {
    struct block_entry *e = find_unwanted (cache);

    if (!e)
      break;
    e->user->dropped++;
    block_room_drop (cache, e);
  }
}

unsigned
block_room_active_readers (const struct block_cache *cache)
{
  unsigned nr = 0;

  for (const struct block_cache_user *u = cache->users; u; u = u->next)
    nr += sequential_readers_active (&u->readers);
  return nr;
}

/* Whether the readers in rising order will still find room, each for the Block that
 * it reads, when E is decoded ahead.  Or one would take what another has just made
 * free, and drop in turn what that one had decoded ahead. */
static bool
leaves_room_for_readers (const struct block_cache *cache,
                         const struct block_entry *e)
{
  const uint64_t size = e->block.size, limit = cache->memory_limit;
  const unsigned active = block_room_active_readers (cache);

  return cache->fresh_size <= limit
         && limit - cache->fresh_size >= size * active;
}

bool
block_room_make (struct block_cache *cache, struct block_entry *e,
                 bool for_reader, bool force)
{
  const uint64_t need = data_memory (e) + e->decoder_memory;
  char *data;

  if (!for_reader && !leaves_room_for_readers (cache, e))
    return false;
  drop_unwanted (cache);
  if (!make_room (cache, need, e->block.size, &data, for_reader) && !force)
    return false;
  e->data = data;
  e->memory = need;
  charge (cache, need);
  while (cache->spare.bytes > SPARE_MAX)
    release_spare (cache);
  return true;
}

void
block_cache_charge (struct block_cache *cache, uint64_t bytes)
{
  pthread_mutex_lock (&cache->lock);
  while (!fits (cache, bytes) && free_something (cache, true))
    continue;
  charge (cache, bytes);
  block_cache_unlock (cache);
}

void
block_cache_uncharge (struct block_cache *cache, uint64_t bytes)
{
  pthread_mutex_lock (&cache->lock);
  cache->memory -= bytes;
  if (cache->short_of_room)
    block_queue_call (cache);
  block_cache_unlock (cache);
}
