/* SPDX-License-Identifier: MIT */
/* Files of very many tiny Blocks, Streams or members: opened, scanned and read in
 * a time and a memory that do not grow out of hand. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hostile-support.h"

#define NR 100000
#define LIMIT (64 * MEBIBYTE)
#define RSS_MAX (LIMIT + 96 * MEBIBYTE)
#define READS 200

static struct bytes content;    /* of one part */

static int
set_up (void **state)
{
  (void) state;
  content = make_content (100, 9);
  for (size_t i = 0; i < content.len; i++)
    content.data[i] = (unsigned char) (i + 1);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  return 0;
}

static void
check_read (struct image *im, size_t len, uint64_t offset)
{
  static unsigned char buf[65536];

  CHILD_CHECK (image_pread (im, buf, len, offset) == 0);
  for (size_t i = 0; i < len; i++)
    CHILD_CHECK (buf[i] == content.data[(offset + i) % content.len]);
}

static void
use_parts (const struct bytes *file)
{
  const struct image_options options = { .memory_limit = LIMIT, .threads = 2 };
  unsigned seed = 4;
  struct image *im;
  char reason[1024];
  uint64_t size;

  CHILD_CHECK (open_and_scan (file, &options, &im, reason) == 0);
  CHILD_CHECK (image_disk_size (im, &size) == 0);
  CHILD_CHECK (size % content.len == 0 && size >= 10000 * content.len);
  for (int i = 0; i < READS; i++) {
    size_t len = 1 + (size_t) rand_r (&seed) % (i % 10 ? 1000 : 65536);

    check_read (im, len, (uint64_t) rand_r (&seed) % (size - len));
  }
  image_close (im);
}

static void
blocks_of_one_stream (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_xz_blocks (&file, &content, NR);
  run_watched ("100,000 Blocks", use_parts, &file, RSS_MAX, 40);
  bytes_free (&file);
}

static void
xz_streams (void **state)
{
  struct bytes file = { NULL, 0 }, part = { NULL, 0 };

  (void) state;
  add_xz_stream (&part, content.data, content.len, 0, LZMA_CHECK_CRC32);
  add_repeated (&file, &part, NR);
  run_watched ("100,000 Streams", use_parts, &file, RSS_MAX, 40);
  bytes_free (&part);
  bytes_free (&file);
}

static void
gzip_members (void **state)
{
  struct bytes file = { NULL, 0 }, part = { NULL, 0 };

  (void) state;
  add_gzip_member (&part, content.data, content.len, 6);
  add_repeated (&file, &part, NR);
  run_watched ("100,000 members", use_parts, &file, RSS_MAX, 40);
  bytes_free (&part);
  bytes_free (&file);
}

static void
repeat_format (const char *name, const char *what, size_t times)
{
  struct bytes file = { NULL, 0 }, part = { NULL, 0 };

  for (size_t i = 0; i < nr_hostile_formats; i++)
    if (strcmp (hostile_formats[i].name, name) == 0)
      hostile_formats[i].make (&part, &content);
  assert_true (part.len > 0);
  add_repeated (&file, &part, times);
  run_watched (what, use_parts, &file, RSS_MAX, 40);
  bytes_free (&part);
  bytes_free (&file);
}

static void
zstd_frames (void **state)
{
  (void) state;
  repeat_format ("zstd", "100,000 frames", NR);
}

static void
bzip2_streams (void **state)
{
  (void) state;
  repeat_format ("bzip2", "10,000 bzip2 streams", 10000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (blocks_of_one_stream),
    cmocka_unit_test (xz_streams),
    cmocka_unit_test (gzip_members),
    cmocka_unit_test (zstd_frames),
    cmocka_unit_test (bzip2_streams),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
