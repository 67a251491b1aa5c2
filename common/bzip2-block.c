/* SPDX-License-Identifier: MIT */
/* libbz2 gets a stream that begins with this block.  With no room for output it
 * reads the block's symbols to their end and stops there; how many bytes it
 * took gives the block's end but for the position in its last byte, and there
 * the magic of what follows must be. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>

#include "bzip2-block.h"
#include "bzip2-magic.h"
#include "image-ops.h"

#define BUFFER_SIZE (64 * 1024)
#define CRC_BITS 32
#define HEADER_SIZE 4
/* No block has more stored bytes: 900,001 symbols of 20 bits, and less than 64
 * KiB of selectors and code lengths. */
#define STORED_MAX (UINT64_C (900001) * 20 / 8 + 65536)

struct bzip2_block
{
  const struct image *im;
  unsigned level;
  uint64_t bit, end;            /* in the file */
  uint32_t crc;
  bool stream_ends;
  bool decoding;                /* STRM is initialized */
  bool finished;
  bz_stream strm;
  uint64_t position;            /* stored offset of the next byte to read */
  uint64_t fed;                 /* bytes that went into BUF */
  unsigned char buf[BUFFER_SIZE + 1];
};

static int
block_fault (const struct bzip2_block *b, int errnum, const char *what,
             struct fault *fault)
{
  return fault_set (fault, errnum, "the block at byte %" PRIu64 " (bit %u): %s",
                    b->bit / 8, (unsigned) (b->bit % 8), what);
}

static int
truncated (const struct bzip2_block *b, struct fault *fault)
{
  return fault_set (fault, EBADMSG, "truncated: the file ends at byte %" PRIu64
                    " in the middle of the block at byte %" PRIu64,
                    b->im->stored_size, b->bit / 8);
}

static int
library_fault (const struct bzip2_block *b, int ret, const char *what,
               struct fault *fault)
{
  if (ret == BZ_MEM_ERROR)
    return fault_no_memory (fault, "a decoder");
  return block_fault (b, EBADMSG, what, fault);
}

/* The magic and the CRC. */
static int
read_header (struct bzip2_block *b, struct fault *fault)
{
  unsigned char bytes[(BZIP2_MAGIC_BITS + CRC_BITS) / 8 + 1];
  const unsigned skip = (unsigned) (b->bit % 8);
  const uint64_t end = (b->bit + BZIP2_MAGIC_BITS + CRC_BITS + 7) / 8;

  if (end > b->im->stored_size)
    return truncated (b, fault);
  if (image_read_stored (b->im, bytes, (size_t) (end - b->bit / 8), b->bit / 8,
                         fault) == -1)
    return -1;
  if (bzip2_bits (bytes, skip, BZIP2_MAGIC_BITS) != BZIP2_BLOCK_MAGIC)
    return block_fault (b, EBADMSG, "there is no block", fault);
  b->crc = (uint32_t) bzip2_bits (bytes, skip + BZIP2_MAGIC_BITS, CRC_BITS);
  return 0;
}

/* The next stored bytes, shifted so that the block begins with a whole byte. */
static int
fill_input (struct bzip2_block *b, struct fault *fault)
{
  const unsigned skip = (unsigned) (b->bit % 8);
  uint64_t left = b->im->stored_size - b->position;
  size_t n = left < BUFFER_SIZE ? (size_t) left : BUFFER_SIZE;
  size_t read = n < left ? n + 1 : n;   /* and the next one's bits */

  if (n == 0)
    return truncated (b, fault);
  if (b->fed > STORED_MAX)
    return block_fault (b, EBADMSG, "damaged data: it has no end", fault);
  if (image_read_stored (b->im, b->buf, read, b->position, fault) == -1)
    return -1;
  if (read == n)
    b->buf[n] = 0;
  for (size_t i = 0; skip > 0 && i < n; i++)
    b->buf[i] = (unsigned char) (b->buf[i] << skip | b->buf[i + 1] >> (8 - skip));
  b->position += n;
  b->fed += n;
  b->strm.next_in = (char *) b->buf;
  b->strm.avail_in = (unsigned) n;
  return 0;
}

