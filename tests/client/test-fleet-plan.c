/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "fleet-plan.h"
#include "fleet-words.h"
#include "messages.h"

static struct fleet_board boards[3];

static void
plan (size_t i, const char *name, const char *text)
{
  char line[512];

  memset (&boards[i], 0, sizeof boards[i]);
  boards[i].records = boards[i].words = boards[i].control = -1;
  boards[i].name = name;
  snprintf (line, sizeof line, "FLR1 plan %s", text);
  fleet_words_take_record (&boards[i], line);
  boards[i].stage = FLEET_PLANNED;
}

static size_t
planned (void)
{
  size_t count;

  message_init (VERBOSITY_QUIET);
  fleet_plan_refuse_twins (boards, 3);
  count = fleet_plan_count (boards, 3);
  for (size_t i = 0; i < 3; i++)
    fleet_board_release (&boards[i]);
  return count;
}

static void
test_twins (void **state)
{
  (void) state;
  /* The same boot, under two names. */
  plan (0, "a", "host_key=K boot_id=1 disk_serial=S disk_size=9");
  plan (1, "b", "host_key=K boot_id=2 disk_serial=S disk_size=9");
  plan (2, "c", "host_key=K boot_id=1 disk_serial=S disk_size=9");
  assert_int_equal (planned (), 2);
  /* Virtual boards of one computer. */
  plan (0, "a", "host_key=K boot_id=1");
  plan (1, "b", "host_key=L boot_id=1");
  plan (2, "c", "host_key=M boot_id=1");
  assert_int_equal (planned (), 3);
  /* A boot that is not known, as from inside a lifeboat. */
  plan (0, "a", "host_key=K disk_serial=S disk_size=9");
  plan (1, "b", "host_key=K disk_serial=S disk_size=9 boot_id=1");
  plan (2, "c", "host_key=K disk_size=9");
  assert_int_equal (planned (), 2);
}

static void
test_answers (void **state)
{
  (void) state;
  assert_true (fleet_plan_is_confirmed ("3", 3));
  assert_true (fleet_plan_is_confirmed (" 3 \r", 3));
  assert_false (fleet_plan_is_confirmed ("", 3));
  assert_false (fleet_plan_is_confirmed ("33", 3));
  assert_false (fleet_plan_is_confirmed ("3 boards", 3));
  assert_false (fleet_plan_is_confirmed ("03", 3));
  assert_false (fleet_plan_is_confirmed ("y", 3));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_twins),
    cmocka_unit_test (test_answers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
