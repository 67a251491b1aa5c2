/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "block-reader.h"
#include "block-stream.h"
#include "cleanup.h"
#include "hole-map.h"
#include "scan-record.h"
#include "image-ops.h"
#include "spool.h"

/* A reader waits for a whole Block to be decoded, and for nothing but the part
 * that it needs in a stream.  So large Blocks are streamed, however much memory
 * there is: this is some seconds of work for one core. */
#define WHOLE_MAX BLOCK_WHOLE_MAX
/* And a lone Block earlier, because no other Block could be decoded beside it. */
#define WHOLE_ALONE_MAX (UINT64_C (16) << 20)

/* Extents are asked for a range of at least this by those who go through a disk
 * view window by window; one Block or so is decoded for them in one call. */
#define WINDOW_MIN (UINT64_C (4) << 20)
#define LEARN_MIN (UINT64_C (4) << 20)

/* The stream of one large Block. */
struct stream_entry
{
  struct block block;
  struct block_stream *stream;
  unsigned users;               /* guarded by the reader's lock */
  struct stream_entry *next;
};

struct block_reader
{
  const struct block_source *source;
  void *opaque;
  struct scan_record *record;
  const struct image_options *options;
  bool may_spool;
  struct block_cache_user *cache;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t unused;        /* a stream lost its last user */
  struct spool *spool;          /* made when the first Block needs it */
  struct stream_entry *streams;
  uint64_t restarts;            /* of streams that are gone */
};

struct block_reader *
block_reader_new (const struct block_source *source, void *opaque,
                  struct scan_record *record, const struct image_options *options,
                  bool may_spool, struct fault *fault)
{
  struct block_reader *reader = calloc (1, sizeof *reader);

  if (!reader) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  pthread_mutex_init (&reader->lock, NULL);
  pthread_cond_init (&reader->unused, NULL);
  reader->source = source;
  reader->opaque = opaque;
  reader->record = record;
  reader->options = options;
  reader->may_spool = may_spool && options->spool_dir;
  reader->cache = block_cache_join (options->cache, source, opaque, record, fault);
  if (!reader->cache) {
    block_reader_free (reader);
    return NULL;
  }
  return reader;
}

void
block_reader_free (struct block_reader *reader)
{
  if (!reader)
    return;
  while (reader->streams) {
    struct stream_entry *e = reader->streams;

    reader->streams = e->next;
    block_stream_free (e->stream);
    free (e);
  }
  block_cache_leave (reader->cache);
  spool_close (reader->spool);
  pthread_cond_destroy (&reader->unused);
  pthread_mutex_destroy (&reader->lock);
  free (reader);
}

/* Where a Block ends, as far as that is known. */
static uint64_t
end_of (const struct block *block)
{
  return block->size == BLOCK_SIZE_UNKNOWN ? UINT64_MAX
                                           : block->offset + block->size;
}

static bool
is_streamed (const struct block_reader *reader, const struct block *block)
{
  return block->size > reader->options->memory_limit / 2
         || block->size > WHOLE_MAX
         || (block->alone && block->size > WHOLE_ALONE_MAX);
}

/* What the spool file will still grow by: everything that the running streams
 * have not decoded yet.  Called with the lock. */
static uint64_t
promised_space (struct block_reader *reader)
{
  uint64_t sum = 0;

  for (struct stream_entry *e = reader->streams; e; e = e->next) {
    bool ended;
    uint64_t position = block_stream_position (e->stream, &ended);

    if (!block_stream_is_done (e->stream)
        && e->block.size != BLOCK_SIZE_UNKNOWN)
      sum += end_of (&e->block) - position;
  }
  return sum;
}

static int
prepare_spool (struct block_reader *reader, const struct block *block,
               struct fault *fault)
{
  if (!reader->spool) {
    reader->spool = spool_open (reader->options->spool_dir, fault);
    if (!reader->spool)
      return -1;
  }
  if (block->size == BLOCK_SIZE_UNKNOWN)
    return 0;                   /* the stream does it bit by bit */
  return spool_reserve (reader->spool, block->size + promised_space (reader),
                        block->offset + block->size, fault);
}

/* A stream that must go (ring) or come to its end (spool) before another one may
 * begin, or NULL.  Called with the lock. */
static struct stream_entry *
find_obstacle (struct block_reader *reader)
{
  unsigned running = 0;
  struct stream_entry *found = NULL;

  if (!reader->may_spool)
    return reader->streams;     /* one ring is all that the memory allows */
  for (struct stream_entry *e = reader->streams; e; e = e->next)
    if (!block_stream_is_done (e->stream)) {
      running++;
      found = e;
    }
  return running >= reader->options->threads ? found : NULL;
}

