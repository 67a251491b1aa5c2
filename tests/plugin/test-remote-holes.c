/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "remote-holes.h"

static struct remote_holes holes;

static int
set_up (void **state)
{
  (void) state;
  remote_holes_init (&holes);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  remote_holes_destroy (&holes);
  return 0;
}

static void
check (uint64_t offset, uint64_t limit, bool expected, uint64_t expected_end)
{
  uint64_t end;
  bool zero;

  assert_true (remote_holes_find (&holes, offset, limit, &zero, &end));
  assert_int_equal (zero, expected);
  assert_int_equal (end, expected_end);
}

static void
check_unknown (uint64_t offset)
{
  uint64_t end;
  bool zero;

  assert_false (remote_holes_find (&holes, offset, offset + 1, &zero, &end));
}

static void
extents_become_runs (void **state)
{
  struct holes_answer answer;

  (void) state;
  holes_answer_begin (&answer, 1000);
  holes_answer_add (&answer, 10, true);
  holes_answer_add (&answer, 0, false);
  holes_answer_add (&answer, 20, true);
  holes_answer_add (&answer, 5, false);
  holes_answer_add (&answer, 5, false);
  remote_holes_put (&holes, &answer);
  check_unknown (999);
  check (1000, 5000, true, 1030);
  check (1029, 5000, true, 1030);
  check (1000, 1010, true, 1010);
  check (1030, 5000, false, 1040);
  check_unknown (1040);
}

static void
what_is_too_much_is_left_out (void **state)
{
  struct holes_answer answer;

  (void) state;
  holes_answer_begin (&answer, 0);
  for (unsigned i = 0; i < 3 * REMOTE_HOLES_RUNS; i++)
    holes_answer_add (&answer, 1, i % 2 == 1);
  remote_holes_put (&holes, &answer);
  for (unsigned i = 0; i < REMOTE_HOLES_RUNS; i++)
    check (i, UINT64_MAX, i % 2 == 1, i + 1);
  check_unknown (REMOTE_HOLES_RUNS);

  holes_answer_begin (&answer, 5000);
  holes_answer_add (&answer, 10, true);
  holes_answer_add (&answer, UINT64_MAX, true);
  holes_answer_add (&answer, 10, true);
  remote_holes_put (&holes, &answer);
  check (5000, UINT64_MAX, true, 5010);
  check_unknown (5010);
}

static void
old_answers_go (void **state)
{
  struct holes_answer answer;

  (void) state;
  for (unsigned i = 0; i < REMOTE_HOLES_ANSWERS + 2; i++) {
    holes_answer_begin (&answer, 1000 * (i + 1));
    holes_answer_add (&answer, 1, true);
    remote_holes_put (&holes, &answer);
    if (i > 0)
      check (1000, UINT64_MAX, true, 1001);
  }
  check_unknown (2000);
  check_unknown (3000);
  check (4000, UINT64_MAX, true, 4001);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (extents_become_runs, set_up, tear_down),
    cmocka_unit_test_setup_teardown (what_is_too_much_is_left_out, set_up,
                                     tear_down),
    cmocka_unit_test_setup_teardown (old_answers_go, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
