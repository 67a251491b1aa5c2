/* SPDX-License-Identifier: MIT */
/* .xz images: the Index tells where the Blocks are, block-reader does the rest. */

#include <config.h>

#include <stdlib.h>

#include "block-reader.h"
#include "hole-map.h"
#include "xz-block.h"
#include "xz-image.h"
#include "xz-index.h"

/* OFFSET lies in the disk view, so the Block is always found. */
static void
find_block (const struct xz_image *xz, uint64_t offset,
            struct xz_block_info *info)
{
  if (!xz_index_locate (xz->index, offset, info))
    abort ();
}

static void
source_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct xz_image *xz = opaque;
  struct xz_block_info info;

  find_block (xz, offset, &info);
  block->offset = info.disk_offset;
  block->size = info.disk_size;
  block->last =
    info.disk_offset + info.disk_size == xz_index_disk_size (xz->index);
  block->alone = xz_index_nr_blocks (xz->index) == 1;
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

static const struct block_source xz_source = {
  .locate = source_locate,
  .decoder_memory = source_memory,
  .start = source_start,
  .next = source_next,
  .stop = source_stop,
};

static int
xz_open (struct image *im, struct fault *fault)
{
  struct xz_image *xz = calloc (1, sizeof *xz);

  if (!xz)
    return fault_no_memory (fault, "an xz image");
  im->state = xz;
  xz->im = im;
  xz->holes = hole_map_new ();
  if (!xz->holes)
    return fault_no_memory (fault, "an xz image");
  xz->index = xz_index_read (im, fault);
  if (!xz->index)
    return -1;
  xz->reader = block_reader_new (&xz_source, xz, xz->holes, &im->options, true,
                                 fault);
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
  hole_map_free (xz->holes);
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

static void
xz_statistics (struct image *im, struct image_statistics *statistics)
{
  const struct xz_image *xz = im->state;

  block_reader_statistics (xz->reader, statistics);
}

const struct image_ops xz_image_ops = {
  .name = "xz",
  .open = xz_open,
  .close = xz_close,
  .disk_size = xz_disk_size,
  .peek_disk_size = xz_peek_disk_size,
  .pread = xz_pread,
  .extents = xz_extents,
  .scan = xz_scan,
  .statistics = xz_statistics,
};
