/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "block-memory.h"
#include "cleanup.h"
#include "scan-record.h"
#include "image-statistics.h"
#include "sequential-readers.h"
#include "worker-thread.h"

#define NR_BUCKETS 1024
#define DECODE_STEP (1024 * 1024)       /* between two looks at STOPPING */

/* How far to decode ahead of a reader: enough for each thread, and beyond that a
 * window of this many bytes.  Clients like nbdcopy ask for the extents of 128 MiB,
 * and then for the data; while they are busy with these the threads shall not run
 * out of work. */
#define AHEAD_BYTES (UINT64_C (128) << 20)
#define AHEAD_BLOCKS_MAX 64

enum entry_state { QUEUED, DECODING, READY, FAILED };

/* Every field is guarded by the cache's lock, except that the bytes of DATA
 * belong to the decoding thread in DECODING and are constant in READY. */
struct entry
{
  struct block block;
  enum entry_state state;
  bool wanted;                  /* a reader waits; else decoded ahead */
  bool was_read;                /* a reader has had something of it */
  unsigned pins;                /* readers that wait for it or copy from it */
  uint64_t memory;              /* of CACHE->memory, charged to this entry */
  uint64_t decoder_memory;      /* what decoding will take beside the data */
  uint64_t stamp;               /* CACHE->clock at its last use */
  char *data;
  struct fault fault;           /* state FAILED */
  struct entry *bucket_next;
  struct entry *next, *prev;    /* queue (QUEUED) or use order (READY, FAILED) */
};

struct entry_list
{
  struct entry *first, *last;
};

struct block_cache
{
  const struct block_source *source;
  void *opaque;
  struct scan_record *record;
  uint64_t memory_limit;
  unsigned max_threads;
  atomic_bool stopping;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t work;          /* something was queued, or memory came free */
  pthread_cond_t done;          /* a Block is READY or FAILED */
  struct entry *buckets[NR_BUCKETS];
  struct entry_list queue;
  struct entry_list used;       /* least recently used first */
  struct sequential_readers readers;
  uint64_t memory, memory_peak;
  uint64_t clock;               /* counts Blocks decoded */
  unsigned decoding;
  unsigned idle;                /* threads that wait for work */
  unsigned nr_threads;
  pthread_t *threads;
  uint64_t hits, waits, decoded, dropped;
};

static void
list_append (struct entry_list *list, struct entry *e)
{
  e->next = NULL;
  e->prev = list->last;
  if (list->last)
    list->last->next = e;
  else
    list->first = e;
  list->last = e;
}

static void
list_remove (struct entry_list *list, struct entry *e)
{
  if (e->prev)
    e->prev->next = e->next;
  else
    list->first = e->next;
  if (e->next)
    e->next->prev = e->prev;
  else
    list->last = e->prev;
  e->next = e->prev = NULL;
}

static struct entry **
bucket_of (struct block_cache *cache, const struct block *block)
{
  uint64_t h = block->offset * UINT64_C (0x9e3779b97f4a7c15);

  return &cache->buckets[(h >> 32) % NR_BUCKETS];
}

/* Access points that are thinned out make larger spans; so a Block is known by
 * its place and its size. */
static struct entry *
find_entry (struct block_cache *cache, const struct block *block)
{
  struct entry *e = *bucket_of (cache, block);

  while (e && (e->block.offset != block->offset || e->block.size != block->size))
    e = e->bucket_next;
  return e;
}

static struct entry *
add_entry (struct block_cache *cache, const struct block *block)
{
  struct entry **bucket = bucket_of (cache, block);
  struct entry *e = calloc (1, sizeof *e);

  if (!e)
    return NULL;
  e->block = *block;
  e->decoder_memory = cache->source->decoder_memory (cache->opaque, block);
  e->bucket_next = *bucket;
  *bucket = e;
  list_append (&cache->queue, e);
  return e;
}

/* Drop an entry that is in no list any more. */
static void
drop_entry (struct block_cache *cache, struct entry *e)
{
  struct entry **p = bucket_of (cache, &e->block);

  while (*p != e)
    p = &(*p)->bucket_next;
  *p = e->bucket_next;
  cache->memory -= e->memory;
  block_memory_free (e->data, e->block.size);
  free (e);
}

struct block_cache *
block_cache_new (const struct block_source *source, void *opaque,
                 struct scan_record *record, uint64_t memory_limit,
                 unsigned threads, struct fault *fault)
{
  struct block_cache *cache = calloc (1, sizeof *cache);

  if (cache)
    cache->threads = calloc (threads, sizeof *cache->threads);
  if (!cache || !cache->threads) {
    free (cache);
    fault_no_memory (fault, "the Block cache");
    return NULL;
  }
  cache->source = source;
  cache->opaque = opaque;
  cache->record = record;
  cache->memory_limit = memory_limit;
  cache->max_threads = threads;
  pthread_mutex_init (&cache->lock, NULL);
  pthread_cond_init (&cache->work, NULL);
  pthread_cond_init (&cache->done, NULL);
  return cache;
}