static int
read_symbols (struct bzip2_block *b, struct fault *fault)
{
  char header[HEADER_SIZE] = { 'B', 'Z', 'h', (char) ('0' + b->level) };
  char nothing;

  b->strm.next_in = header;
  b->strm.avail_in = HEADER_SIZE;
  b->strm.next_out = &nothing;
  b->strm.avail_out = 0;
  do {
    if (b->strm.avail_in == 0 && fill_input (b, fault) == -1)
      return -1;
    int ret = BZ2_bzDecompress (&b->strm);
    if (ret != BZ_OK)
      return library_fault (b, ret, "damaged data", fault);
  }
  while (b->strm.avail_in == 0);
  return 0;
}

/* libbz2 took FED - avail_in bytes: the last of them holds the block's last
 * bit. */
static int
find_end (struct bzip2_block *b, struct fault *fault)
{
  unsigned char bytes[(7 + 8 + BZIP2_MAGIC_BITS) / 8 + 1] = { 0 };
  const uint64_t first = b->bit + 8 * (b->fed - b->strm.avail_in) - 7;
  const uint64_t left = b->im->stored_size - first / 8;
  const size_t n = left < sizeof bytes ? (size_t) left : sizeof bytes;

  if (image_read_stored (b->im, bytes, n, first / 8, fault) == -1)
    return -1;
  for (b->end = first; b->end < first + 8; b->end++) {
    uint64_t skip = b->end - first / 8 * 8;

    if (skip + BZIP2_MAGIC_BITS > 8 * (uint64_t) n)
      return truncated (b, fault);
    uint64_t magic = bzip2_bits (bytes, skip, BZIP2_MAGIC_BITS);
    b->stream_ends = magic == BZIP2_END_MAGIC;
    if (b->stream_ends || magic == BZIP2_BLOCK_MAGIC)
      return 0;
  }
  return block_fault (b, EBADMSG, "damaged data: neither a block nor the stream's "
                      "end follows", fault);
}

struct bzip2_block *
bzip2_block_start (const struct image *im, uint64_t bit, unsigned level,
                   struct fault *fault)
{
  struct bzip2_block *b = malloc (sizeof *b);

  if (!b) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  memset (b, 0, offsetof (struct bzip2_block, buf));
  b->im = im;
  b->level = level;
  b->bit = bit;
  b->position = bit / 8;
  int ret = BZ2_bzDecompressInit (&b->strm, 0, 0);
  b->decoding = ret == BZ_OK;
  if (!b->decoding)
    library_fault (b, ret, "cannot be decoded", fault);
  if (b->decoding && read_header (b, fault) == 0 && read_symbols (b, fault) == 0
      && find_end (b, fault) == 0) {
    b->strm.avail_in = 0;       /* not beyond the block */
    return b;
  }
  bzip2_block_stop (b);
  return NULL;
}

void
bzip2_block_stop (struct bzip2_block *b)
{
  if (!b)
    return;
  if (b->decoding)
    BZ2_bzDecompressEnd (&b->strm);
  free (b);
}

ssize_t
bzip2_block_next (struct bzip2_block *b, void *buf, size_t len,
                  struct fault *fault)
{
  if (b->finished)
    return 0;
  b->strm.next_out = buf;
  b->strm.avail_out = (unsigned) len;
  int ret = BZ2_bzDecompress (&b->strm);
  if (ret != BZ_OK)
    return library_fault (b, ret, "damaged data: its CRC32 is wrong", fault);
  /* Room is left over only when the block has ended and its CRC was right. */
  b->finished = b->strm.avail_out > 0;
  return (ssize_t) (len - b->strm.avail_out);
}

uint32_t
bzip2_block_crc (const struct bzip2_block *b)
{
  return b->crc;
}

uint64_t
bzip2_block_end (const struct bzip2_block *b, bool *stream_ends)
{
  *stream_ends = b->stream_ends;
  return b->end;
}
