/* SPDX-License-Identifier: MIT */
/* One gzip member of more than 4 GiB, whose length field has therefore wrapped
 * around.  It is put together from one compressed piece, many times. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image-statistics.h"
#include "image-support.h"

#define PIECE (32 * 1024 * 1024)
#define NR_PIECES 129
#define SIZE ((uint64_t) PIECE * NR_PIECES + 5)

static void
add_little_endian (struct bytes *b, uint32_t number)
{
  for (int i = 0; i < 4; i++) {
    unsigned char c = (unsigned char) (number >> (8 * i));

    bytes_add (b, &c, 1);
  }
}

/* LEN zeroes as a piece of a deflate stream, in OUT. */
static size_t
deflate_zeroes (unsigned char *out, size_t out_size, size_t len, int flush)
{
  unsigned char *zeroes = calloc (1, len);
  z_stream strm;

  memset (&strm, 0, sizeof strm);
  assert_int_equal (deflateInit2 (&strm, 1, Z_DEFLATED, -MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
  strm.next_in = zeroes;
  strm.avail_in = (uInt) len;
  strm.next_out = out;
  strm.avail_out = (uInt) out_size;
  int ret = deflate (&strm, flush);
  assert_int_equal (ret, flush == Z_FINISH ? Z_STREAM_END : Z_OK);
  assert_int_equal (strm.avail_in, 0);
  deflateEnd (&strm);
  free (zeroes);
  return out_size - strm.avail_out;
}

static struct bytes
make_large_member (void)
{
  static const unsigned char header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
  static const unsigned char zeroes[4096];
  const size_t out_size = 1 << 20;
  unsigned char *out = malloc (out_size);
  struct bytes b = { NULL, 0 };
  uLong piece_crc = crc32 (0, NULL, 0), crc = piece_crc;

  for (size_t done = 0; done < PIECE; done += sizeof zeroes)
    piece_crc = crc32 (piece_crc, zeroes, sizeof zeroes);
  bytes_add (&b, header, sizeof header);
  size_t n = deflate_zeroes (out, out_size, PIECE, Z_FULL_FLUSH);
  for (int i = 0; i < NR_PIECES; i++) {
    bytes_add (&b, out, n);
    crc = crc32_combine (crc, piece_crc, PIECE);
  }
  n = deflate_zeroes (out, out_size, 5, Z_FINISH);
  bytes_add (&b, out, n);
  crc = crc32 (crc, zeroes, 5);
  add_little_endian (&b, (uint32_t) crc);
  add_little_endian (&b, (uint32_t) SIZE);
  free (out);
  return b;
}

static int
count_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  uint64_t *end = opaque;

  assert_true (hole);
  assert_int_equal (offset, *end);
  *end += length;
  return 0;
}

static void
larger_than_4_gib (void **state)
{
  struct bytes file = make_large_member ();
  struct image *im = open_bytes (&file, NULL);
  struct image_statistics statistics;
  uint64_t size, end = 0;
  unsigned char buf[1000];

  (void) state;
  assert_non_null (im);
  if (image_disk_size (im, &size) == -1)
    fail_msg ("%s", reported);
  assert_int_equal (size, SIZE);
  memset (buf, 1, sizeof buf);
  assert_int_equal (image_pread (im, buf, sizeof buf, SIZE - sizeof buf), 0);
  assert_int_equal (buf[0], 0);
  assert_int_equal (buf[999], 0);
  assert_int_equal (image_pread (im, buf, sizeof buf, UINT64_C (1) << 32), 0);
  assert_int_equal (image_extents (im, 0, SIZE, count_extent, &end), 0);
  assert_int_equal (end, SIZE);
  /* A few spans were inflated for this, not the whole image. */
  image_get_statistics (im, &statistics);
  assert_true (statistics.decoded < 10);
  image_close (im);
  bytes_free (&file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (larger_than_4_gib),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