void
block_cache_free (struct block_cache *cache)
{
  if (!cache)
    return;
  atomic_store (&cache->stopping, true);
  pthread_mutex_lock (&cache->lock);
  pthread_cond_broadcast (&cache->work);
  pthread_mutex_unlock (&cache->lock);
  for (unsigned i = 0; i < cache->nr_threads; i++)
    pthread_join (cache->threads[i], NULL);
  for (size_t i = 0; i < NR_BUCKETS; i++)
    while (cache->buckets[i])
      drop_entry (cache, cache->buckets[i]);
  pthread_cond_destroy (&cache->done);
  pthread_cond_destroy (&cache->work);
  pthread_mutex_destroy (&cache->lock);
  free (cache->threads);
  free (cache);
}

/* Whether E may be dropped to make room.  What was decoded ahead and not yet
 * read is kept from others that are decoded ahead, or they would push each other
 * out; but not for ever, since its reader may have gone. */
static bool
is_droppable (const struct block_cache *cache, const struct entry *e,
              bool for_reader)
{
  const uint64_t patience = 4 * (uint64_t) cache->max_threads
                            + 2 * AHEAD_BLOCKS_MAX;

  return e->pins == 0
         && (for_reader || e->was_read || e->stamp + patience < cache->clock);
}

/* Make room for NEED bytes: false when that is not possible now. */
static bool
make_room (struct block_cache *cache, uint64_t need, bool for_reader)
{
  struct entry *e = cache->used.first;

  while (e && cache->memory + need > cache->memory_limit) {
    struct entry *next = e->next;

    /* A failure that nobody has asked for yet takes no room. */
    if (e->memory > 0 && is_droppable (cache, e, for_reader)) {
      list_remove (&cache->used, e);
      drop_entry (cache, e);
      cache->dropped++;
    }
    e = next;
  }
  /* One Block is always allowed, whatever it needs. */
  return cache->memory + need <= cache->memory_limit
         || (for_reader && cache->decoding == 0);
}

/* The next entry to decode, with its memory charged; NULL: nothing can be done
 * now. */
static struct entry *
take_work (struct block_cache *cache)
{
  for (int wanted = 1; wanted >= 0; wanted--)
    for (struct entry *e = cache->queue.first; e; e = e->next) {
      uint64_t need = e->block.size + e->decoder_memory;

      if (e->wanted != wanted)
        continue;
      if (!make_room (cache, need, wanted))
        return NULL;            /* the others wait for their turn */
      list_remove (&cache->queue, e);
      e->state = DECODING;
      e->memory = need;
      cache->memory += need;
      if (cache->memory > cache->memory_peak)
        cache->memory_peak = cache->memory;
      cache->decoding++;
      return e;
    }
  return NULL;
}

/* Decode E's Block.  Called without the lock: 0, or -1 with FAULT set. */
static int
decode (struct block_cache *cache, struct entry *e, struct fault *fault)
{
  const struct block *block = &e->block;
  uint64_t done = 0;
  int r = -1;

  e->data = block_memory_new (block->size);
  if (!e->data)
    return fault_no_memory (fault, "a decoded Block");
  void *decoder = cache->source->start (cache->opaque, block, fault);
  if (!decoder)
    return -1;
  for (;;) {
    uint64_t left = block->size - done;
    size_t n = left < DECODE_STEP ? (size_t) left : DECODE_STEP;
    ssize_t got = cache->source->next (decoder, e->data + done, n, fault);

    if (got == -1)
      break;
    done += (uint64_t) got;
    if (done == block->size) {
      r = 0;
      break;
    }
    if (atomic_load (&cache->stopping)) {
      fault_set (fault, ECANCELED, "the image is being closed");
      break;
    }
  }
  cache->source->stop (decoder);
  if (r == 0 && cache->record) {
    scan_record_add (cache->record, block->offset, e->data,
                     (size_t) block->size, block->last);
    scan_record_block_verified (cache->record, block->number);
  }
  return r;
}

/* Decode E and publish the result.  Called with the lock. */
static void
work_on (struct block_cache *cache, struct entry *e)
{
  pthread_mutex_unlock (&cache->lock);
  int r = decode (cache, e, &e->fault);
  if (r == -1) {
    block_memory_free (e->data, e->block.size);
    e->data = NULL;
  }
  pthread_mutex_lock (&cache->lock);

  uint64_t keep = r == 0 ? e->block.size : 0;
  cache->memory -= e->memory - keep;
  e->memory = keep;
  e->state = r == 0 ? READY : FAILED;
  e->stamp = ++cache->clock;
  list_append (&cache->used, e);
  cache->decoding--;
  cache->decoded++;
  pthread_cond_broadcast (&cache->done);
  pthread_cond_broadcast (&cache->work);
}

