/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "differing-ranges.h"

#define BLOCKS 256
#define SIZE (BLOCKS * DIFFERING_BLOCK)

static unsigned char disk[SIZE], image[SIZE];

static int
start_equal (void **state)
{
  (void) state;
  memset (disk, 1, sizeof disk);
  memset (image, 1, sizeof image);
  return 0;
}

static void
assert_range (const struct differing_ranges *set, unsigned i, uint64_t start,
              uint64_t end)
{
  assert_int_equal (set->ranges[i].start, start);
  assert_int_equal (set->ranges[i].end, end);
}

static void
test_merging (void **state)
{
  struct differing_ranges set = { .nr = 0 };

  (void) state;
  differing_ranges_compare (&set, 0, disk, image, SIZE);
  assert_int_equal (set.nr, 0);
  disk[0] = disk[3 * DIFFERING_BLOCK - 1] = disk[SIZE - 1] = 2;
  differing_ranges_compare (&set, SIZE, disk, image, SIZE);
  assert_int_equal (set.nr, 3);
  assert_int_equal (set.blocks, 3);
  assert_range (&set, 0, SIZE, SIZE + DIFFERING_BLOCK);
  assert_range (&set, 1, SIZE + 2 * DIFFERING_BLOCK, SIZE + 3 * DIFFERING_BLOCK);
  /* The end of one chunk and the start of the next one are neighbours. */
  differing_ranges_compare (&set, 2 * SIZE, disk, image, DIFFERING_BLOCK + 10);
  assert_int_equal (set.nr, 3);
  assert_int_equal (set.blocks, 4);
  assert_range (&set, 2, 2 * SIZE - DIFFERING_BLOCK, 2 * SIZE + DIFFERING_BLOCK);
}

static void
test_short_block (void **state)
{
  struct differing_ranges set = { .nr = 0 };

  (void) state;
  disk[DIFFERING_BLOCK + 100] = 2;
  differing_ranges_compare (&set, 0, disk, image, DIFFERING_BLOCK + 100);
  assert_int_equal (set.nr, 0);
  differing_ranges_compare (&set, 0, disk, image, DIFFERING_BLOCK + 101);
  assert_int_equal (set.nr, 1);
  assert_range (&set, 0, DIFFERING_BLOCK, DIFFERING_BLOCK + 101);
}

/* What is not kept is counted, and merged all the same. */
static void
test_many (void **state)
{
  struct differing_ranges set = { .nr = 0 };

  (void) state;
  for (unsigned i = 0; i < BLOCKS; i += 2)
    disk[i * DIFFERING_BLOCK] = 2;
  disk[(BLOCKS - 1) * DIFFERING_BLOCK] = 2;
  differing_ranges_compare (&set, 0, disk, image, SIZE);
  differing_ranges_compare (&set, SIZE, disk, image, DIFFERING_BLOCK);
  assert_int_equal (set.nr, BLOCKS / 2);
  assert_int_equal (set.blocks, BLOCKS / 2 + 2);
  assert_range (&set, DIFFERING_RANGES_MAX - 1,
                2 * (DIFFERING_RANGES_MAX - 1) * DIFFERING_BLOCK,
                (2 * DIFFERING_RANGES_MAX - 1) * DIFFERING_BLOCK);
}

static void
test_places (void **state)
{
  static const struct partition_table table = {
    .nr_partitions = 2, .partitions = {
      { 1, 1000, 1000, "FAT" }, { 4, 2000, 500, "Linux" },
    },
  };
  static const struct
  {
    struct differing_range range;
    const char *place;
  } cases[] = {
    { { 0, 1000 }, "before the first partition" },
    { { 0, 1001 }, "before the first partition to partition 1 (FAT)" },
    { { 1000, 2000 }, "partition 1 (FAT)" },
    { { 1999, 2001 }, "partition 1 (FAT) to partition 4 (Linux)" },
    { { 2499, 2501 }, "partition 4 (Linux) to outside of all partitions" },
    { { 2500, 3000 }, "outside of all partitions" },
  };
  static const struct partition_table none;
  char place[DIFFERING_PLACE_MAX];

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal (differing_range_place (&cases[i].range, &table, place),
                         cases[i].place);
  assert_string_equal (differing_range_place (&cases[0].range, &none, place),
                       "outside of all partitions");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (test_merging, start_equal),
    cmocka_unit_test_setup (test_short_block, start_equal),
    cmocka_unit_test_setup (test_many, start_equal),
    cmocka_unit_test (test_places),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
