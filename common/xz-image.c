/* SPDX-License-Identifier: MIT */
/* .xz images: the Index tells where the Blocks are, block-reader does the rest. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block-reader.h"
#include "block-scan.h"
#include "xz-block.h"
#include "xz-index.h"

struct xz_image
{
  struct image *im;
  struct xz_index *index;
  struct xz_index_cursor cursor;        /* of the scan */
  struct block_reader *reader;
};

/* OFFSET lies in the disk view, so the Block is always found. */
static void
find_block (const struct xz_image *xz, uint64_t offset,
            struct xz_block_info *info)
{
  if (!xz_index_locate (xz->index, offset, info))
    abort ();
}

static void
describe_block (const struct xz_image *xz, const struct xz_block_info *info,
                struct block *block)
{
  block->number = info->number - 1;
  block->offset = info->disk_offset;
  block->size = info->disk_size;
  block->last =
    info->disk_offset + info->disk_size == xz_index_disk_size (xz->index);
  block->alone = xz_index_nr_blocks (xz->index) == 1;
}

static void
source_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct xz_image *xz = opaque;
  struct xz_block_info info;

  find_block (xz, offset, &info);
  describe_block (xz, &info, block);
}

static uint64_t
source_memory (void *opaque, const struct block *block)
{
  const struct xz_image *xz = opaque;
  struct xz_block_info info;

  find_block (xz, block->offset, &info);
  return xz_block_memory (xz->im, &info);
}

static void *
source_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct xz_image *xz = opaque;
  struct xz_block_info info;

  find_block (xz, block->offset, &info);
  return xz_block_start (xz->im, &info, fault);
}

static ssize_t
source_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return xz_block_next (decoder, buf, len, fault);
}

static void
source_stop (void *decoder)
{
  xz_block_stop (decoder);
}

static bool
source_walk (void *opaque, bool first, struct block *block)
{
  struct xz_image *xz = opaque;
  struct xz_block_info info;

  if (first)
    xz_index_begin (xz->index, &xz->cursor);
  do
    if (!xz_index_next (&xz->cursor, &info))
      return false;
  while (info.disk_size == 0);
  describe_block (xz, &info, block);
  return true;
}

static uint64_t
source_stored_done (const void *decoder)
{
  return xz_block_stored_done (decoder);
}

static const struct block_source xz_source = {
  .locate = source_locate,
  .decoder_memory = source_memory,
  .start = source_start,
  .next = source_next,
  .stop = source_stop,
  .walk = source_walk,
  .stored_done = source_stored_done,
};

static int
xz_open (struct image *im, struct fault *fault)
{
  struct xz_image *xz = calloc (1, sizeof *xz);

  if (!xz)
    return fault_no_memory (fault, "an xz image");
  im->state = xz;
  xz->im = im;
  xz->index = xz_index_read (im, fault);
  if (!xz->index)
    return -1;
  xz->reader = block_reader_new (&xz_source, xz, im->record, &im->options,
                                 true, fault);
  return xz->reader ? 0 : -1;
}

static void
xz_close (struct image *im)
{
  struct xz_image *xz = im->state;

  if (!xz)
    return;
  block_reader_free (xz->reader);
  xz_index_free (xz->index);
  free (xz);
}

static bool
xz_peek_disk_size (struct image *im, uint64_t *size)
{
  const struct xz_image *xz = im->state;

  *size = xz_index_disk_size (xz->index);
  return true;
}

static int
xz_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  (void) fault;
  xz_peek_disk_size (im, size);
  return 0;
}

static int
xz_pread (struct image *im, void *buf, size_t len, uint64_t offset,
          struct fault *fault)
{
  const struct xz_image *xz = im->state;

  if (image_check_range (xz_index_disk_size (xz->index), len, offset,
                         fault) == -1)
    return -1;
  return block_reader_read (xz->reader, buf, len, offset, fault);
}

static int
xz_extents (struct image *im, uint64_t offset, uint64_t count,
            struct extent_walk *walk, struct fault *fault)
{
  const struct xz_image *xz = im->state;

  if (image_check_range (xz_index_disk_size (xz->index), count, offset,
                         fault) == -1)
    return -1;
  return block_reader_extents (xz->reader, offset, count, walk, fault);
}

/* Blocks without content, which no byte of the disk view leads to, may be damaged
 * all the same. */
static int
verify_empty_blocks (const struct xz_image *xz, struct fault *fault)
{
  struct xz_index_cursor cursor;
  struct xz_block_info info;

  xz_index_begin (xz->index, &cursor);
  while (xz_index_next (&cursor, &info)) {
    if (info.disk_size > 0)
      continue;
    struct xz_block_decoder *d = xz_block_start (xz->im, &info, fault);
    if (!d)
      return -1;
    ssize_t r = xz_block_next (d, NULL, 0, fault);
    xz_block_stop (d);
    if (r == -1)
      return -1;
  }
  return 0;
}

static void
describe_result (const struct xz_image *xz, struct image_scan_result *result)
{
  const char *check = xz_index_check_name (xz->index);

  result->disk_size = xz_index_disk_size (xz->index);
  snprintf (result->check, sizeof result->check, "%s", check);
  if (strcmp (check, "none") == 0)
    scan_result_note (result, "the xz file carries no Check: damage inside its "
                      "Blocks may go unseen");
  if (strcmp (check, "unverifiable") == 0)
    scan_result_note (result, "this liblzma cannot verify the kind of Check that "
                      "the xz file carries");
}

static int
xz_scan (struct image *im, struct scan_run *run,
         struct image_scan_result *result, struct fault *fault)
{
  struct xz_image *xz = im->state;

  if (verify_empty_blocks (xz, fault) == -1
      || block_scan (im, &xz_source, xz, run, result->stored_digest,
                     fault) == -1)
    return -1;
  describe_result (xz, result);
  return scan_run_progress (run, run->total, fault);
}

static void
xz_statistics (struct image *im, struct image_statistics *statistics)
{
  const struct xz_image *xz = im->state;

  block_reader_statistics (xz->reader, statistics);
}

static void
xz_prefetch (struct image *im, uint64_t count, uint64_t offset)
{
  const struct xz_image *xz = im->state;
  struct fault ignored;

  if (image_check_range (xz_index_disk_size (xz->index), count, offset,
                         &ignored) == 0)
    block_reader_prefetch (xz->reader, count, offset);
}

const struct image_ops xz_image_ops = {
  .open = xz_open,
  .close = xz_close,
  .disk_size = xz_disk_size,
  .peek_disk_size = xz_peek_disk_size,
  .pread = xz_pread,
  .extents = xz_extents,
  .scan = xz_scan,
  .statistics = xz_statistics,
  .prefetch = xz_prefetch,
};
