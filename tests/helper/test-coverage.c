/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "coverage.h"

static void
test_whole (void **state)
{
  struct coverage c;

  (void) state;
  coverage_start (&c, 100);
  assert_false (coverage_is_whole (&c));
  assert_int_equal (coverage_add (&c, 50, 50), 0);
  assert_int_equal (coverage_add (&c, 0, 20), 0);
  assert_false (coverage_is_whole (&c));
  assert_int_equal (coverage_add (&c, 20, 30), 0);
  assert_true (coverage_is_whole (&c));
  assert_int_equal (coverage_add (&c, 99, 1), -1);
}

/* Against a map of bytes, at random; seeded, so that a failure comes again. */
static void
test_like_a_map (void **state)
{
  (void) state;
  srand (1);
  for (int round = 0; round < 2000; round++) {
    unsigned char map[64] = { 0 };
    struct coverage c;

    coverage_start (&c, sizeof map);
    for (int i = 0; i < 60; i++) {
      uint32_t start = (uint32_t) rand () % sizeof map;
      uint32_t len = 1 + (uint32_t) rand () % 8;
      if (len > sizeof map - start)
        len = (uint32_t) sizeof map - start;
      int overlaps = memchr (map + start, 1, len) != NULL;

      assert_int_equal (coverage_add (&c, start, len), overlaps ? -1 : 0);
      if (!overlaps)
        memset (map + start, 1, len);
      assert_int_equal (coverage_is_whole (&c),
                        memchr (map, 0, sizeof map) == NULL);
    }
  }
}

static void
test_too_scattered (void **state)
{
  struct coverage c;

  (void) state;
  coverage_start (&c, 1000);
  for (uint32_t i = 0; i < COVERAGE_RANGES; i++)
    assert_int_equal (coverage_add (&c, 4 * i, 1), 0);
  assert_int_equal (coverage_add (&c, 998, 1), -1);
  assert_int_equal (coverage_add (&c, 1, 3), 0);
  assert_int_equal (coverage_add (&c, 998, 1), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_whole),
    cmocka_unit_test (test_like_a_map),
    cmocka_unit_test (test_too_scattered),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
