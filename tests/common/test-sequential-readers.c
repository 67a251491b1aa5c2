/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "image-support.h"
#include "sequential-readers.h"

#define MIB UINT64_C (1048576)

static bool
note (struct sequential_readers *readers, uint64_t offset)
{
  return sequential_readers_note (readers, offset / (24 * MIB) * 24 * MIB,
                                  24 * MIB, offset);
}

static void
start_of_disk_is_sequential (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  assert_true (note (&readers, 0));
}

static void
rising_requests_are_sequential (void **state)
{
  struct sequential_readers readers = { .clock = 0 };
  bool sequential = false;

  (void) state;
  assert_false (note (&readers, 100 * MIB));
  for (unsigned i = 1; i < 6; i++)
    sequential = note (&readers, 100 * MIB + i * 65536);
  assert_true (sequential);
}

static void
random_requests_are_not (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 1; i < 100; i++)
    assert_false (note (&readers, i * 7919 % 100 * 48 * MIB + 24 * MIB));
}

static void
several_readers_with_disorder (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 0; i < 300; i++)
    for (uint64_t r = 0; r < 4; r++) {
      uint64_t offset = r * 1000 * MIB + (i ^ 3) * MIB / 4;
      bool sequential = note (&readers, offset);

      if (i > 50 && i % 8 == 0)
        assert_true (sequential);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (start_of_disk_is_sequential),
    cmocka_unit_test (rising_requests_are_sequential),
    cmocka_unit_test (random_requests_are_not),
    cmocka_unit_test (several_readers_with_disorder),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