static void
remove_stream (struct block_reader *reader, struct stream_entry *e)
{
  struct stream_entry **p = &reader->streams;

  while (*p != e)
    p = &(*p)->next;
  *p = e->next;
  reader->restarts += block_stream_restarts (e->stream);
  block_stream_free (e->stream);
  free (e);
}

/* Called with the lock, which is released while waiting. */
static void
clear_obstacle (struct block_reader *reader, struct stream_entry *e)
{
  struct fault ignored;         /* its own readers will hear of it */

  if (reader->may_spool) {
    e->users++;
    pthread_mutex_unlock (&reader->lock);
    block_stream_run (e->stream, UINT64_MAX, NULL, NULL, &ignored);
    pthread_mutex_lock (&reader->lock);
    if (--e->users == 0)
      pthread_cond_broadcast (&reader->unused);
  }
  else if (e->users > 0)
    pthread_cond_wait (&reader->unused, &reader->lock);
  else
    remove_stream (reader, e);
}

static struct stream_entry *
add_stream (struct block_reader *reader, const struct block *block,
            struct fault *fault)
{
  const uint64_t limit = reader->options->memory_limit;
  uint64_t decoder = reader->source->decoder_memory (reader->opaque, block);
  struct block_stream_options options = {
    .ring_size = decoder < limit ? (limit - decoder) / 2 : 0,
    .restartable = true,
    .record = reader->record,
    .cache = reader->options->cache,
  };
  struct stream_entry *e;

  if (reader->may_spool) {
    if (prepare_spool (reader, block, fault) == -1)
      return NULL;
    options.spool = reader->spool;
  }
  e = calloc (1, sizeof *e);
  if (!e) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  e->block = *block;
  e->stream = block_stream_new (reader->source, reader->opaque, block, &options,
                                fault);
  if (!e->stream) {
    free (e);
    return NULL;
  }
  e->next = reader->streams;
  reader->streams = e;
  return e;
}

static struct stream_entry *
get_stream (struct block_reader *reader, const struct block *block,
            struct fault *fault)
{
  struct stream_entry *e;

  LOCK_SCOPE (&reader->lock);
  for (;;) {
    for (e = reader->streams; e; e = e->next)
      if (e->block.offset == block->offset && e->block.size == block->size)
        break;
    if (e)
      break;
    struct stream_entry *obstacle = find_obstacle (reader);
    if (!obstacle) {
      e = add_stream (reader, block, fault);
      break;
    }
    clear_obstacle (reader, obstacle);
  }
  if (e)
    e->users++;
  return e;
}

static void
put_stream (struct block_reader *reader, struct stream_entry *e)
{
  LOCK_SCOPE (&reader->lock);
  if (--e->users == 0)
    pthread_cond_broadcast (&reader->unused);
}

/* Returns how many bytes were read: fewer than LEN only of a Block of unknown size,
 * at its end. */
static ssize_t
read_streamed (struct block_reader *reader, const struct block *block,
               void *buf, size_t len, uint64_t offset, struct fault *fault)
{
  struct stream_entry *e = get_stream (reader, block, fault);

  if (!e)
    return -1;
  ssize_t r = block_stream_read (e->stream, buf, len, offset, fault);
  put_stream (reader, e);
  if (r < 0)
    return -1;
  if ((size_t) r < len && block->size != BLOCK_SIZE_UNKNOWN)
    return fault_set (fault, EBADMSG, "a Block at %" PRIu64 " of the disk view is "
                      "shorter than it should be", block->offset);
  if (r == 0)
    return fault_set (fault, EINVAL, "byte %" PRIu64 " lies beyond the end of the "
                      "disk view", offset);
  return r;
}

/* Read up to the end of the Block that OFFSET lies in. */
static ssize_t
read_block (struct block_reader *reader, void *buf, size_t len,
            uint64_t offset, struct fault *fault)
{
  struct block block;

  reader->source->locate (reader->opaque, offset, &block);
  if (len > end_of (&block) - offset)
    len = (size_t) (end_of (&block) - offset);
  if (is_streamed (reader, &block))
    return read_streamed (reader, &block, buf, len, offset, fault);
  if (block_cache_read (reader->cache, &block, buf, len, offset, fault) == -1)
    return -1;
  return (ssize_t) len;
}

/* Whether all of a range is known to be zero. */
static bool
is_hole (struct block_reader *reader, uint64_t len, uint64_t offset)
{
  return reader->record
         && hole_map_is_zero (scan_record_holes (reader->record), offset, len);
}

static void
read_hole (struct block_reader *reader, void *buf, size_t len, uint64_t offset)
{
  struct block block;

  memset (buf, 0, len);
  reader->source->locate (reader->opaque, offset, &block);
  if (!is_streamed (reader, &block))
    block_cache_skip (reader->cache, &block, offset);
}

