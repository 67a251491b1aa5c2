/* SPDX-License-Identifier: MIT */
/* .bz2 images.  The size of the disk view and the blocks at which it can be
 * entered are known only after a first pass, which is the full scan too; after
 * that the stretches between points are Blocks that block-reader decodes. */

#include <config.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block-reader.h"
#include "bzip2-block.h"
#include "bzip2-first-pass.h"
#include "bzip2-points.h"
#include "bzip2-span.h"
#include "cleanup.h"
#include "image-ops.h"

struct bzip2_image
{
  struct image *im;
  struct bzip2_first_pass *pass;
  struct block_reader *reader;

  pthread_mutex_t lock;         /* guards the rest, which is constant when
                                 * there are POINTS */
  struct bzip2_points *points;  /* NULL: not known yet */
  struct bzip2_verdict verdict;
};

/* -- The stretches as Blocks ---------------------------------------------- */

static void
source_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct bzip2_image *bz = opaque;
  const size_t nr = bzip2_points_nr (bz->points);
  const size_t i = bzip2_points_locate (bz->points, offset);
  const uint64_t end = i + 1 < nr
                       ? bzip2_points_get (bz->points, i + 1)->disk_offset
                       : bz->verdict.disk_size;

  block->number = i;
  block->offset = bzip2_points_get (bz->points, i)->disk_offset;
  block->size = end - block->offset;
  block->last = i + 1 == nr;
  block->alone = nr == 1;
}

static uint64_t
source_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  (void) block;
  return BZIP2_BLOCK_MEMORY;
}

static void *
source_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct bzip2_image *bz = opaque;

  return bzip2_span_start (bz->im,
                           bzip2_points_get (bz->points, (size_t) block->number),
                           block->size, fault);
}

static ssize_t
source_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return bzip2_span_next (decoder, buf, len, fault);
}

static void
source_stop (void *decoder)
{
  bzip2_span_stop (decoder);
}

static const struct block_source bzip2_source = {
  .proven = true,
  .locate = source_locate,
  .decoder_memory = source_memory,
  .start = source_start,
  .next = source_next,
  .stop = source_stop,
};

/* -- The operations ------------------------------------------------------- */

static int
bzip2_open (struct image *im, struct fault *fault)
{
  struct bzip2_image *bz = calloc (1, sizeof *bz);

  if (!bz)
    return fault_no_memory (fault, "a bzip2 image");
  im->state = bz;
  bz->im = im;
  pthread_mutex_init (&bz->lock, NULL);
  bz->pass = bzip2_first_pass_new (im);
  if (!bz->pass)
    return fault_no_memory (fault, "a bzip2 image");
  /* Stretches are small: only a file that was made to hurt has large ones. */
  bz->reader = block_reader_new (&bzip2_source, bz, im->record, &im->options,
                                 false, fault);
  return bz->reader ? 0 : -1;
}

static void
bzip2_close (struct image *im)
{
  struct bzip2_image *bz = im->state;

  if (!bz)
    return;
  block_reader_free (bz->reader);
  bzip2_first_pass_free (bz->pass);
  bzip2_points_free (bz->points);
  pthread_mutex_destroy (&bz->lock);
  free (bz);
}

static bool
is_known (struct bzip2_image *bz)
{
  LOCK_SCOPE (&bz->lock);
  return bz->points != NULL;
}

/* See to it that points and verdict are known. */
static int
learn (struct bzip2_image *bz, int (*poll) (void *, uint64_t),
       void *poll_opaque, struct fault *fault)
{
  if (is_known (bz))
    return 0;
  if (bzip2_first_pass_run (bz->pass, poll, poll_opaque, fault) == -1)
    return -1;
  LOCK_SCOPE (&bz->lock);
  if (!bz->points) {
    bzip2_first_pass_verdict (bz->pass, &bz->verdict);
    bz->points = bzip2_first_pass_take_points (bz->pass);
  }
  return 0;
}

static bool
bzip2_peek_disk_size (struct image *im, uint64_t *size)
{
  struct bzip2_image *bz = im->state;

  if (!is_known (bz))
    return false;
  *size = bz->verdict.disk_size;
  return true;
}

static int
bzip2_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  struct bzip2_image *bz = im->state;

  if (learn (bz, NULL, NULL, fault) == -1)
    return -1;
  *size = bz->verdict.disk_size;
  return 0;
}

