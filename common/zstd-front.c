/* SPDX-License-Identifier: MIT */
/* The span is the one Block of a block-stream. */

#include <config.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "block-stream.h"
#include "image-ops.h"
#include "spool.h"
#include "zstd-front.h"
#include "zstd-span.h"

struct zstd_front
{
  struct image *im;
  struct zstd_span span;
  struct spool *spool;          /* NULL: nothing is kept */
  struct block_stream *stream;
  atomic_uint_least64_t stored_done;
};

struct front_decoder
{
  struct zstd_front *front;
  struct zstd_span_decoder *span;
};

static uint64_t
front_memory (void *opaque, const struct block *block)
{
  const struct zstd_front *front = opaque;

  (void) block;
  return zstd_span_memory (&front->span);
}

static void
front_stop (void *decoder)
{
  struct front_decoder *d = decoder;

  if (!d)
    return;
  zstd_span_stop (d->span);
  free (d);
}

static void *
front_start (void *opaque, const struct block *block, struct fault *fault)
{
  struct zstd_front *front = opaque;
  struct front_decoder *d = calloc (1, sizeof *d);

  (void) block;
  if (!d) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  d->front = front;
  d->span = zstd_span_start (front->im, &front->span, fault);
  if (d->span)
    return d;
  free (d);
  return NULL;
}

static ssize_t
front_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  struct front_decoder *d = decoder;

  ssize_t n = zstd_span_next (d->span, buf, len, fault);
  atomic_store (&d->front->stored_done, zstd_span_stored_done (d->span));
  return n;
}

static const struct block_source front_source = {
  .decoder_memory = front_memory,
  .start = front_start,
  .next = front_next,
  .stop = front_stop,
};

struct zstd_front *
zstd_front_new (struct image *im, const struct zstd_span *span,
                struct fault *fault)
{
  const struct block whole = {
    .size = BLOCK_SIZE_UNKNOWN, .last = true, .alone = true
  };
  struct block_stream_options options = {
    .record = im->record, .cache = im->options.cache
  };
  struct zstd_front *front = calloc (1, sizeof *front);

  if (!front) {
    fault_no_memory (fault, "a zstd image");
    return NULL;
  }
  front->im = im;
  front->span = *span;
  if (im->options.spool_dir) {
    front->spool = options.spool = spool_open (im->options.spool_dir, fault);
    if (!front->spool) {
      zstd_front_free (front);
      return NULL;
    }
  }
  front->stream = block_stream_new (&front_source, front, &whole, &options, fault);
  if (front->stream)
    return front;
  zstd_front_free (front);
  return NULL;
}

void
zstd_front_free (struct zstd_front *front)
{
  if (!front)
    return;
  block_stream_free (front->stream);
  spool_close (front->spool);
  free (front);
}

struct front_poll
{
  struct zstd_front *front;
  int (*poll) (void *poll_opaque, uint64_t done);
  void *poll_opaque;
};

static int
poll_front (void *opaque)
{
  struct front_poll *p = opaque;

  return p->poll (p->poll_opaque, atomic_load (&p->front->stored_done));
}

int
zstd_front_run (struct zstd_front *front, int (*poll) (void *, uint64_t),
                void *poll_opaque, uint64_t *size, struct fault *fault)
{
  struct front_poll p = { front, poll, poll_opaque };
  bool ended;

  if (block_stream_run (front->stream, UINT64_MAX, poll ? poll_front : NULL, &p,
                        fault) == -1)
    return -1;
  *size = block_stream_position (front->stream, &ended);
  return 0;
}

int
zstd_front_read (struct zstd_front *front, void *buf, size_t len,
                 uint64_t offset, struct fault *fault)
{
  if (!front->spool)
    return 0;
  return spool_read (front->spool, buf, len, offset, fault) == -1 ? -1 : 1;
}

void
zstd_front_statistics (struct zstd_front *front,
                       struct image_statistics *statistics)
{
  statistics->memory += block_stream_memory (front->stream);
}
