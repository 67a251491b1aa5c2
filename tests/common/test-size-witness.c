/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image-support.h"
#include "inflater.h"
#include "size-witness.h"

static unsigned char head[SIZE_WITNESS_HEAD];

static void
put (size_t at, uint64_t value, int size)
{
  for (int i = 0; i < size; i++)
    head[at + (size_t) i] = (unsigned char) (value >> 8 * i);
}

static void
put_partition (int number, unsigned type, uint32_t start, uint32_t count)
{
  const size_t at = 446 + 16 * (size_t) number;

  head[at + 4] = (unsigned char) type;
  put (at + 8, start, 4);
  put (at + 12, count, 4);
  put (510, 0xaa55, 2);
}

static void
put_gpt (unsigned sector, uint64_t last, uint32_t len)
{
  memcpy (head + sector, "EFI PART", 8);
  put (sector + 12, len, 4);
  put (sector + 16, 0, 4);
  put (sector + 24, 1, 8);
  put (sector + 32, last, 8);
  put (sector + 16, inflater_crc32 (0, head + sector, len), 4);
}

static int
clear_head (void **state)
{
  (void) state;
  memset (head, 0, sizeof head);
  return 0;
}

#define MAX (UINT64_C (1) << 45)

static void
check_agreed (uint64_t size, uint64_t hint)
{
  uint64_t found;

  assert_true (size_witness_agree (head, (uint32_t) size, hint, MAX, &found));
  assert_int_equal (found, size);
  assert_false (size_witness_agree (head, (uint32_t) size + 1, hint, MAX, &found));
  assert_false (size_witness_agree (head, (uint32_t) size, hint, size - 1, &found));
}

static void
nothing_agrees_with_nothing (void **state)
{
  uint64_t size;

  (void) state;
  assert_false (size_witness_agree (head, 0, 0, MAX, &size));
  put (510, 0xaa55, 2);
  assert_false (size_witness_agree (head, 0, 0, MAX, &size));
}

static void
mbr (void **state)
{
  uint64_t size;

  (void) state;
  put_partition (1, 0x83, 100000, 23456789);
  put_partition (0, 0x0c, 2048, 4000);
  check_agreed (UINT64_C (512) * 23556789, 0);
  /* Over 4 GiB: only modulo 2^32 of it is in the trailer. */
  assert_true (UINT64_C (512) * 23556789 > UINT32_MAX);
  put_partition (2, 0xee, 1, 0xffffffff);
  assert_false (size_witness_agree (head, (uint32_t) (512 * UINT64_C (23556789)),
                                    0, MAX, &size));
}

static void
gpt (void **state)
{
  uint64_t size;

  (void) state;
  put_partition (0, 0xee, 1, 0xffffffff);
  put_gpt (512, 9999999, 92);
  check_agreed (UINT64_C (5120000000), 0);
  head[512 + 40]++;
  assert_false (size_witness_agree (head, (uint32_t) UINT64_C (5120000000), 0, MAX,
                                    &size));
  put_gpt (512, UINT64_MAX, 92);
  assert_false (size_witness_agree (head, 0, 0, UINT64_MAX, &size));
  put_gpt (512, 9999999, 600);          /* longer than its sector */
  assert_false (size_witness_agree (head, (uint32_t) UINT64_C (5120000000), 0, MAX,
                                    &size));
}

static void
gpt_with_large_sectors (void **state)
{
  (void) state;
  put_gpt (4096, 3000000, 512);
  check_agreed (UINT64_C (3000001) * 4096, 0);
}

static void
companion_file (void **state)
{
  (void) state;
  check_agreed (UINT64_C (123456789012), UINT64_C (123456789012));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (nothing_agrees_with_nothing, clear_head),
    cmocka_unit_test_setup (mbr, clear_head),
    cmocka_unit_test_setup (gpt, clear_head),
    cmocka_unit_test_setup (gpt_with_large_sectors, clear_head),
    cmocka_unit_test_setup (companion_file, clear_head),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
