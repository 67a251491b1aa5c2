/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <unistd.h>

#include "error-tag.h"
#include "message-sink.h"
#include "messages.h"
#include "report.h"
#include "status-record.h"

static int fds[2];

static int
start (void **state)
{
  (void) state;
  return pipe (fds);
}

static int
stop (void **state)
{
  (void) state;
  message_sink_set (NULL);
  message_init (VERBOSITY_NORMAL);
  close (fds[0]);
  close (fds[1]);
  return 0;
}

/* What was written to the pipe; the caller must free it. */
static char *
take_output (void)
{
  char *text = calloc (1, 65536);
  ssize_t n = read (fds[0], text, 65535);

  assert_true (n >= 0);
  return text;
}

static void
assert_ends (const char *text, const char *end)
{
  assert_true (strlen (text) >= strlen (end));
  assert_string_equal (text + strlen (text) - strlen (end), end);
}

static void
test_json (void **state)
{
  char *text;

  (void) state;
  message_sink_set (message_sink_json (fds[1]));
  message_sink_json_set_board ("b1");
  message_record ("partition", "name", "sda1", "size", "512", "uses", "", NULL);
  text = take_output ();
  assert_memory_equal (text, "{\"version\":1,\"type\":\"partition\",\"time\":\"20", 42);
  assert_ends (text, "Z\",\"board\":\"b1\",\"name\":\"sda1\",\"size\":512}\n");
  free (text);
  /* What is no number is left out; a record may name its board. */
  message_record ("x", "size", "12x", "resumable", "yes", "board", "b2", NULL);
  text = take_output ();
  assert_ends (text, "Z\",\"board\":\"b2\",\"resumable\":true}\n");
  free (text);
}

static void
test_levels (void **state)
{
  char *text;

  (void) state;
  message_sink_set (message_sink_pipe (fds[1]));
  message_init (VERBOSITY_QUIET);
  message_info ("not said");
  message_phase ("copy", "not said");
  message_detail ("not said");
  message_always ("one");
  message_warning ("two %d", 2);
  report_error (ERROR_DISK_TOO_SMALL, "three\nlines");
  message_verbatim ("board: ", "a\n\033[Jb\n");
  text = take_output ();
  assert_string_equal (text, "FLR1 message level=notice text=one\n"
                       "FLR1 message level=warning text=two%202\n"
                       "FLR1 message level=error code=disk-too-small "
                       "text=three%0Alines\n"
                       "FLR1 message level=words from=board text=a\n"
                       "FLR1 message level=words from=board text=[Jb\n");
  free (text);
}

/* The code stands behind what is said first; what follows may be copied. */
static void
test_tag (void **state)
{
  static const char *const texts[][3] = {
    { "one line", "disk-write", "one line [disk-write]" },
    { "a key:\nssh-keygen -R x", "disk-write", "a key: [disk-write]\nssh-keygen -R x" },
    { "no code\n", "", "no code\n" }, { "", "disk-write", " [disk-write]" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *tagged = error_tag_text (texts[i][0], texts[i][1]);

    assert_string_equal (tagged, texts[i][2]);
    free (tagged);
  }
}

/* What is held back leaves its code behind, too. */
static void
test_held (void **state)
{
  char *text;

  (void) state;
  message_sink_set (message_sink_pipe (fds[1]));
  message_hold_errors ();
  report_error (ERROR_LOGIN_REFUSED, "not said\nat all");
  message_release_errors ();
  assert_string_equal (message_last_error (), "not said");
  assert_int_equal (message_last_code (), ERROR_LOGIN_REFUSED);
  report_error (message_last_code (), "%s", message_last_error ());
  text = take_output ();
  assert_string_equal (text,
                       "FLR1 message level=error code=login-refused text=not%20said\n");
  free (text);
}

/* A code of the board is taken only if it is known here. */
static void
test_codes (void **state)
{
  (void) state;
  for (size_t i = 0; i < ERROR_CODES; i++) {
    const char *name = error_code_name ((enum error_code) i);

    assert_true (strlen (name) < ERROR_CODE_MAX);
    assert_int_equal (error_code_of_name (name, ERROR_CODES), i);
  }
  assert_int_equal (error_code_of_name ("disk-too", ERROR_BOARD_ERROR),
                    ERROR_BOARD_ERROR);
  assert_int_equal (error_code_of_name (NULL, ERROR_BOARD_ERROR), ERROR_BOARD_ERROR);
}

/* However long a message is, it arrives. */
static void
test_long (void **state)
{
  char message[6000], *text;
  struct status_record r;

  (void) state;
  message_sink_set (message_sink_pipe (fds[1]));
  memset (message, ' ', sizeof message - 1);
  message[sizeof message - 1] = '\0';
  report_error (ERROR_OUT_OF_MEMORY, "%s", message);
  text = take_output ();
  text[strcspn (text, "\n")] = '\0';
  assert_true (status_parse (text, &r));
  assert_string_equal (status_get (&r, "text"), message);
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_json, start, stop),
    cmocka_unit_test_setup_teardown (test_levels, start, stop),
    cmocka_unit_test (test_tag),
    cmocka_unit_test_setup_teardown (test_held, start, stop),
    cmocka_unit_test (test_codes),
    cmocka_unit_test_setup_teardown (test_long, start, stop),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
