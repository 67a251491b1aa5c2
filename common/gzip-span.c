/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "cleanup.h"
#include "gzip-access-points.h"
#include "gzip-span.h"
#include "image-ops.h"

#define BUFFER_SIZE (64 * 1024)
#define SKIP_STEP (64 * 1024)
#define GZIP_FORMAT (16 + MAX_WBITS)
#define RAW_DEFLATE (-MAX_WBITS)
#define TRAILER_SIZE 8          /* CRC32 and length */

struct gzip_span_decoder
{
  const struct image *im;
  z_stream strm;
  bool inflating;               /* STRM is initialized */
  bool raw;                     /* entered in the middle of a member */
  uint64_t read_offset;         /* stored offset behind the bytes in BUF */
  unsigned char buf[BUFFER_SIZE];
};

static int
fill_input (struct gzip_span_decoder *d, struct fault *fault)
{
  uint64_t left = d->im->stored_size - d->read_offset;
  size_t n = left < BUFFER_SIZE ? (size_t) left : BUFFER_SIZE;

  if (n > 0 && image_read_stored (d->im, d->buf, n, d->read_offset, fault) == -1)
    return -1;
  d->read_offset += n;
  d->strm.next_in = d->buf;
  d->strm.avail_in = (uInt) n;
  return 0;
}

static int
unexpected (const struct gzip_span_decoder *d, struct fault *fault)
{
  /* The first pass has seen these bytes and they were good. */
  return fault_set (fault, EIO, "the data before byte %" PRIu64 " read "
                    "differently than the first time", d->read_offset);
}

/* Give zlib what the point keeps. */
static int
enter (struct gzip_span_decoder *d, const struct gzip_access_point *point,
       struct fault *fault)
{
  d->raw = !point->member_start;
  d->read_offset = point->stored_offset;
  if (inflateInit2 (&d->strm, d->raw ? RAW_DEFLATE : GZIP_FORMAT) != Z_OK)
    return fault_no_memory (fault, "a decoder");
  d->inflating = true;
  if (point->bits > 0) {
    unsigned char byte;

    if (image_read_stored (d->im, &byte, 1, point->stored_offset - 1,
                           fault) == -1)
      return -1;
    if (inflatePrime (&d->strm, (int) point->bits,
                      byte >> (8 - point->bits)) != Z_OK)
      return unexpected (d, fault);
  }
  if (point->window_size > 0
      && inflateSetDictionary (&d->strm, point->window,
                               (uInt) point->window_size) != Z_OK)
    return unexpected (d, fault);
  return 0;
}

/* Inflate up to DISK_OFFSET and forget it.  There is something to skip only when
 * a point was thinned out since the caller asked for its span. */
static int
skip (struct gzip_span_decoder *d, uint64_t count, struct fault *fault)
{
  CLEANUP_FREE char *buf = count > 0 ? malloc (SKIP_STEP) : NULL;

  if (count > 0 && !buf)
    return fault_no_memory (fault, "a decoder");
  while (count > 0) {
    size_t n = count < SKIP_STEP ? (size_t) count : SKIP_STEP;

    if (gzip_span_next (d, buf, n, fault) == -1)
      return -1;
    count -= n;
  }
  return 0;
}

struct gzip_span_decoder *
gzip_span_start (const struct image *im, struct gzip_access_points *points,
                 uint64_t disk_offset, struct fault *fault)
{
  struct gzip_span_decoder *d = calloc (1, sizeof *d);
  CLEANUP_FREE struct gzip_access_point *point = malloc (sizeof *point);

  if (!d || !point || !gzip_access_points_get (points, disk_offset, point)) {
    free (d);
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  d->im = im;
  if (enter (d, point, fault) == -1
      || skip (d, disk_offset - point->disk_offset, fault) == -1) {
    gzip_span_stop (d);
    return NULL;
  }
  return d;
}

void
gzip_span_stop (struct gzip_span_decoder *d)
{
  if (!d)
    return;
  if (d->inflating)
    inflateEnd (&d->strm);
  free (d);
}

/* A member has ended and more is wanted: go to the next one. */
static int
next_member (struct gzip_span_decoder *d, struct fault *fault)
{
  size_t skip_bytes = d->raw ? TRAILER_SIZE : 0;

  while (skip_bytes > 0) {
    if (d->strm.avail_in == 0 && fill_input (d, fault) == -1)
      return -1;
    if (d->strm.avail_in == 0)
      return unexpected (d, fault);
    size_t n = d->strm.avail_in < skip_bytes ? d->strm.avail_in : skip_bytes;
    d->strm.next_in += n;
    d->strm.avail_in -= (uInt) n;
    skip_bytes -= n;
  }
  d->raw = false;
  if (inflateReset2 (&d->strm, GZIP_FORMAT) != Z_OK)
    return unexpected (d, fault);
  return 0;
}

ssize_t
gzip_span_next (struct gzip_span_decoder *d, void *buf, size_t len,
                struct fault *fault)
{
  d->strm.next_out = buf;
  d->strm.avail_out = (uInt) len;
  while (d->strm.avail_out > 0) {
    if (d->strm.avail_in == 0 && fill_input (d, fault) == -1)
      return -1;
    if (d->strm.avail_in == 0)
      return unexpected (d, fault);
    int ret = inflate (&d->strm, Z_NO_FLUSH);
    if (ret == Z_STREAM_END && d->strm.avail_out > 0) {
      if (next_member (d, fault) == -1)
        return -1;
    }
    else if (ret == Z_MEM_ERROR)
      return fault_no_memory (fault, "a decoder");
    else if (ret != Z_OK && ret != Z_BUF_ERROR && ret != Z_STREAM_END)
      return unexpected (d, fault);
  }
  return (ssize_t) len;
}
