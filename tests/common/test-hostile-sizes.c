/* SPDX-License-Identifier: MIT */
/* Sizes that lie, and files whose disk view is far larger than they: memory stays
 * bounded, and so does the time of whatever can be interrupted. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostile-support.h"

#define LIMIT (64 * MEBIBYTE)
/* Decoded data and decoders stay below LIMIT; the rest is for tables, stacks and
 * the copy that a test makes. */
#define RSS_MAX (LIMIT + 48 * MEBIBYTE)

static const struct image_options options = { .memory_limit = LIMIT, .threads = 2 };

/* -- The Index ------------------------------------------------------------- */

static void
use_index_bomb (const struct bytes *file)
{
  struct image *im;
  char reason[1024], byte;
  uint64_t size;

  CHILD_CHECK (open_and_scan (file, &options, &im, reason) == -1);
  CHILD_CHECK (im && strstr (reason, "Block 1 ") != NULL);
  CHILD_CHECK (image_disk_size (im, &size) == 0);
  for (uint64_t i = 0; i < 1000; i++)
    CHILD_CHECK (image_pread (im, &byte, 1, size / 1000 * i) == -1);
  image_close (im);
}

static void
index_of_millions_of_blocks (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_xz_claims (&file, 3000000, 65536);
  run_watched ("3,000,000 Blocks in the Index", use_index_bomb, &file, RSS_MAX, 20);
  bytes_free (&file);
}

static void
use_refused (const struct bytes *file)
{
  CHILD_CHECK (open_bytes (file, &options) == NULL);
  CHILD_CHECK (reported[0] != '\0');
}

static void
index_of_too_many_blocks (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_xz_claims (&file, 5000000, 1);
  run_watched ("5,000,000 Blocks in the Index", use_refused, &file, RSS_MAX, 20);
  bytes_free (&file);
}

#define FAR (UINT64_C (16) << 40)

/* The first Block claims 16 TiB, so that the second one, which is real, lies far
 * up: what is learned of it must not need a table as large as that. */
static void
use_far_block (const struct bytes *file)
{
  struct image *im = open_bytes (file, &options);
  unsigned char byte;

  CHILD_CHECK (im);
  CHILD_CHECK (image_pread (im, &byte, 1, FAR) == 0);
  CHILD_CHECK (byte == 'x');
  CHILD_CHECK (image_pread (im, &byte, 1, 5) == -1);
  image_close (im);
}

static void
block_behind_a_huge_one (void **state)
{
  struct bytes file = { NULL, 0 }, content = { NULL, 0 };

  (void) state;
  bytes_add_zeroes (&content, 2 * MEBIBYTE);
  memset (content.data, 'x', content.len);
  add_xz_claims (&file, 1, FAR);
  add_xz_blocks (&file, &content, 1);
  run_watched ("a Block at 16 TiB", use_far_block, &file, RSS_MAX, 20);
  bytes_free (&content);
  bytes_free (&file);
}

/* -- The dictionary -------------------------------------------------------- */

/* Give the first Block's LZMA2 filter another dictionary size (The .xz File Format,
 * sections 3.1 and 5.3.1). */
static void
forge_dictionary (struct bytes *file, unsigned char code)
{
  unsigned char *header = file->data + LZMA_STREAM_HEADER_SIZE;
  size_t size = lzma_block_header_size_decode (header[0]);
  size_t at = 2;

  while (header[at] != 0x21 || header[at + 1] != 1)
    at++;
  header[at + 2] = code;
  uint32_t crc = lzma_crc32 (header, size - 4, 0);
  for (int i = 0; i < 4; i++)
    header[size - 4 + (size_t) i] = (unsigned char) (crc >> (8 * i));
}

static void
use_small_block (const struct bytes *file)
{
  struct image *im;
  char reason[1024], buf[1000];

  CHILD_CHECK (open_and_scan (file, &options, &im, reason) == 0);
  CHILD_CHECK (image_pread (im, buf, sizeof buf, 0) == 0);
  image_close (im);
}

static void
huge_dictionary_of_a_tiny_block (void **state)
{
  struct bytes file = { NULL, 0 }, content = make_content (1000, 1);

  (void) state;
  add_xz_blocks (&file, &content, 1);
  forge_dictionary (&file, 40);         /* 4 GiB - 1 */
  run_watched ("a dictionary of 4 GiB", use_small_block, &file, 8 * MEBIBYTE, 20);
  bytes_free (&content);
  bytes_free (&file);
}

