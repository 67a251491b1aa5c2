/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "progress.h"
#include "size-text.h"

static void
assert_size (uint64_t bytes, const char *expected)
{
  char text[SIZE_TEXT_MAX];

  assert_string_equal (size_text (bytes, text), expected);
}

static void
test_sizes (void **state)
{
  (void) state;
  assert_size (0, "0 bytes");
  assert_size (999, "999 bytes");
  assert_size (1000, "1.0 kB");
  assert_size (999949, "999.9 kB");
  assert_size (999950, "1.0 MB");
  assert_size (31914983424, "31.9 GB");
  assert_size (UINT64_MAX, "18.4 EB");
}

static void
assert_line (uint64_t done, uint64_t total, double rate, const char *expected)
{
  char line[PROGRESS_LINE_MAX];

  progress_format (line, sizeof line, "writing", done, total, rate);
  assert_string_equal (line, expected);
}

static void
test_lines (void **state)
{
  (void) state;
  assert_line (0, 0, 0, "writing  0 bytes");
  assert_line (5000000, 0, 0, "writing  5.0 MB");
  assert_line (0, 2700000000, 0, "writing  0 bytes of 2.7 GB  0 %");
  assert_line (1200000000, 2700000000, 12300000,
               "writing  1.2 GB of 2.7 GB  44 %  12.3 MB/s  2:02 left");
  assert_line (0, 100000000, 10000,
               "writing  0 bytes of 100.0 MB  0 %  10.0 kB/s  2:46:40 left");
  assert_line (100, 100, 50, "writing  100 bytes of 100 bytes  100 %  "
                             "50 bytes/s");
  /* Not yet the end, so not yet 100 %. */
  assert_line (999999999, 1000000000, 0,
               "writing  1.0 GB of 1.0 GB  99 %");
  /* A board that counts wrong. */
  assert_line (300, 200, 10, "writing  300 bytes of 200 bytes  100 %  "
                             "10 bytes/s");
}

static void
test_cut (void **state)
{
  char line[12];

  (void) state;
  progress_format (line, sizeof line, "writing", 1200000000, 2700000000, 1e6);
  assert_string_equal (line, "writing  1.");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sizes),
    cmocka_unit_test (test_lines),
    cmocka_unit_test (test_cut),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