static int
bzip2_pread (struct image *im, void *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  struct bzip2_image *bz = im->state;

  if (learn (bz, NULL, NULL, fault) == -1
      || image_check_range (bz->verdict.disk_size, len, offset, fault) == -1)
    return -1;
  return block_reader_read (bz->reader, buf, len, offset, fault);
}

static int
bzip2_extents (struct image *im, uint64_t offset, uint64_t count,
               struct extent_walk *walk, struct fault *fault)
{
  struct bzip2_image *bz = im->state;

  if (learn (bz, NULL, NULL, fault) == -1
      || image_check_range (bz->verdict.disk_size, count, offset, fault) == -1)
    return -1;
  return block_reader_extents (bz->reader, offset, count, walk, fault);
}

struct scan_poll
{
  struct scan_run *run;
  struct fault fault;
};

static int
poll_scan (void *opaque, uint64_t done)
{
  struct scan_poll *poll = opaque;

  return scan_run_progress (poll->run, done, &poll->fault);
}

/* The first pass is a full scan, and its verdict holds: the file has not
 * changed since. */
static int
bzip2_scan (struct image *im, struct scan_run *run,
            struct image_scan_result *result, struct fault *fault)
{
  struct bzip2_image *bz = im->state;
  struct scan_poll poll = { .run = run };

  if (learn (bz, poll_scan, &poll, fault) == -1)
    return -1;
  result->disk_size = bz->verdict.disk_size;
  memcpy (result->stored_digest, bz->verdict.stored_digest, DIGEST_SIZE);
  strcpy (result->check, "crc32");
  if (bz->verdict.trailing > 0)
    scan_result_note (result, "%" PRIu64 " bytes after the last bzip2 stream, from "
                      "byte %" PRIu64 " on, are no stream and were ignored",
                      bz->verdict.trailing,
                      im->stored_size - bz->verdict.trailing);
  return scan_run_progress (run, run->total, fault);
}

static void
bzip2_statistics (struct image *im, struct image_statistics *statistics)
{
  const struct bzip2_image *bz = im->state;

  block_reader_statistics (bz->reader, statistics);
}

static void
bzip2_prefetch (struct image *im, uint64_t count, uint64_t offset)
{
  const struct bzip2_image *bz = im->state;
  struct fault ignored;
  uint64_t size;

  if (bzip2_peek_disk_size (im, &size)
      && image_check_range (size, count, offset, &ignored) == 0)
    block_reader_prefetch (bz->reader, count, offset);
}

/* -- The remembered scan -------------------------------------------------- */

static void
bzip2_save (struct image *im, struct scan_writer *w)
{
  struct bzip2_image *bz = im->state;

  LOCK_SCOPE (&bz->lock);
  if (!bz->points) {
    w->failed = true;           /* there is nothing to remember yet */
    return;
  }
  scan_writer_u64 (w, bz->verdict.trailing);
  scan_writer_bytes (w, bz->verdict.stored_digest, DIGEST_SIZE);
  bzip2_points_save (bz->points, w);
}

static bool
bzip2_load (struct image *im, struct scan_reader *r, uint64_t disk_size)
{
  struct bzip2_image *bz = im->state;
  const uint64_t trailing = scan_reader_u64 (r);
  const void *digest = scan_reader_bytes (r, DIGEST_SIZE);

  LOCK_SCOPE (&bz->lock);
  if (!digest || trailing >= im->stored_size || bz->points)
    return false;
  bz->points = bzip2_points_load (im, r, disk_size);
  if (!bz->points)
    return false;
  bz->verdict.disk_size = disk_size;
  bz->verdict.trailing = trailing;
  memcpy (bz->verdict.stored_digest, digest, DIGEST_SIZE);
  return true;
}

const struct image_ops bzip2_image_ops = {
  .open = bzip2_open,
  .close = bzip2_close,
  .disk_size = bzip2_disk_size,
  .peek_disk_size = bzip2_peek_disk_size,
  .pread = bzip2_pread,
  .extents = bzip2_extents,
  .scan = bzip2_scan,
  .statistics = bzip2_statistics,
  .prefetch = bzip2_prefetch,
  .save = bzip2_save,
  .load = bzip2_load,
};
