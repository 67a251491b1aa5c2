/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image-patch.h"
#include "image-support.h"

#define DISK (1u << 20)

static unsigned char *
make (struct image_patch *patch, size_t *size)
{
  *patch = (struct image_patch) { .disk_size = DISK };
  assert_int_equal (image_patch_add (patch, 100, "abc", 3), 0);
  assert_int_equal (image_patch_add (patch, 103, "def", 3), 0);
  assert_int_equal (image_patch_add (patch, 4096, "ghi", 3), 0);
  assert_int_equal (image_patch_add (patch, DISK - 2, "yz", 2), 0);
  assert_int_equal (patch->nr_ranges, 3);
  unsigned char *file = image_patch_make_file (patch, size);
  assert_non_null (file);
  return file;
}

static void
test_round_trip (void **state)
{
  struct image_patch made, got;
  unsigned char buf[16];
  size_t size;
  unsigned char *file = make (&made, &size);

  (void) state;
  assert_int_equal (image_patch_read_file (&got, file, size, DISK), 0);
  assert_int_equal (got.nr_ranges, 3);
  assert_int_equal (got.ranges[0].offset, 100);
  assert_int_equal (got.ranges[0].length, 6);
  assert_int_equal (got.ranges[2].offset, DISK - 2);
  assert_memory_equal (got.digest, made.digest, DIGEST_SIZE);

  memset (buf, '.', sizeof buf);
  assert_true (image_patch_lay_over (&got, buf, 8, 98));
  assert_memory_equal (buf, "..abcdef........", 16);
  memset (buf, '.', sizeof buf);
  assert_true (image_patch_lay_over (&got, buf, 2, 102));
  assert_memory_equal (buf, "cd..............", 16);
  assert_true (image_patch_lay_over (&got, buf, 16, DISK - 16));
  assert_memory_equal (buf, "cd............yz", 16);
  assert_false (image_patch_lay_over (&got, buf, 16, 106));
  assert_false (image_patch_lay_over (&got, buf, 10, 90));
  assert_false (image_patch_lay_over (&got, buf, 16, 8192));
  assert_memory_equal (buf, "cd............yz", 16);
  image_patch_release (&got);
  image_patch_release (&made);
  free (file);
}

/* A read over several ranges, and over nothing but their ends. */
static void
test_large_window (void **state)
{
  struct image_patch patch;
  size_t size;
  unsigned char *file = make (&patch, &size), *buf = calloc (1, DISK);
  unsigned sum = 0;

  (void) state;
  assert_non_null (buf);
  assert_true (image_patch_lay_over (&patch, buf, DISK, 0));
  for (size_t i = 0; i < DISK; i++)
    sum += buf[i] != 0;
  assert_int_equal (sum, 11);
  assert_memory_equal (buf + 4096, "ghi", 3);
  assert_int_equal (image_patch_find (&patch, 105)->offset, 100);
  assert_int_equal (image_patch_find (&patch, 106)->offset, 4096);
  assert_null (image_patch_find (&patch, DISK));
  free (buf);
  free (file);
  image_patch_release (&patch);
}

static void
test_empty (void **state)
{
  struct image_patch patch = { .disk_size = DISK }, got;
  size_t size;
  unsigned char *file = image_patch_make_file (&patch, &size);

  (void) state;
  assert_int_equal (size, IMAGE_PATCH_LEAST_FILE);
  assert_int_equal (image_patch_read_file (&got, file, size, DISK), 0);
  assert_null (image_patch_find (&got, 0));
  image_patch_release (&got);
  free (file);
}

static void
test_bad_additions (void **state)
{
  struct image_patch patch = { .disk_size = DISK };
  unsigned char *much = calloc (1, IMAGE_PATCH_MAX_DATA);

  (void) state;
  assert_non_null (much);
  assert_int_equal (image_patch_add (&patch, DISK - 1, "ab", 2), -1);
  assert_int_equal (image_patch_add (&patch, UINT64_MAX, "ab", 2), -1);
  assert_int_equal (image_patch_add (&patch, 10, "ab", 2), 0);
  assert_int_equal (image_patch_add (&patch, 11, "ab", 2), -1);
  assert_int_equal (image_patch_add (&patch, 0, "a", 1), -1);
  patch.disk_size = UINT64_MAX;
  clear_report ();
  assert_int_equal (image_patch_add (&patch, 100, much, IMAGE_PATCH_MAX_DATA), -1);
  assert_non_null (strstr (reported, "more than 64 MiB"));
  assert_int_equal (image_patch_add (&patch, 100, much, IMAGE_PATCH_MAX_DATA - 2),
                    0);
  free (much);
  image_patch_release (&patch);
}

/* -- Files that lie -------------------------------------------------------- */

/* FILE with the digest that makes it whole. */
static void
seal (unsigned char *file, size_t size)
{
  digest_of (file, size - DIGEST_SIZE, file + size - DIGEST_SIZE);
}

static void
expect_refused (const unsigned char *file, size_t size, const char *why)
{
  struct image_patch patch;
  unsigned char *exact = malloc (size ? size : 1);

  assert_non_null (exact);
  memcpy (exact, file, size);
  clear_report ();
  assert_int_equal (image_patch_read_file (&patch, exact, size, DISK), -1);
  assert_non_null (strstr (reported, why));
  assert_null (patch.ranges);
  free (exact);
}

static void
test_damage (void **state)
{
  struct image_patch patch;
  size_t size;
  unsigned char *file = make (&patch, &size);

  (void) state;
  for (size_t n = 0; n < size; n++)
    expect_refused (file, n, "size is wrong");
  for (size_t i = 0; i < size; i++) {
    file[i] ^= 0x40;
    expect_refused (file, size, "");
    file[i] ^= 0x40;
  }
  expect_refused (file, size - 1, "size is wrong");
  free (file);
  image_patch_release (&patch);
}

/* Byte AT of a whole file becomes VALUE, and the digest is right. */
static void
forge (size_t at, unsigned char value, const char *why)
{
  struct image_patch patch;
  size_t size;
  unsigned char *file = make (&patch, &size);

  file[at] = value;
  seal (file, size);
  expect_refused (file, size, why);
  free (file);
  image_patch_release (&patch);
}

static void
test_forged (void **state)
{
  (void) state;
  forge (0, 'X', "no patch of this version");
  forge (11, 2, "no patch of this version");
  forge (12, 0xff, "size is wrong");            /* the number of ranges */
  forge (15, 4, "size is wrong");
  forge (16, 1, "another image");
  forge (24, 0xff, "size is wrong");            /* the data */
  forge (31, 12, "size is wrong");
  forge (32, 0xff, "not in order");             /* the first offset */
  forge (47, 0, "not in order");                /* the first length */
  forge (47, 200, "not in order");
  forge (47, 5, "not use all");
  forge (40, 0xff, "not in order");
  forge (32 + 16 + 6, 0, "not in order");       /* the second before the first */
  forge (32 + 32 + 7, 0xff, "not in order");    /* the third beyond the disk */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip),
    cmocka_unit_test (test_large_window),
    cmocka_unit_test (test_empty),
    cmocka_unit_test (test_bad_additions),
    cmocka_unit_test (test_damage),
    cmocka_unit_test (test_forged),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
