/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "format-checks.h"
#include "image-ops.h"
#include "image-statistics.h"
#include "zstd-index.h"

#define LEN (6 * 1024 * 1024 + 54321)

#define HEADER 14               /* bytes of a frame header, at most */

static struct bytes content;

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 42);
  memset (content.data + 2 * 1024 * 1024, 0, 2 * 1024 * 1024);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  return 0;
}

enum { NO_SIZE = 1, CHECKSUM = 2 };

static void
add_frame (struct bytes *b, const void *data, size_t len, int flags)
{
  ZSTD_CCtx *context = ZSTD_createCCtx ();
  const size_t room = ZSTD_compressBound (len);
  void *out = malloc (room);

  ZSTD_CCtx_setParameter (context, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter (context, ZSTD_c_contentSizeFlag, !(flags & NO_SIZE));
  ZSTD_CCtx_setParameter (context, ZSTD_c_checksumFlag, !!(flags & CHECKSUM));
  size_t n = ZSTD_compress2 (context, out, room, data, len);
  assert_false (ZSTD_isError (n));
  bytes_add (b, out, n);
  free (out);
  ZSTD_freeCCtx (context);
}

static void
add_number (struct bytes *b, uint32_t number)
{
  unsigned char bytes[4];

  for (int i = 0; i < 4; i++)
    bytes[i] = (unsigned char) (number >> 8 * i);
  bytes_add (b, bytes, 4);
}

static void
add_skippable (struct bytes *b, unsigned kind, uint32_t size)
{
  add_number (b, 0x184d2a50 + kind);
  add_number (b, size);
  bytes_add_zeroes (b, size);
}

/* Frames of STEP bytes each of CONTENT. */
static void
add_frames (struct bytes *b, size_t step, int flags)
{
  for (size_t done = 0; done < LEN; done += step)
    add_frame (b, content.data + done, LEN - done < step ? LEN - done : step,
               flags);
}

/* The same with a seek table, in which entry LIE is wrong by DELTA bytes. */
static struct bytes
make_seekable (size_t step, int flags, bool checksums, int lie, int delta)
{
  struct bytes b = { NULL, 0 }, table = { NULL, 0 };
  uint32_t nr = 0;

  for (size_t done = 0; done < LEN; done += step, nr++) {
    const size_t before = b.len, n = LEN - done < step ? LEN - done : step;

    add_frame (&b, content.data + done, n, flags);
    add_number (&table, (uint32_t) (b.len - before));
    add_number (&table, (uint32_t) n + (uint32_t) ((int) nr == lie ? delta : 0));
    if (checksums)
      add_number (&table, 0);
  }
  add_number (&b, 0x184d2a5e);
  add_number (&b, (uint32_t) table.len + 9);
  bytes_add (&b, table.data, table.len);
  add_number (&b, nr);
  bytes_add (&b, checksums ? "\x80" : "\0", 1);
  add_number (&b, 0x8f92eab1);
  bytes_free (&table);
  return b;
}

/* How many spans it has, and whether their sizes are known without decoding. */
static void
check_index (const struct bytes *file, size_t min, size_t max, bool sized)
{
  struct image *im = open_bytes (file, NULL);
  struct fault fault;
  struct zstd_index *index = zstd_index_read (im, &fault);

  if (!index)
    fail_msg ("%s", fault.text);
  assert_in_range (zstd_index_nr_spans (index), min, max);
  assert_int_equal (zstd_index_is_sized (index), sized);
  zstd_index_free (index);
  image_close (im);
}

static void
one_frame (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_frame (&file, content.data, LEN, CHECKSUM);
  assert_int_equal (file.data[0], 0x28);
  check_index (&file, 1, 1, true);
  check_reads (&file, &content);
  check_intact (&file, &content, "xxh64", NULL);
  file.len = 0;
  add_frame (&file, content.data, LEN, NO_SIZE);
  check_index (&file, 1, 1, false);
  check_reads (&file, &content);
  check_intact (&file, &content, "none", "no checksum");
  bytes_free (&file);
}

static void
many_frames (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_skippable (&file, 3, 70000);
  add_frame (&file, content.data, 0, 0);
  add_frames (&file, 300000, CHECKSUM);
  add_skippable (&file, 0, 0);
  add_frame (&file, content.data, 0, CHECKSUM);
  check_index (&file, 5, 7, true);
  check_reads (&file, &content);
  check_intact (&file, &content, "mixed", "some");
  file.len = 0;
  add_frame (&file, content.data, 0, NO_SIZE);
  for (size_t done = 0; done < LEN; done += 1234567) {
    size_t n = LEN - done < 1234567 ? LEN - done : 1234567;

    add_frame (&file, content.data + done, n, NO_SIZE | CHECKSUM);
    add_skippable (&file, 15, 12);
  }
  check_index (&file, 5, 6, false);
  check_reads (&file, &content);
  bytes_free (&file);
}

static void
empty_images (void **state)
{
  struct bytes file = { NULL, 0 };
  const struct bytes nothing = { NULL, 0 };

  (void) state;
  add_frame (&file, "", 0, CHECKSUM);
  check_reads (&file, &nothing);
  check_intact (&file, &nothing, "xxh64", NULL);
  file.data[file.len - 1] ^= 1;         /* the checksum of nothing */
  check_damaged (&file, "XXH64 is wrong");
  file.len = 0;
  add_frame (&file, "", 0, NO_SIZE);
  add_frame (&file, "", 0, NO_SIZE);
  check_reads (&file, &nothing);
  bytes_free (&file);
}

static void
seek_tables (void **state)
{
  struct bytes file = make_seekable (512 * 1024, NO_SIZE, false, -1, 0);

  (void) state;
  check_index (&file, 4, 8, true);      /* only the table knows the sizes */
  check_reads (&file, &content);
  check_intact (&file, &content, "none", "no checksum");
  bytes_free (&file);
  file = make_seekable (512 * 1024, CHECKSUM, true, -1, 0);
  check_index (&file, 4, 8, true);
  check_intact (&file, &content, "xxh64", NULL);

  /* A footer that does not fit is no table, and costs nothing. */
  file.data[file.len - 9] ^= 1;
  check_intact (&file, &content, "xxh64", NULL);
  bytes_free (&file);
  /* One that the frames' headers contradict is not used. */
  file = make_seekable (512 * 1024, CHECKSUM, true, 2, 5);
  check_index (&file, 4, 8, true);
  check_reads (&file, &content);
  check_intact (&file, &content, "xxh64", NULL);
  bytes_free (&file);
  /* Only decoding shows that this one lies. */
  file = make_seekable (1100 * 1024, NO_SIZE, false, 2, 5);
  check_damaged (&file, "too little data from frame 3 ");
  bytes_free (&file);
  file = make_seekable (1100 * 1024, NO_SIZE, false, 2, -5);
  check_damaged (&file, "too much data from frame 3 ");
  bytes_free (&file);
}

static void
tiny_frames (void **state)
{
  struct bytes file = { NULL, 0 }, frame = { NULL, 0 }, text = { NULL, 0 };

  (void) state;
  add_frame (&frame, "twelve bytes", 12, 0);
  bytes_add_zeroes (&file, 100000 * frame.len);
  bytes_add_zeroes (&text, 100000 * 12);
  for (int i = 0; i < 100000; i++) {
    memcpy (file.data + (size_t) i * frame.len, frame.data, frame.len);
    memcpy (text.data + i * 12, "twelve bytes", 12);
  }
  check_index (&file, 1, 2, true);
  check_reads (&file, &text);
  check_intact (&file, &text, "none", "no checksum");
  bytes_free (&file);
  bytes_free (&frame);
  bytes_free (&text);
}

/* More frames of 1 MiB than there may be spans: 16 stored bytes each. */
static void
spans_are_bounded (void **state)
{
  enum { NR = 200000 };
  struct bytes file = { NULL, 0 }, frame = { NULL, 0 };

  (void) state;
  /* Window of 128 KiB, content size in 4 bytes; one RLE Block of 128 KiB of
   * zeroes eight times. */
  add_number (&frame, 0xfd2fb528);
  bytes_add (&frame, "\x80\x38", 2);
  add_number (&frame, 8 * 128 * 1024);
  for (int i = 0; i < 8; i++) {
    const uint32_t header = (uint32_t) (128 * 1024) << 3 | 1 << 1 | (i == 7);
    const unsigned char block[4] = {
      (unsigned char) header, (unsigned char) (header >> 8),
      (unsigned char) (header >> 16), 0
    };

    bytes_add (&frame, block, 4);
  }
  bytes_add_zeroes (&file, NR * frame.len);
  for (size_t i = 0; i < NR; i++)
    memcpy (file.data + i * frame.len, frame.data, frame.len);
  check_index (&file, 32768, 65536, true);

  struct image *im = open_bytes (&file, NULL);
  char buf[100];
  memset (buf, 1, sizeof buf);
  uint64_t size;
  assert_int_equal (image_disk_size (im, &size), 0);
  assert_int_equal (size, (uint64_t) NR << 20);
  assert_int_equal (image_pread (im, buf, sizeof buf, (size / 2) - 50), 0);
  for (size_t i = 0; i < sizeof buf; i++)
    assert_int_equal (buf[i], 0);
  image_close (im);
  bytes_free (&file);
  bytes_free (&frame);
}

static void
truncated_files (void **state)
{
  struct bytes file = { NULL, 0 };
  size_t second;

  (void) state;
  add_skippable (&file, 0, 20);
  add_frame (&file, content.data, 300000, CHECKSUM);
  second = file.len;
  add_frame (&file, content.data + 300000, 5000, CHECKSUM);
  /* With less than a magic number it is another format. */
  for (size_t len = 32; len < file.len; len += len + 20 < second ? 4999 : 1) {
    struct bytes cut = { file.data, len };

    if (len != second)
      check_damaged (&cut, "truncated: the file ends at byte ");
  }
  bytes_free (&file);
}

static void
flipped_bits_are_found (void **state)
{
  const struct bytes text = { content.data, 300000 };
  struct bytes file = { NULL, 0 };

  (void) state;
  for (int flags = CHECKSUM; flags <= (CHECKSUM | NO_SIZE); flags += NO_SIZE) {
    file.len = 0;
    add_frame (&file, content.data, 200000, flags);
    add_frame (&file, content.data + 200000, 100000, flags);
    for (size_t i = 4; i < file.len; i += i < HEADER ? 1 : 397) {
      file.data[i] ^= (unsigned char) (1 << i % 8);
      check_not_misread (&file, &text);
      file.data[i] ^= (unsigned char) (1 << i % 8);
    }
  }
  bytes_free (&file);
}

static void
lies_are_found (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_frame (&file, content.data, 100000, CHECKSUM);
  add_frame (&file, content.data, 100000, CHECKSUM);
  /* The content size, 4 bytes behind magic and descriptor (one segment). */
  assert_int_equal (file.data[4] >> 5, 5);
  file.data[5] ^= 1;
  check_damaged (&file, "frame 1 (which begins at byte 0)");
  file.data[8] = 0x7f;
  check_damaged (&file, "frame 1 at byte 0 claims ");
  file.data[8] = 0;
  file.data[5] ^= 1;
  bytes_add (&file, "trailing", 8);
  check_damaged (&file, "there is no zstd frame at byte ");
  bytes_free (&file);
}

static void
refused_formats (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  /* A dictionary's number in one byte, and an old format. */
  bytes_add (&file, "\x28\xb5\x2f\xfd\x01\x38\x07\x01\0\0", 10);
  check_damaged (&file, "needs the dictionary number 7");
  file.len = 0;
  bytes_add (&file, "\x27\xb5\x2f\xfd\x01\x38\x07\x01\0\0", 10);
  check_damaged (&file, "before version 0.8");
  /* A window of 256 MiB, and then of 1 TiB. */
  const struct image_options little = { .memory_limit = 64 << 20 };
  file.len = 0;
  bytes_add (&file, "\x28\xb5\x2f\xfd\0\x90\x01\0\0", 9);
  struct image *im = open_bytes (&file, &little);
  uint64_t size;
  assert_int_equal (image_disk_size (im, &size), -1);
  assert_int_equal (errno, ENOMEM);
  assert_non_null (strstr (reported, "needs 268435456 bytes of memory"));
  image_close (im);
  file.data[5] = 0xf0;
  check_damaged (&file, "more than this libzstd can decode");
  bytes_free (&file);
}

static int
cancel (void *opaque, uint64_t done, uint64_t total)
{
  (void) opaque;
  (void) done;
  (void) total;
  return 1;
}

static void
can_be_cancelled (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  for (int i = 0; i < 2; i++) {
    struct image_scan_result result;
    char error[512];
    uint64_t size;

    file.len = 0;
    add_frames (&file, i ? 1234567 : LEN, NO_SIZE);
    struct image *im = open_bytes (&file, NULL);
    assert_int_equal (image_scan (im, cancel, NULL, &result, error, sizeof error),
                      -1);
    assert_int_equal (errno, ECANCELED);
    assert_int_equal (image_disk_size (im, &size), 0);
    assert_int_equal (size, LEN);
    image_close (im);
  }
  bytes_free (&file);
}

static void
files_of_programs (void **state)
{
  static const char *const commands[] = {
    "zstd -q -1 -c", "zstd -q -19 --no-check -c", "zstd -q --long=27 -T2 -B1M -c",
    "cat | zstd -q --rsyncable -c", "pzstd -q -p 2 -c"
  };
  int run = 0;

  (void) state;
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (!have_program (strstr (commands[i], "pzstd") ? "pzstd" : "zstd"))
      continue;
    struct bytes file = run_filter (commands[i], &content);

    check_reads (&file, &content);
    bytes_free (&file);
    run++;
  }
  if (run == 0)
    skip ();
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (one_frame),
    cmocka_unit_test (many_frames),
    cmocka_unit_test (empty_images),
    cmocka_unit_test (seek_tables),
    cmocka_unit_test (tiny_frames),
    cmocka_unit_test (spans_are_bounded),
    cmocka_unit_test (truncated_files),
    cmocka_unit_test (flipped_bits_are_found),
    cmocka_unit_test (lies_are_found),
    cmocka_unit_test (refused_formats),
    cmocka_unit_test (can_be_cancelled),
    cmocka_unit_test (files_of_programs),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
