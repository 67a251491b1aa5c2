/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bzip2-magic.h"
#include "bzip2-stream.h"
#include "image-ops.h"

#define HEADER_SIZE 4           /* "BZh" and the level */
#define MAGIC_SIZE 6
#define END_BITS (BZIP2_MAGIC_BITS + 32)

static bool
has_level (const unsigned char *bytes)
{
  return memcmp (bytes, "BZh", 3) == 0 && bytes[3] >= '1' && bytes[3] <= '9';
}

bool
bzip2_is_header (const unsigned char bytes[10])
{
  const uint64_t magic = bzip2_bits (bytes, 8 * HEADER_SIZE, BZIP2_MAGIC_BITS);

  return has_level (bytes)
         && (magic == BZIP2_BLOCK_MAGIC || magic == BZIP2_END_MAGIC);
}

static int
truncated (const struct image *im, uint64_t offset, const char *what,
           struct fault *fault)
{
  return fault_set (fault, EBADMSG, "truncated: the file ends at byte %" PRIu64
                    " in the middle of the %s at byte %" PRIu64, im->stored_size,
                    what, offset);
}

int
bzip2_stream_begin (const struct image *im, struct bzip2_stream *stream,
                    struct fault *fault)
{
  unsigned char bytes[HEADER_SIZE + MAGIC_SIZE];
  const uint64_t left = im->stored_size - stream->offset;
  size_t n = left < sizeof bytes ? (size_t) left : sizeof bytes;

  if (n > 0 && image_read_stored (im, bytes, n, stream->offset, fault) == -1)
    return -1;
  if (n < HEADER_SIZE || !has_level (bytes))
    return 0;
  if (n < sizeof bytes)
    return truncated (im, stream->offset, "stream header", fault);
  if (!bzip2_is_header (bytes))
    return fault_set (fault, EBADMSG, "the stream at byte %" PRIu64 " begins with "
                      "neither a block nor its end", stream->offset);
  stream->level = bytes[3] - (unsigned) '0';
  stream->bit = 8 * (stream->offset + HEADER_SIZE);
  stream->is_empty = bzip2_bits (bytes, 8 * HEADER_SIZE, BZIP2_MAGIC_BITS)
                     == BZIP2_END_MAGIC;
  return 1;
}

int
bzip2_stream_end (const struct image *im, uint64_t bit, uint32_t *crc,
                  uint64_t *next_offset, struct fault *fault)
{
  unsigned char bytes[END_BITS / 8 + 1];
  const uint64_t end = (bit + END_BITS + 7) / 8;
  const size_t n = (size_t) (end - bit / 8);

  if (end > im->stored_size)
    return truncated (im, bit / 8, "stream end", fault);
  if (image_read_stored (im, bytes, n, bit / 8, fault) == -1)
    return -1;
  *crc = (uint32_t) bzip2_bits (bytes, bit % 8 + BZIP2_MAGIC_BITS, 32);
  *next_offset = end;
  return 0;
}
