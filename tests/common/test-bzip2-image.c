/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <bzlib.h>

#include "bzip2-magic.h"
#include "format-checks.h"
#include "image-ops.h"

#define LEN (2 * 1024 * 1024 + 54321)

static struct bytes content, mixed;     /* MIXED: small, hard to compress */

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 42);
  for (size_t i = 0; i + 16000 < LEN; i += 16000)
    bytes_add (&mixed, content.data + i, 1000);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  bytes_free (&mixed);
  return 0;
}

static void
add_stream (struct bytes *b, const void *data, size_t len, int level)
{
  unsigned room = (unsigned) (len + len / 50 + 600);
  char *out = malloc (room);

  assert_int_equal (BZ2_bzBuffToBuffCompress (out, &room, (char *) (uintptr_t) data,
                                              (unsigned) len, level, 0, 0), BZ_OK);
  bytes_add (b, out, room);
  free (out);
}

static void
all_levels (void **state)
{
  (void) state;
  for (int level = 1; level <= 9; level += 8) {
    struct bytes file = { NULL, 0 };

    add_stream (&file, content.data, LEN, level);
    check_reads (&file, &content);
    if (level == 1)
      check_intact (&file, &content, "crc32", NULL);
    bytes_free (&file);
  }
}

static void
many_streams (void **state)
{
  struct bytes file = { NULL, 0 };
  int level = 1;

  (void) state;
  add_stream (&file, "", 0, 5);
  for (size_t done = 0; done < LEN; done += 333333, level = level % 9 + 1) {
    add_stream (&file, content.data + done,
                LEN - done < 333333 ? LEN - done : 333333, level);
    if (level % 3 == 0)
      add_stream (&file, "", 0, 9);
  }
  check_reads (&file, &content);
  check_intact (&file, &content, "crc32", NULL);
  bytes_add (&file, "{ \"metadata\": 1 }", 17);
  check_intact (&file, &content, "crc32", "17 bytes after the last bzip2 stream");
  bytes_free (&file);
}

static void
tiny_streams (void **state)
{
  struct bytes file = { NULL, 0 }, stream = { NULL, 0 }, text = { NULL, 0 };

  (void) state;
  add_stream (&stream, "tiny", 4, 9);
  for (int i = 0; i < 500; i++) {
    bytes_add (&file, stream.data, stream.len);
    bytes_add (&text, "tiny", 4);
  }
  check_intact (&file, &text, "crc32", NULL);
  bytes_free (&file);
  bytes_free (&stream);
  bytes_free (&text);
}

static void
empty_image (void **state)
{
  struct bytes file = { NULL, 0 };
  const struct bytes nothing = { NULL, 0 };

  (void) state;
  add_stream (&file, "", 0, 9);
  add_stream (&file, "", 0, 1);
  check_reads (&file, &nothing);
  check_intact (&file, &nothing, "crc32", NULL);
  bytes_free (&file);
}

/* Zeroes: a block has 45 MB of content, more than there may be in memory. */
static void
large_blocks (void **state)
{
  struct bytes file = { NULL, 0 }, zeroes = { NULL, 0 };
  const struct image_options little = { .memory_limit = 16 << 20, .threads = 2 };
  struct rusage before, after;
  uint64_t size;
  char buf[100];

  (void) state;
  bytes_add_zeroes (&zeroes, 100 << 20);
  zeroes.data[zeroes.len - 1] = 1;
  add_stream (&file, zeroes.data, zeroes.len, 9);
  struct image *im = open_bytes (&file, &little);
  getrusage (RUSAGE_SELF, &before);
  assert_int_equal (image_disk_size (im, &size), 0);
  getrusage (RUSAGE_SELF, &after);
  assert_int_equal (size, zeroes.len);
  bytes_free (&zeroes);
  assert_int_equal (image_pread (im, buf, sizeof buf, size - sizeof buf), 0);
  assert_int_equal (buf[98], 0);
  assert_int_equal (buf[99], 1);
  image_close (im);
  bytes_free (&file);
}

/* The magic number of a block within a block's own data, in a byte, with the
 * random bits that a block has there: the finder stumbles, the pass not. */
