/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "integrity-record.h"

#define GOOD "version=1\nalgorithm=xxh3-128\nchunk-size=1048576\n" \
             "disk-size=3145729\nchunks=4\n"

static int
check (const char *text)
{
  char header[DIGESTS_HEADER_SIZE] = "";

  snprintf (header, sizeof header, "%s", text);
  return digests_header_check (header, 3145729);
}

static void
test_header (void **state)
{
  (void) state;
  assert_int_equal (check (GOOD), 0);
  assert_int_equal (check (GOOD "future=key\n"), 0);
  assert_int_equal (check (""), -1);
  assert_int_equal (check ("version=1\nalgorithm=xxh3-128\n"), -1);
  assert_int_equal (check ("version=2\nalgorithm=xxh3-128\n"
                           "chunk-size=1048576\ndisk-size=3145729\n"
                           "chunks=4\n"), -1);
  assert_int_equal (check ("version=1\nalgorithm=xxh3-128\n"
                           "chunk-size=1048576\ndisk-size=3145729\n"
                           "chunks=40\n"), -1);
  assert_int_equal (check ("version=1\nalgorithm=xxh3-128\n"
                           "chunk-size=4096\ndisk-size=3145729\n"
                           "chunks=769\n"), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_header) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
