/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "history.h"
#include "session-side.h"

static int
holds (const struct history *history, const char *what)
{
  size_t len;
  const char *text = history_text (history, &len);

  return memmem (text, len, what, strlen (what)) != NULL;
}

static void
add (struct history *history, const char *line)
{
  history_add (history, line, strlen (line));
}

static void
test_forgets_notes_first (void **state)
{
  struct history *history = history_new (NULL);
  char line[64];
  size_t len;

  (void) state;
  assert_non_null (history);
  add (history, "FLR1 phase name=rehearse\n");
  add (history, "FLR1 note text=first\n");
  add (history, "FLR1 ready\n");
  for (int i = 0; i < 5000; i++) {
    snprintf (line, sizeof line, "FLR1 note text=%d\n", i);
    add (history, line);
  }
  history_text (history, &len);
  assert_true (len <= HISTORY_MAX);
  assert_true (holds (history, "FLR1 phase name=rehearse\n"));
  assert_true (holds (history, "FLR1 ready\n"));
  assert_true (holds (history, "FLR1 note text=4999\n"));
  assert_false (holds (history, "text=first"));
  history_free (history);
}

static void
test_without_notes (void **state)
{
  struct history *history = history_new (NULL);
  char line[64];
  size_t len;

  (void) state;
  for (int i = 0; i < 5000; i++) {
    snprintf (line, sizeof line, "FLR1 error text=%d written=no\n", i);
    add (history, line);
  }
  const char *text = history_text (history, &len);
  assert_true (len <= HISTORY_MAX);
  assert_memory_equal (text, "FLR1 error ", 11);
  assert_true (holds (history, "text=4999 "));
  assert_false (holds (history, "text=0 "));
  history_free (history);
}

static void
test_keeps_what_was_said_once (void **state)
{
  struct history *history = history_new (NULL);
  char line[64];

  (void) state;
  add (history, "FLR1 staged size=1 digest=2\n");
  add (history, "FLR1 ready\n");
  add (history, "FLR1 readying x=y\n");
  for (int i = 0; i < 5000; i++) {
    snprintf (line, sizeof line, "FLR1 waiting offset=%d\n", i);
    add (history, line);
  }
  add (history, "FLR1 state name=stopped\n");
  assert_true (holds (history, "FLR1 staged "));
  assert_true (holds (history, "FLR1 ready\n"));
  assert_true (holds (history, "FLR1 readying "));
  assert_true (holds (history, "FLR1 waiting offset=4999\n"));
  assert_false (holds (history, "FLR1 waiting offset=0\n"));
  history_free (history);
}

static void
test_save (void **state)
{
  char path[32], found[64] = "";
  struct history *history;

  (void) state;
  make_file (path, "old");
  history = history_new (path);
  assert_non_null (history);
  add (history, "FLR1 ready\n");
  assert_int_equal (history_save (history), 0);
  FILE *file = fopen (path, "r");
  assert_non_null (file);
  assert_int_equal (fread (found, 1, sizeof found, file), 11);
  fclose (file);
  assert_string_equal (found, "FLR1 ready\n");
  assert_int_equal (unlink (path), 0);
  history_free (history);
  history = history_new ("no-such-folder/status");
  assert_int_equal (history_save (history), -1);
  history_free (history);
}

static void
test_load (void **state)
{
  char path[32];
  struct history *history;
  size_t len;

  (void) state;
  make_file (path, "FLR1 ready\nFLR1 state na");
  history = history_new (path);
  assert_non_null (history);
  assert_int_equal (history_load (history), 0);
  history_text (history, &len);
  assert_int_equal (len, strlen ("FLR1 ready\n"));
  add (history, "FLR1 phase name=copy\n");
  assert_int_equal (history_save (history), 0);
  assert_int_equal (history_load (history), 0);
  assert_true (holds (history, "FLR1 ready\nFLR1 phase name=copy\n"));
  assert_int_equal (unlink (path), 0);
  assert_int_equal (history_load (history), -1);
  history_text (history, &len);
  assert_int_equal (len, 0);
  history_free (history);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forgets_notes_first),
    cmocka_unit_test (test_without_notes),
    cmocka_unit_test (test_keeps_what_was_said_once),
    cmocka_unit_test (test_save),
    cmocka_unit_test (test_load),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
