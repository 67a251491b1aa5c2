/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache-parts.h"
#include "digest.h"
#include "scan-record.h"
#include "worker-thread.h"

/* A thread looks up from its work whenever the disk view's offset is a multiple of
 * this: it hands out what is done, and may be called to something else. */
#define DECODE_STEP (256 * 1024)
/* Blocks of higher numbers are not counted when they are decoded again. */
#define STARTED_MAX (1024 * 1024 / 8)

static void *run_thread (void *opaque);

static int
add_thread (struct block_cache *cache, struct fault *fault)
{
  if (worker_thread_start (&cache->threads[cache->nr_threads], run_thread,
                           cache, fault) == -1)
    return -1;
  cache->nr_threads++;
  return 0;
}

int
block_queue_start (struct block_cache *cache, struct fault *fault)
{
  if (cache->nr_threads > 0)
    return 0;
  return add_thread (cache, fault);
}

void
block_queue_call (struct block_cache *cache)
{
  struct fault ignored;         /* there is one thread at least */

  if (cache->idle > cache->called) {
    cache->called++;
    pthread_cond_signal (&cache->work);
  }
  else if (cache->nr_threads < cache->max_threads && cache->queue.first)
    add_thread (cache, &ignored);
}

void
block_queue_add (struct block_cache *cache, struct block_entry *e,
                 uint64_t goal)
{
  if (e->goal < goal)
    e->goal = goal;
  if (e->state == ENTRY_PAUSED && e->done < e->goal)
    e->state = ENTRY_QUEUED;
  if (e->state != ENTRY_QUEUED)
    return;
  if (e->list != &cache->queue)
    block_entry_move (e, &cache->queue);
  block_queue_call (cache);
}

static void
begin (struct block_cache *cache, struct block_entry *e)
{
  block_entry_move (e, NULL);
  e->state = ENTRY_DECODING;
  e->user->decoders++;
  cache->decoding++;
}

/* The first entry of the queue that can be decoded now.  *BLOCKED: the first one
 * for which there is no room.  What has a decoder needs none. */
static struct block_entry *
find_work (struct block_cache *cache, bool wanted, struct block_entry **blocked)
{
  *blocked = NULL;
  for (struct block_entry *e = cache->queue.first; e; e = e->next) {
    if ((e->waiters != NULL) != wanted)
      continue;
    if (e->memory > 0)
      return e;
    if (!*blocked && block_room_make (cache, e, wanted, false))
      return e;
    if (!*blocked)
      *blocked = e;
  }
  return NULL;
}

/* Whether memory will come free by itself: others are being decoded, or readers
 * copy from what would be dropped. */
static bool
is_memory_coming (const struct block_cache *cache)
{
  const struct entry_list *const lists[] = {
    &cache->paused, &cache->consumed, &cache->begun, &cache->fresh
  };

  if (cache->decoding > 0)
    return true;
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (const struct block_entry *e = lists[i]->first; e; e = e->next)
      if (e->pins > 0)
        return true;
  return false;
}

/* The next entry to decode, with its memory charged; NULL: nothing can be done
 * now. */
static struct block_entry *
take_work (struct block_cache *cache)
{
  struct block_entry *blocked, *e = find_work (cache, true, &blocked);

  if (!e && blocked) {
    /* One Block is always allowed, whatever it needs.  While memory is coming,
     * nothing that is less urgent may take it away. */
    if (!is_memory_coming (cache) && block_room_make (cache, blocked, true, true))
      e = blocked;
  }
  else if (!e)
    e = find_work (cache, false, &blocked);
  const bool was_short = cache->short_of_room;
  cache->short_of_room = blocked != NULL && e != blocked;
  if (!e)
    return NULL;
  begin (cache, e);
  /* There may be room for more than this one. */
  if (was_short && cache->queue.first)
    block_queue_call (cache);
  return e;
}

/* Whether a thread that decodes E, for which nobody waits, is needed more
 * elsewhere. */
static bool
is_needed_elsewhere (const struct block_cache *cache,
                     const struct block_entry *e)
{
  if (e->waiters || cache->idle > 0 || cache->nr_threads < cache->max_threads)
    return false;
  for (const struct block_entry *q = cache->queue.first; q; q = q->next)
    if (q->waiters)
      return true;
  return false;
}

static bool
must_stop (const struct block_cache *cache, const struct block_entry *e)
{
  return e->done >= e->goal || cache->stopping || e->user->leaving
         || is_needed_elsewhere (cache, e);
}

/* Up to where to decode before looking up again: no farther than a step, nor than
 * somebody waits for. */
static uint64_t
next_target (const struct block_entry *e)
{
  const uint64_t offset = e->block.offset + e->done;
  uint64_t target = e->done + (DECODE_STEP - offset % DECODE_STEP);

  if (target > e->goal)
    target = e->goal;
  for (const struct entry_waiter *w = e->waiters; w; w = w->next)
    if (w->until > e->done && w->until < target)
      target = w->until;
  return target;
}

/* Tell the record what was decoded, UP_TO bytes, once it is proven: in whole
 * chunks, as long as the Block goes on. */
