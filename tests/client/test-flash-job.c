/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "flash-job.h"

/* Another disk is written beside what runs, which needs no stop; the root disk
 * does, also when --device names it. */
static void
test_stop_services (void **state)
{
  struct options options = { .device = "/dev/sda" };
  struct flash_job job = { .options = &options, .board.root_partition = "" };

  (void) state;
  assert_false (flash_job_is_root_disk (&job));
  assert_string_equal (flash_job_stop_services (&job), "");
  job.board.root_partition = "sda2";
  assert_true (flash_job_is_root_disk (&job));
  assert_string_equal (flash_job_stop_services (&job), DEFAULT_STOP_SERVICES);
  options.stop_services = "mine";
  assert_string_equal (flash_job_stop_services (&job), "mine");
  options.stop_services = "";
  assert_string_equal (flash_job_stop_services (&job), "");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_stop_services),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