int
block_reader_read (struct block_reader *reader, void *buf, size_t len,
                   uint64_t offset, struct fault *fault)
{
  if (len > 0 && is_hole (reader, len, offset)) {
    read_hole (reader, buf, len, offset);
    return 0;
  }
  while (len > 0) {
    ssize_t r = read_block (reader, buf, len, offset, fault);

    if (r == -1)
      return -1;
    buf = (char *) buf + r;
    offset += (uint64_t) r;
    len -= (size_t) r;
  }
  return 0;
}

void
block_reader_prefetch (struct block_reader *reader, uint64_t count,
                       uint64_t offset)
{
  struct block block;

  if (count == 0)
    return;
  reader->source->locate (reader->opaque, offset, &block);
  if (!is_streamed (reader, &block))
    block_cache_prefetch (reader->cache, count, offset);
}

/* Have the bytes of BLOCK from OFFSET to END decoded, all of them, or of a stream
 * some.  BLOCK_CACHE_BUSY as block_cache_learn. */
static int
learn (struct block_reader *reader, const struct block *block, uint64_t offset,
       uint64_t end, struct fault *fault)
{
  char byte;

  if (!is_streamed (reader, block))
    return block_cache_learn (reader->cache, block, end - offset, offset,
                              end - offset >= WINDOW_MIN, fault);
  /* The last byte of a granule: with it all of the granule is known. */
  offset |= HOLE_GRANULE - 1;
  if (offset >= end)
    offset = end - 1;
  return read_streamed (reader, block, &byte, 1, offset, fault) == -1 ? -1 : 0;
}

/* A client that asks for the extents of so much will want the data too, or the next
 * extents: begin with all of that, by all threads. */
static void
begin_window (struct block_reader *reader, uint64_t offset, uint64_t end)
{
  struct block block;

  reader->source->locate (reader->opaque, offset, &block);
  if (end - offset >= WINDOW_MIN && !is_streamed (reader, &block))
    block_cache_begin_unknown (reader->cache, end - offset, offset);
}

/* The state of one block_reader_extents. */
struct extent_teller
{
  struct block_reader *reader;
  struct extent_walk *walk;
  uint64_t offset, end;         /* what is to be told yet */
  uint64_t guessed;             /* bytes told without knowing */
};

/* Tell what is known: false when the callback wants no more. */
static bool
tell_known (struct extent_teller *t)
{
  while (t->offset < t->end) {
    uint64_t next;
    enum hole_state state =
      hole_map_run (scan_record_holes (t->reader->record), t->offset, t->end, &next);

    if (state == HOLE_UNKNOWN)
      break;
    uint64_t offset = t->offset;
    t->offset = next;
    if (!extent_walk_emit (t->walk, offset, next - offset, state == HOLE_ZERO))
      return false;
  }
  return true;
}

/* Get to know, or guess, what is at t->offset.  *DECODED counts bytes. */
static int
find_out (struct extent_teller *t, uint64_t *decoded, struct fault *fault)
{
  struct block_reader *reader = t->reader;
  struct block block;
  uint64_t next;

  reader->source->locate (reader->opaque, t->offset, &block);
  uint64_t end = end_of (&block) < t->end ? end_of (&block) : t->end;
  int r = learn (reader, &block, t->offset, end, fault);
  if (r == -1)
    return -1;
  if (r != BLOCK_CACHE_BUSY)
    *decoded += end - t->offset;
  if (hole_map_run (scan_record_holes (reader->record), t->offset, end,
                    &next) != HOLE_UNKNOWN)
    return 0;
  uint64_t offset = t->offset;
  t->guessed += next - offset;
  t->offset = next;
  extent_walk_emit (t->walk, offset, next - offset, false);
  return 0;
}

int
block_reader_extents (struct block_reader *reader, uint64_t offset,
                      uint64_t count, struct extent_walk *walk,
                      struct fault *fault)
{
  struct extent_teller t = {
    .reader = reader, .walk = walk, .offset = offset, .end = offset + count
  };
  uint64_t decoded = 0;

  block_cache_begin_extents (reader->cache, offset);
  while (tell_known (&t) && t.offset < t.end && walk->result == 0
         && (t.offset == offset || (decoded > 0 && decoded < LEARN_MIN))) {
    if (decoded == 0)
      begin_window (reader, t.offset, t.end);
    if (find_out (&t, &decoded, fault) == -1)
      return -1;
  }
  block_cache_end_extents (reader->cache, t.offset, t.guessed);
  return 0;
}

void
block_reader_statistics (struct block_reader *reader,
                         struct image_statistics *statistics)
{
  block_cache_statistics (reader->cache, statistics);
  LOCK_SCOPE (&reader->lock);
  statistics->restarts += reader->restarts;
  for (struct stream_entry *e = reader->streams; e; e = e->next)
    statistics->restarts += block_stream_restarts (e->stream);
}
