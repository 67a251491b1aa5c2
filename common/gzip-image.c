/* SPDX-License-Identifier: MIT */
/* .gz images.  The size of the disk view and the places to enter it are known
 * only after a first pass.  It is a block-stream: readers may follow it, and what
 * has left its ring is inflated again from the access points, by block-reader. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block-reader.h"
#include "block-stream.h"
#include "gzip-access-points.h"
#include "gzip-first-pass.h"
#include "gzip-span.h"
#include "hole-map.h"
#include "image-ops.h"

/* Output between two access points, at first. */
#define SPACING (4 * 1024 * 1024)
/* Windows take at most this share of the memory limit. */
#define POINTS_SHARE 8
#define POINTS_MIN 64
#define POINTS_MAX 8192
#define RING_SHARE 4
#define RING_MAX (UINT64_C (256) << 20)

struct gzip_image
{
  struct image *im;
  struct gzip_access_points *points;
  struct gzip_first_pass *pass;
  struct block_stream *front;   /* decodes by PASS */
  struct block_reader *reader;  /* of the spans behind the front */
};

/* -- The first pass as the one Block of the front ------------------------- */

static uint64_t
front_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  (void) block;
  return GZIP_SPAN_MEMORY;
}

static void *
front_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct gzip_image *gz = opaque;

  (void) block;
  (void) fault;
  return gz->pass;              /* lives as long as the image */
}

static ssize_t
front_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return gzip_first_pass_next (decoder, buf, len, fault);
}

static void
front_stop (void *decoder)
{
  (void) decoder;
}

static const struct block_source front_source = {
  .decoder_memory = front_memory,
  .start = front_start,
  .next = front_next,
  .stop = front_stop,
};

/* -- The spans between access points -------------------------------------- */

static void
span_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct gzip_image *gz = opaque;
  uint64_t end;
  bool ended;
  uint64_t position = block_stream_position (gz->front, &ended);

  memset (block, 0, sizeof *block);
  gzip_access_points_span (gz->points, offset, &block->offset, &end);
  if (end == UINT64_MAX && ended) {
    end = position;
    block->last = true;
  }
  /* Not complete yet: nobody reads it, and it is too large to be read ahead. */
  block->size = end == UINT64_MAX ? BLOCK_SIZE_UNKNOWN : end - block->offset;
}

static uint64_t
span_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  (void) block;
  return GZIP_SPAN_MEMORY;
}

static void *
span_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct gzip_image *gz = opaque;

  return gzip_span_start (gz->im, gz->points, block->offset, fault);
}

static ssize_t
span_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return gzip_span_next (decoder, buf, len, fault);
}

static void
span_stop (void *decoder)
{
  gzip_span_stop (decoder);
}

static const struct block_source span_source = {
  .locate = span_locate,
  .decoder_memory = span_memory,
  .start = span_start,
  .next = span_next,
  .stop = span_stop,
};

/* -- The operations -------------------------------------------------------- */

static struct block_stream *
make_front (struct gzip_image *gz, struct fault *fault)
{
  const struct block whole = {
    .offset = 0, .size = BLOCK_SIZE_UNKNOWN, .last = true, .alone = true
  };
  uint64_t ring = gz->im->options.memory_limit / RING_SHARE;
  struct block_stream_options options = {
    .ring_size = ring < RING_MAX ? ring : RING_MAX,
    .record = gz->im->record,
  };

  return block_stream_new (&front_source, gz, &whole, &options, fault);
}

static int
gzip_open (struct image *im, struct fault *fault)
{
  struct gzip_image *gz = calloc (1, sizeof *gz);
  uint64_t max = im->options.memory_limit / POINTS_SHARE / GZIP_WINDOW_SIZE;

  if (!gz)
    return fault_no_memory (fault, "a gzip image");
  im->state = gz;
  gz->im = im;
  gz->points = gzip_access_points_new (max < POINTS_MIN ? POINTS_MIN
                                       : max > POINTS_MAX ? POINTS_MAX
                                       : (size_t) max, SPACING);
  if (!gz->points)
    return fault_no_memory (fault, "a gzip image");
  gz->pass = gzip_first_pass_new (im, gz->points, fault);
  if (!gz->pass)
    return -1;
  gz->front = make_front (gz, fault);
  if (!gz->front)
    return -1;
  /* Spans are small, except in files that were made to hurt. */
  gz->reader = block_reader_new (&span_source, gz, NULL, &im->options, false,
                                 fault);
  return gz->reader ? 0 : -1;
}

static void
gzip_close (struct image *im)
{
  struct gzip_image *gz = im->state;

  if (!gz)
    return;
  block_reader_free (gz->reader);
  block_stream_free (gz->front);
  gzip_first_pass_free (gz->pass);
  gzip_access_points_free (gz->points);
  free (gz);
}

