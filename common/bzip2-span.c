/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "bzip2-block.h"
#include "bzip2-points.h"
#include "bzip2-span.h"
#include "bzip2-stream.h"
#include "image-ops.h"

struct bzip2_span
{
  const struct image *im;
  uint64_t bit;                 /* of the next block */
  unsigned level;               /* of its stream */
  bool stream_ends;             /* there is none: the stream ends at BIT */
  uint64_t left;                /* bytes still to come */
  struct bzip2_block *block;    /* NULL: the next one is to be begun */
};

struct bzip2_span *
bzip2_span_start (const struct image *im, const struct bzip2_point *point,
                  uint64_t size, struct fault *fault)
{
  struct bzip2_span *s = calloc (1, sizeof *s);

  if (!s) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  s->im = im;
  s->level = point->level;
  s->bit = point->bit;
  s->left = size;
  return s;
}

void
bzip2_span_stop (struct bzip2_span *s)
{
  if (!s)
    return;
  bzip2_block_stop (s->block);
  free (s);
}

static int
unexpected (const struct bzip2_span *s, struct fault *fault)
{
  return fault_set (fault, EIO, "the data near byte %" PRIu64 " read differently "
                    "than the first time", s->bit / 8);
}

/* Over the end of a stream, and of empty ones behind it. */
static int
next_stream (struct bzip2_span *s, struct fault *fault)
{
  while (s->stream_ends) {
    struct bzip2_stream next;
    uint32_t crc;

    if (bzip2_stream_end (s->im, s->bit, &crc, &next.offset, fault) == -1)
      return -1;
    int r = bzip2_stream_begin (s->im, &next, fault);
    if (r != 1)
      return r == -1 ? -1 : unexpected (s, fault);
    s->bit = next.bit;
    s->level = next.level;
    s->stream_ends = next.is_empty;
  }
  return 0;
}

/* The next bytes of the current block; 0: it has ended. */
static ssize_t
next_of_block (struct bzip2_span *s, void *buf, size_t len, struct fault *fault)
{
  if (!s->block) {
    if (next_stream (s, fault) == -1)
      return -1;
    s->block = bzip2_block_start (s->im, s->bit, s->level, fault);
    if (!s->block)
      return -1;
    s->bit = bzip2_block_end (s->block, &s->stream_ends);
  }
  ssize_t n = bzip2_block_next (s->block, buf, len, fault);
  if (n >= 0 && (size_t) n < len) {
    bzip2_block_stop (s->block);
    s->block = NULL;
  }
  return n;
}

ssize_t
bzip2_span_next (struct bzip2_span *s, void *buf, size_t len,
                 struct fault *fault)
{
  size_t done = 0;
  char byte;

  while (done < len) {
    ssize_t n = next_of_block (s, (char *) buf + done, len - done, fault);

    if (n == -1)
      return -1;
    done += (size_t) n;
  }
  s->left -= len;
  if (s->left == 0 && s->block) {
    ssize_t n = next_of_block (s, &byte, 1, fault);

    if (n != 0)
      return n == -1 ? -1 : unexpected (s, fault);
  }
  return (ssize_t) len;
}