static void *
run_thread (void *opaque)
{
  struct block_cache *cache = opaque;

  pthread_mutex_lock (&cache->lock);
  while (!atomic_load (&cache->stopping)) {
    struct entry *e = take_work (cache);

    if (e)
      work_on (cache, e);
    else {
      cache->idle++;
      pthread_cond_wait (&cache->work, &cache->lock);
      cache->idle--;
    }
  }
  pthread_mutex_unlock (&cache->lock);
  return NULL;
}

/* See to it that a thread looks at the queue. */
static int
call_thread (struct block_cache *cache, struct fault *fault)
{
  if (cache->idle == 0 && cache->nr_threads < cache->max_threads) {
    pthread_t *thread = &cache->threads[cache->nr_threads];

    if (worker_thread_start (thread, run_thread, cache, fault) == 0)
      cache->nr_threads++;
    else if (cache->nr_threads == 0)
      return -1;
  }
  pthread_cond_signal (&cache->work);
  return 0;
}

/* Queue the Blocks that a reader in rising order will want after BLOCK. */
static void
decode_ahead (struct block_cache *cache, const struct block *block)
{
  struct block ahead = *block;
  struct fault ignored;
  uint64_t sum = 0;

  for (unsigned i = 0; i < AHEAD_BLOCKS_MAX && !ahead.last; i++) {
    cache->source->locate (cache->opaque, ahead.offset + ahead.size, &ahead);
    if (ahead.size > cache->memory_limit / 2 - sum
        || (i >= cache->max_threads && sum + ahead.size > AHEAD_BYTES))
      break;
    sum += ahead.size;
    if (find_entry (cache, &ahead))
      continue;
    if (!add_entry (cache, &ahead) || call_thread (cache, &ignored) == -1)
      break;
  }
}

/* The entry of BLOCK, pinned and decoded or failed; NULL with FAULT set. */
static struct entry *
get_entry (struct block_cache *cache, const struct block *block,
           struct fault *fault)
{
  struct entry *e = find_entry (cache, block);

  if (e && e->state == READY)
    cache->hits++;
  else
    cache->waits++;
  if (!e)
    e = add_entry (cache, block);
  if (!e) {
    fault_no_memory (fault, "the Block cache");
    return NULL;
  }
  e->pins++;
  if (e->state == QUEUED) {
    e->wanted = true;
    if (call_thread (cache, fault) == -1) {
      if (--e->pins == 0) {
        list_remove (&cache->queue, e);
        drop_entry (cache, e);
      }
      return NULL;
    }
  }
  return e;
}

/* Release E and note its use.  A failure is forgotten when all who waited for
 * it know; the next reader tries again. */
static void
put_entry (struct block_cache *cache, struct entry *e)
{
  const bool failed = e->state == FAILED;

  list_remove (&cache->used, e);
  e->was_read = true;
  e->stamp = cache->clock;
  if (--e->pins == 0 && failed)
    drop_entry (cache, e);
  else
    list_append (&cache->used, e);
  if (cache->queue.first)
    pthread_cond_signal (&cache->work);
}

int
block_cache_read (struct block_cache *cache, const struct block *block,
                  void *buf, size_t len, uint64_t offset, struct fault *fault)
{
  LOCK_SCOPE (&cache->lock);
  struct entry *e = get_entry (cache, block, fault);

  if (!e)
    return -1;
  if (sequential_readers_note (&cache->readers, block->offset, block->size,
                               offset))
    decode_ahead (cache, block);
  while (e->state == QUEUED || e->state == DECODING)
    pthread_cond_wait (&cache->done, &cache->lock);

  int r = 0;
  if (e->state == FAILED) {
    *fault = e->fault;
    r = -1;
  }
  else if (len > 0) {
    pthread_mutex_unlock (&cache->lock);
    memcpy (buf, e->data + (offset - block->offset), len);
    pthread_mutex_lock (&cache->lock);
  }
  put_entry (cache, e);
  return r;
}

void
block_cache_statistics (struct block_cache *cache,
                        struct image_statistics *statistics)
{
  LOCK_SCOPE (&cache->lock);
  statistics->hits += cache->hits;
  statistics->waits += cache->waits;
  statistics->decoded += cache->decoded;
  statistics->dropped += cache->dropped;
  statistics->memory += cache->memory;
  statistics->memory_peak += cache->memory_peak;
}
