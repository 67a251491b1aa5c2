/* SPDX-License-Identifier: MIT */
/* The Index of an .xz file: the input is its list of records.  Around it a Stream
 * is made that fits, with Blocks that are zeroes. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "fuzz-support.h"
#include "xz-index.h"

/* The Stream is really made, so its Blocks must not be large. */
#define BLOCKS_MAX (UINT64_C (1) << 20)
#define RECORDS_MAX 1000        /* that are looked at */

static void
put_frame (uint8_t *p, uint64_t index_size, bool footer)
{
  lzma_stream_flags flags = {
    .version = 0, .check = LZMA_CHECK_NONE, .backward_size = index_size
  };

  FUZZ_CHECK ((footer ? lzma_stream_footer_encode (&flags, p)
                      : lzma_stream_header_encode (&flags, p)) == LZMA_OK);
}

/* How many bytes of Blocks the Index lists; 0 if it is not valid. */
static uint64_t
listed_size (const uint8_t *data, size_t size)
{
  uint64_t memory_limit = 1 << 20, listed;
  lzma_index *index = NULL;
  size_t position = 0;

  if (lzma_index_buffer_decode (&index, &memory_limit, NULL, data, &position,
                                size) != LZMA_OK)
    return 0;
  listed = lzma_index_total_size (index);
  lzma_index_end (index, NULL);
  return listed <= BLOCKS_MAX ? listed : 0;
}

static void
make_stream (struct fuzz_file *stream, const struct fuzz_file *records)
{
  const size_t frame = LZMA_STREAM_HEADER_SIZE;
  const size_t body = (1 + records->len + 3) / 4 * 4;
  uint8_t *index = calloc (1, body + 4);

  FUZZ_CHECK (index);
  memcpy (index + 1, records->data, records->len);
  uint32_t crc = lzma_crc32 (index, body, 0);
  for (int i = 0; i < 4; i++)
    index[body + (size_t) i] = (uint8_t) (crc >> (8 * i));

  size_t blocks = (size_t) listed_size (index, body + 4);
  stream->len = frame + blocks + body + 4 + frame;
  stream->data = calloc (1, stream->len);
  FUZZ_CHECK (stream->data);
  put_frame (stream->data, LZMA_BACKWARD_SIZE_MIN, false);
  memcpy (stream->data + frame + blocks, index, body + 4);
  put_frame (stream->data + stream->len - frame, body + 4, true);
  memcpy (stream->control, records->control, CONTROL_SIZE);
  free (index);
}

/* The records follow each other without gaps, and each is found by its offset. */
static void
walk_index (const struct fuzz_file *stream)
{
  struct xz_block_info info, found;
  struct xz_index_cursor cursor;
  struct fault fault;
  uint64_t n = 0, offset = 0;
  struct image *im = image_open (fuzz_memory_file (stream->data, stream->len),
                                 "index", NULL);

  if (!im)
    return;
  struct xz_index *index = xz_index_read (im, &fault);
  FUZZ_CHECK (index);
  for (xz_index_begin (index, &cursor);
       n < RECORDS_MAX && xz_index_next (&cursor, &info); n++) {
    FUZZ_CHECK (info.number == n + 1 && info.disk_offset == offset);
    FUZZ_CHECK (info.stored_offset + info.total_size <= stream->len);
    offset += info.disk_size;
    if (info.disk_size > 0) {
      FUZZ_CHECK (xz_index_locate (index, offset - 1, &found));
      FUZZ_CHECK (found.number == info.number);
    }
  }
  FUZZ_CHECK (n == RECORDS_MAX || n == xz_index_nr_blocks (index));
  FUZZ_CHECK (n == RECORDS_MAX || offset == xz_index_disk_size (index));
  FUZZ_CHECK (!xz_index_locate (index, xz_index_disk_size (index), &found));
  FUZZ_CHECK (xz_index_check_name (index)[0] != '\0');
  xz_index_free (index);
  image_close (im);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file records, stream = { .data = NULL };

  fuzz_file_init (&records, data, size);
  make_stream (&stream, &records);
  walk_index (&stream);
  fuzz_image (&stream);
  fuzz_file_free (&stream);
  fuzz_file_free (&records);
  return 0;
}
