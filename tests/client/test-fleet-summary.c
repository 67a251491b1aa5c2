/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "fleet-summary.h"

static enum exit_status
status_of (enum exit_status a, enum exit_status b, enum exit_status c,
           const struct options *o)
{
  struct fleet_board boards[3];

  memset (boards, 0, sizeof boards);
  boards[0].status = a;
  boards[1].status = b;
  boards[2].status = c;
  return fleet_summary_status (boards, 3, o);
}

/* What needs care first comes first. */
static void
test_status (void **state)
{
  const struct options flash = { .reboot = true }, look = { .dry_run = true };
  const struct options rehearse = { .rehearse = true };

  (void) state;
  assert_int_equal (status_of (0, 0, 0, &flash), STATUS_DONE);
  assert_int_equal (status_of (0, 3, 0, &flash), STATUS_SOME_DONE);
  assert_int_equal (status_of (3, 3, 3, &flash), STATUS_NOT_WRITTEN);
  assert_int_equal (status_of (0, 4, 3, &flash), STATUS_INTERRUPTED);
  assert_int_equal (status_of (4, 5, 0, &flash), STATUS_PARTLY_WRITTEN);
  /* All are done, and some not back: to flash them again is not the next step. */
  assert_int_equal (status_of (0, 8, 9, &flash), STATUS_NOT_BACK);
  assert_int_equal (status_of (0, 9, 0, &flash), STATUS_COMMAND_FAILED);
  assert_int_equal (status_of (8, 3, 9, &flash), STATUS_SOME_DONE);
  assert_int_equal (status_of (8, 4, 9, &flash), STATUS_INTERRUPTED);
  /* Nothing was written to any of them. */
  assert_int_equal (status_of (0, 3, 0, &look), STATUS_NOT_WRITTEN);
  assert_int_equal (status_of (0, 3, 0, &rehearse), STATUS_NOT_WRITTEN);
  assert_int_equal (status_of (0, 0, 0, &look), STATUS_DONE);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_status),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
