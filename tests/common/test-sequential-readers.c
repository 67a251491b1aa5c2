/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "image-support.h"
#include "sequential-readers.h"

#define MIB UINT64_C (1048576)

static bool
note (struct sequential_readers *readers, uint64_t offset)
{
  return sequential_readers_note (readers, offset / (24 * MIB) * 24 * MIB,
                                  24 * MIB, offset) != READER_RANDOM;
}

static bool
is_expected (const struct sequential_readers *readers, uint64_t block)
{
  return sequential_readers_distance (readers, block, 24 * MIB) != UINT64_MAX;
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

/* It is told once for each Block, also when requests of two Blocks are mixed. */
static void
entering_is_told_once (void **state)
{
  struct sequential_readers readers = { .clock = 0 };
  unsigned entered = 0;

  (void) state;
  for (uint64_t i = 0; i < 4 * 96; i++) {
    uint64_t offset = (i ^ 5) * MIB / 4;

    if (sequential_readers_note (&readers, offset / (24 * MIB) * 24 * MIB,
                                 24 * MIB, offset) == READER_ENTERS)
      entered++;
  }
  assert_int_equal (entered, 4);
}

static void
active_readers_are_counted (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 0; i < 40; i++)
    for (uint64_t r = 0; r < 3; r++)
      note (&readers, r * 1000 * MIB + i * MIB);
  assert_int_equal (sequential_readers_active (&readers), 3);
  for (uint64_t i = 0; i < 1000; i++)
    note (&readers, 5000 * MIB + i * MIB);
  assert_int_equal (sequential_readers_active (&readers), 1);
}

static void
readers_behind_are_expected (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 0; i < 200; i++)
    note (&readers, i * MIB);
  assert_false (is_expected (&readers, 96 * MIB));
  note (&readers, 0);           /* another one begins */
  assert_true (is_expected (&readers, 96 * MIB));
  assert_true (is_expected (&readers, 0));
  for (uint64_t i = 1; i < 48; i++)
    note (&readers, i * MIB);
  assert_false (is_expected (&readers, 0));
}

static void
readers_of_pieces_are_not_expected (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 0; i < 48; i++) {
    note (&readers, i * MIB);
    note (&readers, (120 + i) * MIB);
  }
  assert_false (is_expected (&readers, 120 * MIB));
  assert_true (is_expected (&readers, 96 * MIB));
}

/* A client that reads chunk after chunk, over 8 connections: the chunks of a window
 * come in any order. */
static void
connections_of_a_client_are_one_reader (void **state)
{
  struct sequential_readers readers = { .clock = 0 };
  unsigned entered[400] = { 0 };

  (void) state;
  for (uint64_t i = 0; i < 400; i++) {
    uint64_t chunk = i / 8 * 8 + (i * 5 + i / 8) % 8;

    switch (sequential_readers_note (&readers, chunk * MIB, MIB, chunk * MIB)) {
    case READER_ENTERS:
      entered[chunk]++;
      break;
    case READER_RANDOM:
      if (i > 16)
        fail_msg ("chunk %u is random", (unsigned) chunk);
      break;
    case READER_SEQUENTIAL:
      break;
    }
  }
  assert_int_equal (sequential_readers_active (&readers), 1);
  for (unsigned i = 0; i < 400; i++)
    assert_in_range (entered[i], 0, 1);
}

/* A board that comes along a thousand times slower than the others is waited for. */
static void
slow_readers_are_expected (void **state)
{
  struct sequential_readers readers = { .clock = 0 };
  uint64_t fast = 0;

  (void) state;
  for (uint64_t slow = 0; slow < 8; slow++) {
    note (&readers, slow * MIB);
    for (unsigned i = 0; i < 1000; i++)
      note (&readers, fast++ * MIB / 4);
    if (slow > 3) {             /* now it is known that there are two */
      assert_true (is_expected (&readers, 48 * MIB));
      assert_true (is_expected (&readers, 480 * MIB));
    }
  }
}

/* But not for ever. */
static void
readers_that_left_are_not (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  note (&readers, 0);
  for (uint64_t i = 1; i < 40000; i++)
    note (&readers, i * MIB / 4);
  assert_false (is_expected (&readers, 480 * MIB));
}

/* Two that begin together are one at first. */
static void
readers_come_apart (void **state)
{
  struct sequential_readers readers = { .clock = 0 };

  (void) state;
  for (uint64_t i = 0; i < 200; i++) {
    note (&readers, i * MIB);
    if (i % 4 == 0)
      note (&readers, i / 4 * MIB);
  }
  assert_int_equal (sequential_readers_active (&readers), 2);
  assert_true (is_expected (&readers, 96 * MIB));
  /* The nearest one counts. */
  assert_in_range (sequential_readers_distance (&readers, 72 * MIB, 24 * MIB),
                   22 * MIB, 23 * MIB);
  assert_in_range (sequential_readers_distance (&readers, 240 * MIB, 24 * MIB),
                   40 * MIB, 42 * MIB);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (start_of_disk_is_sequential),
    cmocka_unit_test (rising_requests_are_sequential),
    cmocka_unit_test (random_requests_are_not),
    cmocka_unit_test (several_readers_with_disorder),
    cmocka_unit_test (entering_is_told_once),
    cmocka_unit_test (active_readers_are_counted),
    cmocka_unit_test (readers_behind_are_expected),
    cmocka_unit_test (readers_of_pieces_are_not_expected),
    cmocka_unit_test (connections_of_a_client_are_one_reader),
    cmocka_unit_test (slow_readers_are_expected),
    cmocka_unit_test (readers_that_left_are_not),
    cmocka_unit_test (readers_come_apart),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