static void
use_large_dictionary (const struct bytes *file)
{
  struct image *im;
  char reason[1024], byte;

  CHILD_CHECK (open_and_scan (file, &options, &im, reason) == -1);
  CHILD_CHECK (strstr (reason, "of memory to be decoded"));
  CHILD_CHECK (image_pread (im, &byte, 1, 0) == -1 && errno == ENOMEM);
  image_close (im);
}

static void
large_dictionary_of_a_large_block (void **state)
{
  struct bytes file = { NULL, 0 }, content = { NULL, 0 };

  (void) state;
  bytes_add_zeroes (&content, 256 * MEBIBYTE);
  add_xz_blocks (&file, &content, 1);
  bytes_free (&content);
  forge_dictionary (&file, 40);
  run_watched ("a dictionary of 256 MiB", use_large_dictionary, &file, RSS_MAX, 20);
  bytes_free (&file);
}

/* -- Bombs ----------------------------------------------------------------- */

static int
cancel_soon (void *opaque, uint64_t done, uint64_t total)
{
  (void) done;
  (void) total;
  return ++*(int *) opaque > 2;
}

static double
seconds_since (const struct timespec *start)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) (t.tv_sec - start->tv_sec)
         + (double) (t.tv_nsec - start->tv_nsec) / 1e9;
}

/* The first bytes come at once; a scan can be cancelled, the image closed. */
static void
use_bomb_a_little (const struct bytes *file)
{
  struct image *im = open_bytes (file, &options);
  struct image_scan_result result;
  struct timespec start;
  char buf[65536], error[100];
  int calls = 0;

  CHILD_CHECK (im);
  clock_gettime (CLOCK_MONOTONIC, &start);
  CHILD_CHECK (image_pread (im, buf, sizeof buf, 12345) == 0);
  CHILD_CHECK (seconds_since (&start) < 5);
  CHILD_CHECK (image_scan (im, cancel_soon, &calls, &result, error,
                           sizeof error) == -1);
  CHILD_CHECK (errno == ECANCELED);
  image_close (im);
  CHILD_CHECK (seconds_since (&start) < 8);
}

static void
use_bomb_wholly (const struct bytes *file)
{
  struct image *im;
  char reason[1024];
  unsigned char buf[65536];
  uint64_t size;

  CHILD_CHECK (open_and_scan (file, &options, &im, reason) == 0);
  CHILD_CHECK (image_disk_size (im, &size) == 0);
  for (uint64_t i = 0; i < 16; i++) {
    CHILD_CHECK (image_pread (im, buf, sizeof buf, size / 16 * i) == 0);
    CHILD_CHECK (buf[0] == 0 && memcmp (buf, buf + 1, sizeof buf - 1) == 0);
  }
  image_close (im);
}

static void
gzip_bomb (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_gzip_zeroes (&file, 10240 * MEBIBYTE);
  run_watched ("gzip, 10 GiB of zeroes, cancelled", use_bomb_a_little, &file, RSS_MAX,
               20);
  file.len = 0;
  add_gzip_zeroes (&file, 512 * MEBIBYTE);
  run_watched ("gzip, 512 MiB of zeroes", use_bomb_wholly, &file, RSS_MAX, 20);
  bytes_free (&file);
}

static void
xz_bomb (void **state)
{
  struct bytes file = { NULL, 0 }, zeroes = { NULL, 0 };

  (void) state;
  bytes_add_zeroes (&zeroes, 16 * MEBIBYTE);
  add_xz_blocks (&file, &zeroes, 640);
  run_watched ("xz, 10 GiB of zeroes, cancelled", use_bomb_a_little, &file, RSS_MAX,
               20);
  file.len = 0;
  add_xz_blocks (&file, &zeroes, 32);
  run_watched ("xz, 512 MiB of zeroes", use_bomb_wholly, &file, RSS_MAX, 20);
  bytes_free (&zeroes);
  bytes_free (&file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (index_of_millions_of_blocks),
    cmocka_unit_test (index_of_too_many_blocks),
    cmocka_unit_test (block_behind_a_huge_one),
    cmocka_unit_test (huge_dictionary_of_a_tiny_block),
    cmocka_unit_test (large_dictionary_of_a_large_block),
    cmocka_unit_test (gzip_bomb),
    cmocka_unit_test (xz_bomb),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