static bool
gzip_peek_disk_size (struct image *im, uint64_t *size)
{
  const struct gzip_image *gz = im->state;
  bool ended;

  *size = block_stream_position (gz->front, &ended);
  return ended;
}

static int
gzip_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  const struct gzip_image *gz = im->state;

  if (block_stream_run (gz->front, UINT64_MAX, NULL, NULL, fault) == -1)
    return -1;
  gzip_peek_disk_size (im, size);
  return 0;
}

/* Let the front go on until the disk view reaches END, or show that it does not
 * reach so far. */
static int
reach (struct gzip_image *gz, uint64_t len, uint64_t offset,
       struct fault *fault)
{
  uint64_t end = offset + len;
  bool ended;

  if (end < offset || end > DISK_SIZE_MAX)
    return image_check_range (DISK_SIZE_MAX, len, offset, fault);
  if (end > 0
      && block_stream_run (gz->front, end - 1, NULL, NULL, fault) == -1)
    return -1;
  uint64_t position = block_stream_position (gz->front, &ended);
  if (ended)
    return image_check_range (position, len, offset, fault);
  return 0;
}

/* Read what the front's ring has dropped.  The span that it lies in must be
 * complete. */
static int
read_behind (struct gzip_image *gz, void *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  while (len > 0) {
    struct block block;
    uint64_t left;

    for (;;) {
      bool ended;
      uint64_t position = block_stream_position (gz->front, &ended);

      span_locate (gz, offset, &block);
      if (block.size != BLOCK_SIZE_UNKNOWN)
        break;
      if (block_stream_run (gz->front, position + SPACING, NULL, NULL,
                            fault) == -1)
        return -1;
    }
    left = block.offset + block.size - offset;
    size_t n = len < left ? len : (size_t) left;
    if (block_reader_read (gz->reader, buf, n, offset, fault) == -1)
      return -1;
    buf = (char *) buf + n;
    offset += n;
    len -= n;
  }
  return 0;
}

static int
gzip_pread (struct image *im, void *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  struct gzip_image *gz = im->state;
  char *p = buf;
  ssize_t r;

  if (offset + len < offset || offset + len > DISK_SIZE_MAX)
    return image_check_range (DISK_SIZE_MAX, len, offset, fault);
  r = block_stream_read (gz->front, p, len, offset, fault);
  if (r == -1)
    return -1;
  if (r == BLOCK_STREAM_GONE)
    r = 0;
  if ((size_t) r == len)
    return 0;
  /* What is missing is either behind the front, or beyond the end. */
  if (reach (gz, len, offset, fault) == -1)
    return -1;
  return read_behind (gz, p + r, len - (size_t) r, offset + (uint64_t) r, fault);
}

static int
gzip_extents (struct image *im, uint64_t offset, uint64_t count,
              struct extent_walk *walk, struct fault *fault)
{
  struct gzip_image *gz = im->state;
  const uint64_t end = offset + count;

  if (reach (gz, count, offset, fault) == -1)
    return -1;
  while (offset < end) {
    uint64_t next;
    enum hole_state state = hole_map_run (scan_record_holes (im->record), offset, end, &next);

    if (!extent_walk_emit (walk, offset, next - offset, state == HOLE_ZERO))
      break;
    offset = next;
  }
  return 0;
}

struct scan_poll
{
  struct gzip_image *gz;
  struct scan_run *run;
  struct fault fault;
};

static int
poll_scan (void *opaque)
{
  struct scan_poll *poll = opaque;

  return scan_run_progress (poll->run,
                            gzip_first_pass_stored_done (poll->gz->pass),
                            &poll->fault);
}

/* The first pass is a full scan.  If it has been made already, its verdict
 * holds: the file has not changed since. */
static int
gzip_scan (struct image *im, struct scan_run *run,
           struct image_scan_result *result, struct fault *fault)
{
  struct gzip_image *gz = im->state;
  struct scan_poll poll = { .gz = gz, .run = run };

  if (block_stream_run (gz->front, UINT64_MAX, poll_scan, &poll, fault) == -1)
    return -1;
  gzip_peek_disk_size (im, &result->disk_size);
  gzip_first_pass_digest (gz->pass, result->stored_digest);
  strcpy (result->check, "crc32");
  if (*gzip_first_pass_note (gz->pass))
    scan_result_note (result, "%s", gzip_first_pass_note (gz->pass));
  return scan_run_progress (run, run->total, fault);
}

static void
gzip_statistics (struct image *im, struct image_statistics *statistics)
{
  const struct gzip_image *gz = im->state;

  block_reader_statistics (gz->reader, statistics);
  statistics->memory += block_stream_memory (gz->front);
}

const struct image_ops gzip_image_ops = {
  .open = gzip_open,
  .close = gzip_close,
  .disk_size = gzip_disk_size,
  .peek_disk_size = gzip_peek_disk_size,
  .pread = gzip_pread,
  .extents = gzip_extents,
  .scan = gzip_scan,
  .statistics = gzip_statistics,
};
