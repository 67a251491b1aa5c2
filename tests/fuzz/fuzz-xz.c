/* SPDX-License-Identifier: MIT */
/* .xz images.  Every structure around the compressed data has a CRC32, which a
 * mutated file would fail; so they are made right again (The .xz File Format,
 * sections 2.1, 3.1 and 4), unless the control bytes say otherwise. */

#include <config.h>

#include <string.h>

#include <lzma.h>

#include "fuzz-support.h"

#define NO_REPAIR 32            /* of control[0] */
#define BLOCKS_MAX 64           /* whose headers are repaired */

static const uint8_t magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

static void
put_u32 (uint8_t *p, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    p[i] = (uint8_t) (value >> (8 * i));
}

static uint32_t
get_u32 (const uint8_t *p)
{
  return p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
         | (uint32_t) p[3] << 24;
}

/* The headers of the Blocks that the Index at INDEX of SIZE bytes lists. */
static void
repair_blocks (struct fuzz_file *file, size_t index_offset, size_t index_size)
{
  uint64_t memory_limit = 1 << 20;
  lzma_index *index = NULL;
  lzma_index_iter iter;
  size_t position = 0;

  if (lzma_index_buffer_decode (&index, &memory_limit, NULL,
                                file->data + index_offset, &position,
                                index_size) != LZMA_OK)
    return;
  lzma_index_iter_init (&iter, index);
  for (int i = 0; i < BLOCKS_MAX; i++) {
    if (lzma_index_iter_next (&iter, LZMA_INDEX_ITER_BLOCK))
      break;
    uint64_t offset = iter.block.compressed_file_offset;
    if (offset >= file->len)
      break;
    size_t size = lzma_block_header_size_decode (file->data[offset]);
    if (size <= file->len - offset)
      put_u32 (file->data + offset + size - 4,
               lzma_crc32 (file->data + offset, size - 4, 0));
  }
  lzma_index_end (index, NULL);
}

static void
repair (struct fuzz_file *file)
{
  const size_t frame = LZMA_STREAM_HEADER_SIZE;

  if (file->len < 2 * frame)
    return;
  put_u32 (file->data + 8, lzma_crc32 (file->data + 6, 2, 0));
  uint8_t *footer = file->data + file->len - frame;
  memcpy (footer + 10, "YZ", 2);
  put_u32 (footer, lzma_crc32 (footer + 4, 6, 0));

  uint64_t index_size = ((uint64_t) get_u32 (footer + 4) + 1) * 4;
  if (index_size > file->len - 2 * frame)
    return;
  uint8_t *index = footer - index_size;
  put_u32 (index + index_size - 4, lzma_crc32 (index, index_size - 4, 0));
  repair_blocks (file, (size_t) (index - file->data), (size_t) index_size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  fuzz_file_force (&file, magic, sizeof magic);
  if (!(file.control[0] & NO_REPAIR))
    repair (&file);
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
