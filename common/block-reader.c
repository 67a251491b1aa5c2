/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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
#define WHOLE_MAX (UINT64_C (256) << 20)
/* And a lone Block earlier, because no other Block could be decoded beside it. */
#define WHOLE_ALONE_MAX (UINT64_C (16) << 20)

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
  struct block_cache *cache;

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
  reader->cache = block_cache_new (source, opaque, record, options->memory_limit,
                                   options->threads, fault);
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
  block_cache_free (reader->cache);
  spool_close (reader->spool);
  pthread_cond_destroy (&reader->unused);
  pthread_mutex_destroy (&reader->lock);
  free (reader);
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

    if (!block_stream_is_done (e->stream))
      sum += e->block.offset + e->block.size - position;
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

static int
read_streamed (struct block_reader *reader, const struct block *block,
               void *buf, size_t len, uint64_t offset, struct fault *fault)
{
  struct stream_entry *e = get_stream (reader, block, fault);

  if (!e)
    return -1;
  ssize_t r = block_stream_read (e->stream, buf, len, offset, fault);
  put_stream (reader, e);
  if (r >= 0 && (size_t) r < len)
    return fault_set (fault, EBADMSG, "a Block is shorter than it should be");
  return r < 0 ? -1 : 0;
}

int
block_reader_read (struct block_reader *reader, void *buf, size_t len,
                   uint64_t offset, struct fault *fault)
{
  while (len > 0) {
    struct block block;
    int r;

    reader->source->locate (reader->opaque, offset, &block);
    uint64_t left = block.offset + block.size - offset;
    size_t n = len < left ? len : (size_t) left;

    if (is_streamed (reader, &block))
      r = read_streamed (reader, &block, buf, n, offset, fault);
    else
      r = block_cache_read (reader->cache, &block, buf, n, offset, fault);
    if (r == -1)
      return -1;
    buf = (char *) buf + n;
    offset += n;
    len -= n;
  }
  return 0;
}

/* Have the bytes at OFFSET decoded, for the sake of the hole map. */
static int
learn (struct block_reader *reader, const struct block *block, uint64_t offset,
       struct fault *fault)
{
  char byte;

  if (!is_streamed (reader, block))
    return block_cache_read (reader->cache, block, NULL, 0, offset, fault);
  return read_streamed (reader, block, &byte, 1, offset, fault);
}

/* The extents of a range within one Block.  1: the callback wants no more. */
static int
walk_block (struct block_reader *reader, const struct block *block,
            uint64_t offset, uint64_t end, struct extent_walk *walk,
            struct fault *fault)
{
  while (offset < end) {
    uint64_t next;
    enum hole_state state = hole_map_run (scan_record_holes (reader->record), offset, end, &next);

    if (state == HOLE_UNKNOWN) {
      if (learn (reader, block, offset, fault) == -1)
        return -1;
      continue;
    }
    if (!extent_walk_emit (walk, offset, next - offset, state == HOLE_ZERO))
      return 1;
    offset = next;
  }
  return 0;
}

int
block_reader_extents (struct block_reader *reader, uint64_t offset,
                      uint64_t count, struct extent_walk *walk,
                      struct fault *fault)
{
  const uint64_t end = offset + count;
  int r = 0;

  while (offset < end && r == 0) {
    struct block block;

    reader->source->locate (reader->opaque, offset, &block);
    uint64_t block_end = block.offset + block.size;
    uint64_t stop = block_end < end ? block_end : end;

    r = walk_block (reader, &block, offset, stop, walk, fault);
    offset = stop;
  }
  return r == -1 ? -1 : 0;
}

void
block_reader_statistics (struct block_reader *reader,
                         struct image_statistics *statistics)
{
  block_cache_statistics (reader->cache, statistics);
  LOCK_SCOPE (&reader->lock);
  statistics->restarts += reader->restarts;
  for (struct stream_entry *e = reader->streams; e; e = e->next) {
    statistics->restarts += block_stream_restarts (e->stream);
    statistics->memory += block_stream_memory (e->stream);
  }
}
