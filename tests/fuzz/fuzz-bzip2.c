/* SPDX-License-Identifier: MIT */
/* .bz2 images.  Where the file is one stream of one block, its two CRCs are made right
 * again, unless the control bytes say otherwise ("BZIP2: Format Specification" by Joe
 * Tsai, sections 2.2 and 2.3): libbz2 gives out a block before it compares. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <bzlib.h>

#include "fuzz-support.h"

#define NO_REPAIR 32            /* of control[0] */
#define OUTPUT_MAX (UINT64_C (64) << 20)
#define HEADER_SIZE 4           /* of the stream; then come magic and CRC */
#define BLOCK_CRC_AT 10
#define FOOTER_BITS 80          /* magic and CRC of the stream */
#define FOOTER_MAGIC UINT64_C (0x177245385090)

static const uint8_t block_magic[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };

/* Polynomial 0x04c11db7, the most significant bit first. */
static uint32_t
continue_crc (uint32_t crc, const uint8_t *data, size_t len)
{
  static uint32_t table[256];

  if (table[1] == 0)
    for (uint32_t i = 0; i < 256; i++) {
      table[i] = i << 24;
      for (int bit = 0; bit < 8; bit++)
        table[i] = table[i] << 1 ^ (table[i] >> 31 ? UINT32_C (0x04c11db7) : 0);
    }
  for (size_t i = 0; i < len; i++)
    crc = crc << 8 ^ table[(crc >> 24 ^ data[i]) & 0xff];
  return crc;
}

/* The CRC of what comes out. */
static uint32_t
content_crc (const struct fuzz_file *file)
{
  static uint8_t out[64 * 1024];
  uint32_t crc = UINT32_MAX;
  uint64_t total = 0;
  bz_stream strm;
  int ret = BZ_OK;

  memset (&strm, 0, sizeof strm);
  FUZZ_CHECK (BZ2_bzDecompressInit (&strm, 0, 1) == BZ_OK);
  strm.next_in = (char *) file->data;
  strm.avail_in = (unsigned) file->len;
  do {
    strm.next_out = (char *) out;
    strm.avail_out = sizeof out;
    ret = BZ2_bzDecompress (&strm);
    crc = continue_crc (crc, out, sizeof out - strm.avail_out);
    total += sizeof out - strm.avail_out;
  }
  while (ret == BZ_OK && strm.avail_out == 0 && total < OUTPUT_MAX);
  BZ2_bzDecompressEnd (&strm);
  return ~crc;
}

static uint64_t
get_bits (const uint8_t *data, size_t at, unsigned count)
{
  uint64_t bits = 0;

  for (unsigned i = 0; i < count; i++, at++)
    bits = bits << 1 | (data[at / 8] >> (7 - at % 8) & 1);
  return bits;
}

static void
put_bits (uint8_t *data, size_t at, unsigned count, uint64_t bits)
{
  for (unsigned i = 0; i < count; i++, at++) {
    uint8_t mask = (uint8_t) (0x80 >> at % 8);

    data[at / 8] &= (uint8_t) ~mask;
    if (bits >> (count - 1 - i) & 1)
      data[at / 8] |= mask;
  }
}

static void
repair (struct fuzz_file *file)
{
  if (file->len < BLOCK_CRC_AT + 4 + FOOTER_BITS / 8)
    return;
  const uint32_t crc = content_crc (file);
  put_bits (file->data, 8 * BLOCK_CRC_AT, 32, crc);
  for (size_t padding = 0; padding < 8; padding++) {
    size_t footer = 8 * file->len - padding - FOOTER_BITS;

    if (get_bits (file->data, footer, 48) == FOOTER_MAGIC)
      put_bits (file->data, footer + 48, 32, crc);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  fuzz_file_force (&file, "BZh", 3);
  if (file.len > HEADER_SIZE && (file.data[3] < '1' || file.data[3] > '9'))
    file.data[3] = (uint8_t) ('1' + file.data[3] % 9);
  if (file.len > BLOCK_CRC_AT && !(file.control[0] & NO_REPAIR)) {
    memcpy (file.data + HEADER_SIZE, block_magic, sizeof block_magic);
    repair (&file);
  }
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
