/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "fleet-display.h"
#include "fleet-words.h"
#include "messages.h"

static struct fleet_board b;

static int
start (void **state)
{
  (void) state;
  message_init (VERBOSITY_QUIET);
  memset (&b, 0, sizeof b);
  b.records = b.words = b.control = -1;
  b.name = "b1";
  b.stage = FLEET_PROBING;
  return 0;
}

static int
stop (void **state)
{
  (void) state;
  fleet_board_release (&b);
  return 0;
}

static void
take (const char *text)
{
  char line[8192];

  snprintf (line, sizeof line, "%s", text);
  fleet_words_take_record (&b, line);
}

static void
test_plan (void **state)
{
  (void) state;
  assert_string_equal (fleet_board_plan (&b, "disk"), "");
  take ("FLR1 plan disk=sda disk_size=1000 model=A%20board");
  take ("FLR1 await-go");
  assert_int_equal (b.stage, FLEET_PLANNED);
  assert_string_equal (fleet_board_plan (&b, "disk"), "sda");
  assert_string_equal (fleet_board_plan (&b, "model"), "A board");
  assert_string_equal (fleet_board_plan (&b, "serial"), "");
}

static void
test_state (void **state)
{
  (void) state;
  take ("FLR1 board_state written=maybe resumable=yes");
  assert_int_equal (b.written, WRITTEN_MAYBE);
  assert_true (b.resumable);
  take ("FLR1 board_state written=nonsense");
  assert_int_equal (b.written, WRITTEN_MAYBE);
  assert_false (b.resumable);
}

static void
test_error (void **state)
{
  (void) state;
  take ("FLR1 message level=warning text=odd");
  assert_string_equal (b.error, "");
  take ("FLR1 message level=error text=no%20way%0Ado%20that");
  assert_string_equal (b.error, "no way");
  take ("FLR1 ask question=Password:%20 echo=no");
  assert_string_equal (b.question, "Password: ");
  assert_false (b.question_echo);
}

static void
test_hostile (void **state)
{
  char line[8192];

  (void) state;
  take ("");
  take ("FLR1 ");
  take ("FLR1 plan disk=%zz");
  assert_string_equal (fleet_board_plan (&b, "disk"), "");
  take ("FLR1 progress");
  take ("FLR1 progress done=-1 total=x label=");
  take ("FLR1 message");
  memset (line, 'a', sizeof line - 1);
  line[sizeof line - 1] = '\0';
  memcpy (line, "FLR1 message level=error text=", 30);
  fleet_words_take_record (&b, line);
  assert_int_equal (strlen (b.error), sizeof b.error - 1);
}

static void
test_line (void **state)
{
  static const struct terminal_style plain = { .redraws = true };
  char line[FLEET_LINE_MAX];

  (void) state;
  b.stage = FLEET_FLASHING;
  take ("FLR1 phase name=copy text=Writing%20the%20disk");
  fleet_display_format (line, &b, 4, 60, &plain);
  assert_string_equal (line, "b1    Writing the disk");
  take ("FLR1 progress phase=copy label=writing done=1000 total=2000");
  fleet_display_format (line, &b, 4, 60, &plain);
  assert_string_equal (line, "b1    writing  1.0 kB of 2.0 kB  [#########----------]  50 %");
  assert_int_equal (b.copied, 1000);
  take ("FLR1 message level=error text=the%20card");
  b.stage = FLEET_ENDED;
  b.status = STATUS_PARTLY_WRITTEN;
  fleet_display_format (line, &b, 4, 60, &plain);
  assert_string_equal (line, "b1    FAILED, partly written: the card");
}

static void
test_return (void **state)
{
  (void) state;
  take ("FLR1 back seconds=42 user=pi runs_from=flashed");
  assert_string_equal (b.back, "back after 42 s");
  take ("FLR1 back seconds=7 address=192.168.100.200");
  assert_string_equal (b.back, "back after 7 s at 192.168.100.200");
  take ("FLR1 command command=false exit_status=1 seconds=0");
  assert_string_equal (b.back, "back after 7 s at 192.168.100.200, command: status 1");
  take ("FLR1 output");
  take ("FLR1 output stream=stdout text=a%20line");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_plan, start, stop),
    cmocka_unit_test_setup_teardown (test_state, start, stop),
    cmocka_unit_test_setup_teardown (test_error, start, stop),
    cmocka_unit_test_setup_teardown (test_hostile, start, stop),
    cmocka_unit_test_setup_teardown (test_line, start, stop),
    cmocka_unit_test_setup_teardown (test_return, start, stop),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
