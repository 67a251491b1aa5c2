/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "overlay-io.h"

struct partition_bytes
{
  struct image_overlay *overlay;
  uint64_t start, size;
};

/* libext2fs hands a manager nothing but a name: so what the next channel is about
 * lies here, until that has it. */
static struct partition_bytes next;

static struct struct_io_manager manager;

static errcode_t
open_channel (const char *name, int flags, io_channel *result)
{
  io_channel channel = calloc (1, sizeof *channel);
  struct partition_bytes *bytes = malloc (sizeof *bytes);

  (void) flags;
  if (channel)
    channel->name = strdup (name);
  if (!channel || !channel->name || !bytes) {
    if (channel)
      free (channel->name);
    free (channel);
    free (bytes);
    return EXT2_ET_NO_MEMORY;
  }
  *bytes = next;
  channel->private_data = bytes;
  channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  channel->manager = &manager;
  channel->block_size = 1024;
  channel->refcount = 1;
  *result = channel;
  return 0;
}

static errcode_t
close_channel (io_channel channel)
{
  if (--channel->refcount > 0)
    return 0;
  free (channel->name);
  free (channel->private_data);
  free (channel);
  return 0;
}

static errcode_t
set_block_size (io_channel channel, int size)
{
  channel->block_size = size;
  return 0;
}

/* COUNT blocks from BLOCK on, or -COUNT bytes.  Block numbers come from what the
 * image says. */
static errcode_t
find_bytes (io_channel channel, unsigned long long block, int count,
            uint64_t *offset, size_t *len)
{
  const struct partition_bytes *bytes = channel->private_data;
  const uint64_t size = (uint64_t) channel->block_size;

  *len = count < 0 ? (size_t) -(int64_t) count : (size_t) count * size;
  if (block > bytes->size / size || *len > bytes->size - block * size)
    return EXT2_ET_BAD_BLOCK_NUM;
  *offset = bytes->start + block * size;
  return 0;
}

/* To TO, or with NULL from FROM. */
static errcode_t
move_blocks (io_channel channel, unsigned long long block, int count, void *to,
             const void *from)
{
  const struct partition_bytes *bytes = channel->private_data;
  uint64_t offset;
  size_t len;
  const errcode_t wrong = find_bytes (channel, block, count, &offset, &len);

  if (wrong)
    return wrong;
  return (to ? image_overlay_read (bytes->overlay, to, len, offset)
          : image_overlay_write (bytes->overlay, from, len, offset)) == 0 ? 0 : EIO;
}

static errcode_t
read_blocks (io_channel channel, unsigned long long block, int count, void *buf)
{
  return move_blocks (channel, block, count, buf, NULL);
}

static errcode_t
write_blocks (io_channel channel, unsigned long long block, int count,
              const void *buf)
{
  return move_blocks (channel, block, count, NULL, buf);
}

static errcode_t
read_short (io_channel channel, unsigned long block, int count, void *buf)
{
  return read_blocks (channel, block, count, buf);
}

static errcode_t
write_short (io_channel channel, unsigned long block, int count, const void *buf)
{
  return write_blocks (channel, block, count, buf);
}

static errcode_t
write_bytes (io_channel channel, unsigned long offset, int len, const void *buf)
{
  const struct partition_bytes *bytes = channel->private_data;

  if (len < 0 || offset > bytes->size || (size_t) len > bytes->size - offset)
    return EXT2_ET_BAD_BLOCK_NUM;
  return image_overlay_write (bytes->overlay, buf, (size_t) len,
                              bytes->start + offset) == 0 ? 0 : EIO;
}

static errcode_t
flush_channel (io_channel channel)
{
  (void) channel;
  return 0;                     /* the overlay is all there is */
}

static struct struct_io_manager manager = {
  .magic = EXT2_ET_MAGIC_IO_MANAGER,
  .name = "image overlay",
  .open = open_channel,
  .close = close_channel,
  .set_blksize = set_block_size,
  .read_blk = read_short,
  .write_blk = write_short,
  .flush = flush_channel,
  .write_byte = write_bytes,
  .read_blk64 = read_blocks,
  .write_blk64 = write_blocks,
};

io_manager
overlay_io_manager (struct image_overlay *overlay, uint64_t start, uint64_t size)
{
  next = (struct partition_bytes) { overlay, start, size };
  return &manager;
}
