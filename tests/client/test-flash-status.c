/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "flash-status.h"
#include "messages.h"

#define SESSION "0123456789abcdef"
#define DIGEST "00112233445566778899aabbccddeeff"
#define HELLO "FLR1 hello protocol=1 session=" SESSION " helper=0.1 state=preparing"

static struct flash_status s;

static int
start (void **state)
{
  (void) state;
  message_init (VERBOSITY_QUIET);
  memset (&s, 0, sizeof s);
  s.session = SESSION;
  s.target = "loop0";
  s.stored_size = 1000;
  s.stored_digest = DIGEST;
  flash_status_new_channel (&s);
  return 0;
}

static void
take (const char *text)
{
  char line[4096];

  snprintf (line, sizeof line, "%s", text);
  flash_status_take_line (&s, line);
}

static void
test_whole_flash (void **state)
{
  (void) state;
  take ("a login shell's words");
  take (HELLO);
  assert_true (s.greeted && !s.foreign);
  take ("FLR1 phase name=stage");
  take ("FLR1 staged size=1000 digest=" DIGEST);
  assert_true (s.staged && !s.staged_differs);
  take ("FLR1 ready");
  assert_true (s.ready && !s.writing);
  take ("FLR1 phase name=copy");
  assert_false (s.writing);
  take ("FLR1 state name=writing");
  assert_true (s.writing);
  take ("FLR1 progress phase=copy done=5 total=10");
  take ("FLR1 verified pass=1 chunks=3 differing=1 repaired=1");
  assert_false (s.verified);
  take ("FLR1 verified pass=2 chunks=3 differing=0 repaired=0");
  assert_true (s.verified);
  take ("FLR1 phase name=reboot");
  assert_true (s.rebooting);
  take ("FLR1 end result=rebooting written=yes");
  assert_int_equal (s.result, RESULT_REBOOTING);
}

static void
test_staged_differs (void **state)
{
  (void) state;
  take (HELLO);
  take ("FLR1 staged size=1000 digest=ff112233445566778899aabbccddeeff");
  assert_true (s.staged_differs);
  start (NULL);
  take (HELLO);
  take ("FLR1 staged size=999 digest=" DIGEST);
  assert_true (s.staged_differs);
  start (NULL);
  take (HELLO);
  take ("FLR1 staged");
  assert_true (s.staged_differs);
}

static void
test_foreign (void **state)
{
  (void) state;
  take ("FLR1 ready");                  /* nobody has greeted */
  assert_false (s.ready);
  take ("FLR1 hello protocol=2 session=" SESSION " state=ready");
  assert_true (s.foreign);
  take ("FLR1 ready");
  assert_false (s.ready);
  start (NULL);
  take ("FLR1 hello protocol=1 session=ffffffffffffffff state=ready");
  assert_true (s.foreign);
}

/* An attach repeats what was said: it counts once. */
static void
test_repetition (void **state)
{
  size_t before;

  (void) state;
  take (HELLO);
  take ("FLR1 phase name=rehearse");
  take ("FLR1 note text=one");
  take ("FLR1 note text=one");
  before = s.nr_seen;
  assert_int_equal (before, 3);
  flash_status_new_channel (&s);
  take (HELLO);
  take ("FLR1 phase name=rehearse");
  take ("FLR1 note text=one");          /* one was forgotten by the board */
  assert_int_equal (s.nr_seen, before);
  take ("FLR1 phase name=stage");
  assert_int_equal (s.nr_seen, before + 1);
}

static void
test_joins_a_write (void **state)
{
  (void) state;
  take ("FLR1 hello protocol=1 session=" SESSION " state=writing");
  assert_true (s.writing);
}

static void
test_written (void **state)
{
  (void) state;
  take (HELLO);
  take ("FLR1 error text=disk%20full written=no");
  assert_string_equal (s.written, "no");
  take ("FLR1 end result=failed written=partial");
  assert_string_equal (s.written, "partial");
  assert_int_equal (s.result, RESULT_FAILED);
  start (NULL);
  take (HELLO);
  take ("FLR1 end result=something-new");
  assert_int_equal (s.result, RESULT_FAILED);
}

static void
test_hostile (void **state)
{
  char line[4096];

  (void) state;
  take (HELLO);
  take ("FLR1 ");
  take ("FLR1 note");
  take ("FLR1 progress phase=copy done=x total=-1");
  take ("FLR1 verified differing=x");
  take ("FLR1 unknown key=value");
  take ("FLR1 note text=%zz");
  memset (line, 'a', sizeof line - 1);
  line[sizeof line - 1] = '\0';
  memcpy (line, "FLR1 note text=", 15);
  flash_status_take_line (&s, line);
  for (int i = 0; i < STATUS_LINES_MAX + 10; i++) {
    snprintf (line, sizeof line, "FLR1 note text=%d", i);
    flash_status_take_line (&s, line);
  }
  assert_int_equal (s.nr_seen, STATUS_LINES_MAX);
  assert_int_equal (s.result, RESULT_NONE);
}

/* What is past by the time that a session is joined is not told as news. */
static void
test_joins_a_phase (void **state)
{
  (void) state;
  s.phase = "copy";
  take (HELLO);
  take ("FLR1 phase name=rehearse");
  take ("FLR1 phase name=sync");
  assert_string_equal (s.phase, "copy");
  take ("FLR1 phase name=copy");
  assert_null (s.phase);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (test_whole_flash, start),
    cmocka_unit_test_setup (test_staged_differs, start),
    cmocka_unit_test_setup (test_foreign, start),
    cmocka_unit_test_setup (test_repetition, start),
    cmocka_unit_test_setup (test_joins_a_write, start),
    cmocka_unit_test_setup (test_joins_a_phase, start),
    cmocka_unit_test_setup (test_written, start),
    cmocka_unit_test_setup (test_hostile, start),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
