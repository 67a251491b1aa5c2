/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cleanup.h"
#include "deflate-span.h"
#include "image-ops.h"

#define SKIP_STEP (64 * 1024)

struct deflate_span
{
  const struct image *im;
  const struct deflate_framing *framing;
  struct inflater *inflater;
  struct deflate_input in;
};

size_t
deflate_span_memory (void)
{
  return sizeof (struct deflate_span) + inflater_memory ();
}

static int
unexpected (const struct deflate_span *span, struct fault *fault)
{
  /* The first pass has seen these bytes and they were good. */
  return fault_set (fault, EIO, "the data before byte %" PRIu64 " read "
                    "differently than the first time", span->in.read_offset);
}

/* Give the inflater what the point keeps. */
static int
enter (struct deflate_span *span, const struct access_point *point,
       struct fault *fault)
{
  unsigned char byte = 0;

  deflate_input_start (&span->in, span->im, NULL, point->stored_offset);
  if (point->bits > 0
      && image_read_stored (span->im, &byte, 1, point->stored_offset - 1,
                            fault) == -1)
    return -1;
  if (!inflater_start (span->inflater, point->window, point->window_size,
                       point->bits, byte))
    return fault_no_memory (fault, "a decoder");
  return 0;
}

/* Inflate COUNT bytes and forget them.  There is something to skip only when a
 * point was thinned out since the caller asked for its span. */
static int
skip (struct deflate_span *span, uint64_t count, struct fault *fault)
{
  CLEANUP_FREE char *buf = count > 0 ? malloc (SKIP_STEP) : NULL;

  if (count > 0 && !buf)
    return fault_no_memory (fault, "a decoder");
  while (count > 0) {
    size_t n = count < SKIP_STEP ? (size_t) count : SKIP_STEP;

    if (deflate_span_next (span, buf, n, fault) == -1)
      return -1;
    count -= n;
  }
  return 0;
}

struct deflate_span *
deflate_span_start (const struct image *im,
                    const struct deflate_framing *framing,
                    struct access_points *points, uint64_t disk_offset,
                    struct fault *fault)
{
  struct deflate_span *span = malloc (sizeof *span);
  CLEANUP_FREE struct access_point *point = malloc (sizeof *point);

  if (span) {
    span->im = im;
    span->framing = framing;
    span->inflater = inflater_new ();
  }
  if (!span || !span->inflater || !point
      || !access_points_get (points, disk_offset, point)) {
    deflate_span_stop (span);
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  if (enter (span, point, fault) == -1
      || skip (span, disk_offset - point->disk_offset, fault) == -1) {
    deflate_span_stop (span);
    return NULL;
  }
  return span;
}

void
deflate_span_stop (struct deflate_span *span)
{
  if (!span)
    return;
  inflater_free (span->inflater);
  free (span);
}

/* A stream has ended and more is wanted: go to the next one. */
static int
next_stream (struct deflate_span *span, struct fault *fault)
{
  int r = span->framing->skip (&span->in, fault);

  if (r == -1)
    return -1;
  if (r == 0)
    return unexpected (span, fault);
  if (!inflater_start (span->inflater, NULL, 0, 0, 0))
    return fault_no_memory (fault, "a decoder");
  return 0;
}

/* One call of the inflater. */
static int
inflate_some (struct deflate_span *span, struct inflater_io *io,
              struct fault *fault)
{
  if (span->in.avail == 0 && deflate_input_fill (&span->in, fault) == -1)
    return -1;
  const size_t in = span->in.avail, out = io->avail_out;

  io->next_in = span->in.next;
  io->avail_in = in;
  enum inflater_result result = inflater_run (span->inflater, io, false);
  span->in.next = io->next_in;
  span->in.avail = io->avail_in;
  if (result == INFLATER_END)
    return io->avail_out > 0 ? next_stream (span, fault) : 0;
  if (result == INFLATER_NO_MEMORY)
    return fault_no_memory (fault, "a decoder");
  if (result == INFLATER_DAMAGED || (io->avail_in == in && io->avail_out == out))
    return unexpected (span, fault);
  return 0;
}

ssize_t
deflate_span_next (struct deflate_span *span, void *buf, size_t len,
                   struct fault *fault)
{
  struct inflater_io io = { .next_out = buf, .avail_out = len };

  while (io.avail_out > 0)
    if (inflate_some (span, &io, fault) == -1)
      return -1;
  return (ssize_t) len;
}