static void
learn (struct block_entry *e, uint64_t up_to)
{
  struct scan_record *record = e->user->record;
  const uint64_t offset = e->block.offset;
  const bool at_end = up_to == e->block.size;

  if (!at_end && !e->user->source->proven)
    return;
  if (!at_end) {
    uint64_t end = (offset + up_to) / DIGEST_CHUNK * DIGEST_CHUNK;
    up_to = end > offset ? end - offset : 0;
  }
  if (!record || up_to <= e->learned)
    return;
  scan_record_add (record, offset + e->learned, e->data + e->learned,
                   (size_t) (up_to - e->learned), at_end && e->block.last);
  e->learned = up_to;
  if (at_end)
    scan_record_block_verified (record, e->block.number);
}

/* Decode from DONE to TARGET.  Called without the lock: 0, or -1 with FAULT
 * set. */
static int
decode (struct block_entry *e, uint64_t done, uint64_t target,
        struct fault *fault)
{
  const struct block_source *source = e->user->source;
  const uint64_t n = target - done;

  if (!e->data)
    e->data = block_memory_new (e->block.size);
  if (!e->data)
    return fault_no_memory (fault, "a decoded Block");
  if (!e->decoder)
    e->decoder = source->start (e->user->opaque, &e->block, fault);
  if (!e->decoder)
    return -1;
  ssize_t r = source->next (e->decoder, e->data + done, (size_t) n, fault);
  if (r == -1)
    return -1;
  if ((uint64_t) r < n)
    return fault_set (fault, EBADMSG, "a Block at %" PRIu64 " of the disk view is "
                      "shorter than it should be", e->block.offset);
  learn (e, target);
  return 0;
}

/* Note that decoding E begins, or goes on. */
static void
count_start (struct block_entry *e)
{
  struct block_cache_user *user = e->user;
  const uint64_t byte = e->block.number / 8;
  const unsigned char bit = (unsigned char) (1u << e->block.number % 8);

  if (e->decoder) {
    user->resumed++;
    return;
  }
  if (byte >= STARTED_MAX)
    return;
  if (byte >= user->started_size) {
    size_t size = user->started_size ? user->started_size : 64;

    while (size <= byte)
      size *= 2;
    unsigned char *p = realloc (user->started, size);
    if (!p)
      return;
    memset (p + user->started_size, 0, size - user->started_size);
    user->started = p;
    user->started_size = size;
  }
  if (user->started[byte] & bit) {
    user->again++;
    if (e->goal == e->block.size
        && sequential_readers_active (&user->readers) > 0)
      user->again_size += e->block.size;
  }
  user->started[byte] |= bit;
}

/* E, at whose end or failure the lock was taken, is READY or FAILED.  Its decoder
 * is stopped without the lock; so E is still DECODING then. */
static void
finish (struct block_cache *cache, struct block_entry *e, struct fault *fault)
{
  void *decoder = e->decoder;

  e->decoder = NULL;
  cache->clock++;
  e->user->decoded++;
  block_cache_unlock (cache);
  e->user->source->stop (decoder);
  pthread_mutex_lock (&cache->lock);

  if (fault) {
    block_room_fail (cache, e, fault);
    return;
  }
  e->state = ENTRY_READY;
  cache->nr_ready++;
  block_room_decoder_gone (cache, e);
  if (e->user->record)
    block_entry_skip_holes (e, scan_record_holes (e->user->record));
}

/* Decode E for as long as it is right.  Called with the lock. */
static void
work_on (struct block_cache *cache, struct block_entry *e)
{
  struct fault fault = { .errnum = 0 };
  int r = 0;

  count_start (e);
  while (r == 0 && !must_stop (cache, e)) {
    const uint64_t done = e->done, target = next_target (e);

    block_cache_unlock (cache);
    r = decode (e, done, target, &fault);
    pthread_mutex_lock (&cache->lock);
    if (r == 0) {
      e->done = target;
      block_entry_wake (e);
    }
  }
  if (r == -1 || e->done == e->block.size)
    finish (cache, e, r == -1 ? &fault : NULL);
  else
    e->state = e->done < e->goal ? ENTRY_QUEUED : ENTRY_PAUSED;

  cache->decoding--;
  if (e->user->leaving)
    block_room_drop (cache, e);
  else if (e->state == ENTRY_QUEUED)
    block_entry_move (e, &cache->queue);
  else
    block_room_sort (cache, e);
}

static void *
run_thread (void *opaque)
{
  struct block_cache *cache = opaque;

  pthread_mutex_lock (&cache->lock);
  while (!cache->stopping) {
    struct block_entry *e = take_work (cache);

    if (e) {
      struct block_cache_user *user = e->user;

      work_on (cache, e);
      block_room_user_done (user);
    }
    else if (cache->dropped.first || cache->unmapped.first) {
      block_cache_unlock (cache);
      pthread_mutex_lock (&cache->lock);
    }
    else {
      cache->idle++;
      pthread_cond_wait (&cache->work, &cache->lock);
      cache->idle--;
      if (cache->called > 0)
        cache->called--;
    }
  }
  block_cache_unlock (cache);
  return NULL;
}
