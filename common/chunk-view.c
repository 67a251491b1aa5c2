/* SPDX-License-Identifier: MIT */
/* A chunk is a Block to block-reader, and its decoder is the chunk, fetched. */

#include <config.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "block-reader.h"
#include "chunk-view.h"
#include "digest.h"
#include "image.h"

#define MEMORY_MIN (UINT64_C (4) << 20)

struct chunk_view
{
  chunk_fetch fetch;            /* constant, as are all but SIZE */
  void *opaque;
  struct image_options options; /* of READER; the cache is owned */
  struct block_reader *reader;
  atomic_uint_least64_t size;
};

struct fetched_chunk
{
  size_t given;                 /* bytes handed out */
  char data[];
};

static void
source_locate (void *opaque, uint64_t offset, struct block *block)
{
  struct chunk_view *view = opaque;
  const uint64_t size = atomic_load (&view->size);
  const uint64_t left = size - offset / DIGEST_CHUNK * DIGEST_CHUNK;

  block->number = offset / DIGEST_CHUNK;
  block->offset = block->number * DIGEST_CHUNK;
  block->size = left < DIGEST_CHUNK ? left : DIGEST_CHUNK;
  block->last = left <= DIGEST_CHUNK;
  block->alone = false;
}

static uint64_t
source_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  return sizeof (struct fetched_chunk) + block->size;
}

static void *
source_start (void *opaque, const struct block *block, struct fault *fault)
{
  struct chunk_view *view = opaque;
  const size_t len = (size_t) block->size;
  struct fetched_chunk *chunk = malloc (sizeof *chunk + len);

  if (!chunk) {
    fault_no_memory (fault, "a chunk of the image");
    return NULL;
  }
  chunk->given = 0;
  if (view->fetch (view->opaque, chunk->data, len, block->offset, fault) == 0)
    return chunk;
  free (chunk);
  return NULL;
}

static ssize_t
source_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  struct fetched_chunk *chunk = decoder;

  (void) fault;
  memcpy (buf, chunk->data + chunk->given, len);
  chunk->given += len;
  return (ssize_t) len;
}

static void
source_stop (void *decoder)
{
  free (decoder);
}

/* The fetch has refused what is not good. */
static const struct block_source chunk_source = {
  .proven = true,
  .fleeting = true,
  .locate = source_locate,
  .decoder_memory = source_memory,
  .start = source_start,
  .next = source_next,
  .stop = source_stop,
};

struct chunk_view *
chunk_view_new (chunk_fetch fetch, void *opaque,
                const struct chunk_view_options *options, struct fault *fault)
{
  struct chunk_view *view = calloc (1, sizeof *view);

  if (!view) {
    fault_no_memory (fault, "a view of the image");
    return NULL;
  }
  view->fetch = fetch;
  view->opaque = opaque;
  view->options.memory_limit = options->memory > MEMORY_MIN ? options->memory
                                                            : MEMORY_MIN;
  view->options.threads = options->threads;
  view->options.cache = block_cache_new (view->options.memory_limit,
                                         view->options.threads, fault);
  if (view->options.cache)
    view->reader = block_reader_new (&chunk_source, view, options->record,
                                     &view->options, false, fault);
  if (view->reader)
    return view;
  chunk_view_free (view);
  return NULL;
}

void
chunk_view_free (struct chunk_view *view)
{
  if (!view)
    return;
  block_reader_free (view->reader);
  block_cache_free (view->options.cache);
  free (view);
}

void
chunk_view_set_size (struct chunk_view *view, uint64_t size)
{
  atomic_store (&view->size, size);
}

int
chunk_view_read (struct chunk_view *view, void *buf, size_t len, uint64_t offset,
                 struct fault *fault)
{
  return block_reader_read (view->reader, buf, len, offset, fault);
}

void
chunk_view_prefetch (struct chunk_view *view, uint64_t count, uint64_t offset)
{
  block_reader_prefetch (view->reader, count, offset);
}

int
chunk_view_extents (struct chunk_view *view, uint64_t offset, uint64_t count,
                    struct extent_walk *walk, struct fault *fault)
{
  return block_reader_extents (view->reader, offset, count, walk, fault);
}

void
chunk_view_statistics (struct chunk_view *view,
                       struct image_statistics *statistics)
{
  block_reader_statistics (view->reader, statistics);
}