static void
magic_within_a_block (void **state)
{
  struct bytes file = { NULL, 0 };
  unsigned char *noise = malloc (800000);
  unsigned seed = 3;

  (void) state;
  for (size_t i = 0; i < 800000; i++)
    noise[i] = (unsigned char) (rand_r (&seed) >> 4);
  add_stream (&file, noise, 800000, 9);
  const size_t middle = file.len / 2;
  const unsigned char magic[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
  memcpy (file.data + middle, magic, sizeof magic);
  /* That damages the block; so it is named, not the one that seems to begin
   * there. */
  check_damaged (&file, "the block at byte 4 (bit 0): damaged data");
  free (noise);
  bytes_free (&file);
}

static void
truncated_files (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_stream (&file, mixed.data, mixed.len - 3000, 1);
  size_t second = file.len;
  add_stream (&file, mixed.data + mixed.len - 3000, 3000, 1);
  for (size_t len = 14; len < file.len; len += len + 20 < second ? 3001 : 5) {
    struct bytes cut = { file.data, len };

    if (len < second || len >= second + 4)
      check_damaged (&cut, "truncated: the file ends at byte ");
  }
  bytes_free (&file);
}

static void
flipped_bits_are_found (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_stream (&file, mixed.data, mixed.len - 10000, 1);
  size_t second = file.len;
  add_stream (&file, mixed.data + mixed.len - 10000, 10000, 9);
  for (size_t i = 10; i < file.len; i += 1499) {
    /* A header that is none makes trailing garbage of what follows, as it does
     * for bzip2 itself. */
    if (i >= second && i < second + 4)
      continue;
    file.data[i] ^= (unsigned char) (1 << i % 8);
    check_not_misread (&file, &mixed);
    file.data[i] ^= (unsigned char) (1 << i % 8);
  }
  bytes_free (&file);
}

static void
damage_is_named (void **state)
{
  struct bytes file = { NULL, 0 };
  uint64_t bit;

  (void) state;
  add_stream (&file, content.data, 250000, 1);
  file.data[file.len - 3] ^= 0x10;      /* the stream's CRC, at any bit */
  check_damaged (&file, "the CRC32 of the stream at byte 0");
  file.data[file.len - 3] ^= 0x10;
  assert_true (bzip2_find_block (file.data, file.len, 33, &bit));
  file.data[10] ^= 1;                   /* the first block's CRC */
  check_damaged (&file, "the block at byte 4 (bit 0): damaged data: its CRC32");
  file.data[10] ^= 1;
  char text[100];
  file.data[bit / 8 + 8] ^= 1;          /* the second block's */
  snprintf (text, sizeof text, "the block at byte %u (bit %u): damaged data: its "
            "CRC32", (unsigned) (bit / 8), (unsigned) (bit % 8));
  check_damaged (&file, text);
  file.data[bit / 8 + 8] ^= 1;
  file.data[file.len] = 0;
  bytes_add (&file, "BZh9 is no stream", 17);
  check_damaged (&file, "begins with neither a block nor its end");
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
  struct image_scan_result result;
  char error[512];
  uint64_t size;

  (void) state;
  add_stream (&file, content.data, LEN, 9);
  struct image *im = open_bytes (&file, NULL);
  assert_int_equal (image_scan (im, cancel, NULL, &result, error, sizeof error),
                    -1);
  assert_int_equal (errno, ECANCELED);
  image_close (im);             /* while it rests */
  im = open_bytes (&file, NULL);
  assert_int_equal (image_scan (im, cancel, NULL, &result, error, sizeof error),
                    -1);
  assert_int_equal (image_disk_size (im, &size), 0);
  assert_int_equal (size, LEN);
  image_close (im);
  bytes_free (&file);
}

static void
files_of_programs (void **state)
{
  static const char *const commands[] = {
    "bzip2 -9 -c", "lbzip2 -n 2 -c", "pbzip2 -p2 -1 -c"
  };
  int run = 0;

  (void) state;
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    char name[20] = "";

    sscanf (commands[i], "%19s", name);
    if (!have_program (name))
      continue;
    struct bytes file = run_filter (commands[i], &content);

    check_decodes (&file, &content);
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
    cmocka_unit_test (all_levels),
    cmocka_unit_test (many_streams),
    cmocka_unit_test (tiny_streams),
    cmocka_unit_test (empty_image),
    cmocka_unit_test (large_blocks),
    cmocka_unit_test (magic_within_a_block),
    cmocka_unit_test (truncated_files),
    cmocka_unit_test (flipped_bits_are_found),
    cmocka_unit_test (damage_is_named),
    cmocka_unit_test (can_be_cancelled),
    cmocka_unit_test (files_of_programs),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
