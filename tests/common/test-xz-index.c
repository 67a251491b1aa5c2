/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image-ops.h"
#include "image-support.h"
#include "xz-index.h"

#define BLOCK 50000
#define LEN (10 * BLOCK + 777)

static struct bytes content;

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 3);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  return 0;
}

/* FILE must be refused, with a message that has TEXT. */
static void
check_refused (const struct bytes *file, const char *text)
{
  assert_null (open_bytes (file, NULL));
  if (!strstr (reported, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", reported, text);
}

static void
finds_every_block (void **state)
{
  struct bytes file = { NULL, 0 };
  struct xz_block_info info;
  struct xz_index_cursor cursor;
  struct fault fault;
  uint64_t n = 0;

  (void) state;
  add_xz_stream (&file, content.data, LEN, BLOCK, LZMA_CHECK_CRC32);
  struct image *im = open_bytes (&file, NULL);
  assert_non_null (im);
  struct xz_index *index = xz_index_read (im, &fault);
  assert_non_null (index);
  assert_int_equal (xz_index_disk_size (index), LEN);
  assert_int_equal (xz_index_nr_blocks (index), 11);
  assert_string_equal (xz_index_check_name (index), "crc32");
  assert_true (xz_index_locate (index, 3 * BLOCK - 1, &info));
  assert_int_equal (info.number, 3);
  assert_int_equal (info.disk_offset, 2 * BLOCK);
  assert_int_equal (info.disk_size, BLOCK);
  assert_true (xz_index_locate (index, LEN - 1, &info));
  assert_int_equal (info.disk_size, 777);
  assert_false (xz_index_locate (index, LEN, &info));
  for (xz_index_begin (index, &cursor); xz_index_next (&cursor, &info); n++)
    assert_int_equal (info.number, n + 1);
  assert_int_equal (n, 11);
  xz_index_free (index);
  image_close (im);
  bytes_free (&file);
}

static void
joins_streams_with_padding (void **state)
{
  struct bytes file = { NULL, 0 };
  struct xz_block_info info;
  struct fault fault;

  (void) state;
  add_xz_stream (&file, content.data, 1000, 0, LZMA_CHECK_CRC32);
  bytes_add_zeroes (&file, 8);
  add_xz_stream (&file, content.data, 0, 0, LZMA_CHECK_CRC64);
  size_t third = file.len;
  add_xz_stream (&file, content.data, 3 * BLOCK, BLOCK, LZMA_CHECK_CRC64);
  bytes_add_zeroes (&file, 200000);
  struct image *im = open_bytes (&file, NULL);
  assert_non_null (im);
  struct xz_index *index = xz_index_read (im, &fault);
  assert_int_equal (xz_index_disk_size (index), 1000 + 3 * BLOCK);
  assert_string_equal (xz_index_check_name (index), "mixed");
  assert_true (xz_index_locate (index, 1000, &info));
  assert_int_equal (info.stored_offset, third + LZMA_STREAM_HEADER_SIZE);
  assert_int_equal (info.check, LZMA_CHECK_CRC64);
  xz_index_free (index);
  image_close (im);
  bytes_free (&file);
}

static void
every_truncation_is_refused (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_xz_stream (&file, content.data, 3000, 1000, LZMA_CHECK_CRC64);
  for (size_t len = 6; len < file.len; len++) {
    struct bytes cut = { file.data, len };

    assert_null (open_bytes (&cut, NULL));
    assert_string_not_equal (reported, "");
  }
  struct bytes cut = { file.data, file.len / 2 };
  check_refused (&cut, "truncated");
  /* A byte of a Block may be a zero as well. */
  memset (cut.data + cut.len - 3, 0, 3);
  check_refused (&cut, "truncated");
  bytes_free (&file);
}

static void
bad_padding_is_refused (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_xz_stream (&file, content.data, 3000, 0, LZMA_CHECK_CRC64);
  bytes_add_zeroes (&file, 3);
  check_refused (&file, "not a multiple of four");
  file.len -= 3;
  bytes_add (&file, "metadata", 8);
  check_refused (&file, "no xz Stream ends");
  bytes_free (&file);
}

static void
first_stream_missing_is_refused (void **state)
{
  struct bytes file = { NULL, 0 }, tail = { NULL, 0 };

  (void) state;
  add_xz_stream (&file, content.data, LEN, BLOCK, LZMA_CHECK_CRC64);
  bytes_add (&tail, file.data, 12);
  bytes_add (&tail, file.data + 5000, file.len - 5000);
  check_refused (&tail, "truncated at its start");
  bytes_free (&tail);
  bytes_free (&file);
}

/* A Stream whose Index claims NR_RECORDS Blocks, with valid CRCs. */
static void
add_forged_stream (struct bytes *file, uint64_t nr_records, uint64_t disk_size)
{
  lzma_stream_flags flags = { .version = 0, .check = LZMA_CHECK_NONE };
  unsigned char header[LZMA_STREAM_HEADER_SIZE], index[64] = { 0 };
  size_t n = 1;

  assert_int_equal (lzma_stream_header_encode (&flags, header), LZMA_OK);
  bytes_add (file, header, sizeof header);
  bytes_add_zeroes (file, 1000);
  lzma_vli_encode (nr_records, NULL, index, &n, sizeof index);
  lzma_vli_encode (1000, NULL, index, &n, sizeof index);
  lzma_vli_encode (disk_size, NULL, index, &n, sizeof index);
  n = (n + 3) / 4 * 4;
  uint32_t crc = lzma_crc32 (index, n, 0);
  for (int i = 0; i < 4; i++)
    index[n++] = (unsigned char) (crc >> (8 * i));
  bytes_add (file, index, n);
  flags.backward_size = n;
  assert_int_equal (lzma_stream_footer_encode (&flags, header), LZMA_OK);
  bytes_add (file, header, sizeof header);
}

static void
bombs_are_refused (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_forged_stream (&file, UINT64_C (1) << 40, 5);
  check_refused (&file, "more Blocks than");
  file.len = 0;
  add_forged_stream (&file, 1, UINT64_C (1) << 60);
  check_refused (&file, "claims a disk view");
  bytes_free (&file);
}

/* The Index is well-formed, the Block that it lists is not there. */
static void
forged_block_is_an_error_when_read (void **state)
{
  struct image_options options = { .memory_limit = 1 << 20, .spool_dir = "." };
  struct bytes file = { NULL, 0 };
  char byte;

  (void) state;
  add_forged_stream (&file, 1, 4096);
  struct image *im = open_bytes (&file, NULL);
  assert_non_null (im);
  assert_int_equal (image_pread (im, &byte, 1, 0), -1);
  image_close (im);

  file.len = 0;
  add_forged_stream (&file, 1, UINT64_C (1) << 49);
  im = open_bytes (&file, &options);
  assert_non_null (im);
  assert_int_equal (image_pread (im, &byte, 1, 0), -1);
  assert_non_null (strstr (reported, "are free there"));
  image_close (im);
  options.spool_dir = NULL;
  im = open_bytes (&file, &options);
  assert_non_null (im);
  assert_int_equal (image_pread (im, &byte, 1, UINT64_C (1) << 48), -1);
  image_close (im);
  bytes_free (&file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (finds_every_block),
    cmocka_unit_test (joins_streams_with_padding),
    cmocka_unit_test (every_truncation_is_refused),
    cmocka_unit_test (bad_padding_is_refused),
    cmocka_unit_test (first_stream_missing_is_refused),
    cmocka_unit_test (bombs_are_refused),
    cmocka_unit_test (forged_block_is_an_error_when_read),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
