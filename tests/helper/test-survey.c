/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "digest.h"
#include "survey.h"

#define SIZE (100 * (uint64_t) DIGEST_CHUNK + 512)

const char *ram_root = "";     /* what flash-helper.c has */

static struct survey_question q;

static void
assert_taken (const char *line, enum survey_subject subject, uint64_t offset,
              uint64_t length)
{
  assert_true (survey_parse_question (line, SIZE, &q));
  assert_int_equal (q.subject, subject);
  assert_int_equal (q.offset, offset);
  assert_int_equal (q.length, length);
}

static void
test_digests (void **state)
{
  (void) state;
  assert_taken ("digests 0 1\n", SURVEY_DIGESTS, 0, DIGEST_CHUNK);
  assert_taken ("digests 7 64\n", SURVEY_DIGESTS, 7 * DIGEST_CHUNK,
                64 * DIGEST_CHUNK);
  assert_taken ("digests 99 2\n", SURVEY_DIGESTS, 99 * DIGEST_CHUNK,
                DIGEST_CHUNK + 512);
  assert_taken ("digests 100 1\n", SURVEY_DIGESTS, 100 * DIGEST_CHUNK, 512);
}

static void
test_bytes (void **state)
{
  (void) state;
  assert_taken ("read 0 1\n", SURVEY_BYTES, 0, 1);
  assert_taken ("read 4096 1048576\n", SURVEY_BYTES, 4096, DIGEST_CHUNK);
  assert_taken ("read 104857600 512\n", SURVEY_BYTES, 104857600, 512);
}

static void
test_refused (void **state)
{
  static const char *const lines[] = {
    "", "\n", "digests\n", "digests 0\n", "digests 0 1", "digests 0 1 \n",
    "digests 0 1 2\n", "digests  0 1\n", "digests 0 1\nread 0 1\n",
    "digests -1 1\n", "digests +0 1\n", "digests 0x0 1\n", "digests a 1\n",
    "Digests 0 1\n", " digests 0 1\n", "digests 0 1\r\n",
    "digests 0 0\n", "digests 0 65\n", "digests 101 1\n", "digests 100 2\n",
    "digests 18446744073709551615 1\n", "digests 18446744073709551616 1\n",
    "digests 17592186044416 1\n", "digests 0 18446744073709551617\n",
    "read\n", "read 0\n", "read 0 0\n", "read 0 1048577\n", "read 512 512\n",
    "read 104857600 513\n", "read 104861696 1\n",
    "read 18446744073709547520 4096\n", "read 18446744073709551616 1\n",
    "write 0 1\n",
  };

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (survey_parse_question (lines[i], SIZE, &q))
      fail_msg ("it was taken: %s", lines[i]);
}

/* Disks at the limits: no sum may wrap. */
static void
test_sizes (void **state)
{
  (void) state;
  assert_true (survey_parse_question ("digests 0 1\n", 1, &q));
  assert_int_equal (q.length, 1);
  assert_false (survey_parse_question ("digests 0 1\n", 0, &q));
  assert_true (survey_parse_question ("digests 17592186044415 1\n", UINT64_MAX,
                                      &q));
  assert_int_equal (q.length, DIGEST_CHUNK - 1);
  assert_false (survey_parse_question ("digests 17592186044415 2\n", UINT64_MAX,
                                       &q));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_digests),
    cmocka_unit_test (test_bytes),
    cmocka_unit_test (test_refused),
    cmocka_unit_test (test_sizes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
