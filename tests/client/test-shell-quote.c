/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "shell-quote.h"

/* What a real shell makes of the quoted word. */
static void
assert_survives (const char *value)
{
  char *quoted = shell_quote (value), *command, buf[256];
  FILE *shell;
  size_t n;

  assert_non_null (quoted);
  assert_int_not_equal (asprintf (&command, "printf %%s %s", quoted), -1);
  shell = popen (command, "r");
  assert_non_null (shell);
  n = fread (buf, 1, sizeof buf - 1, shell);
  buf[n] = '\0';
  assert_int_equal (pclose (shell), 0);
  assert_string_equal (buf, value);
  free (quoted);
  free (command);
}

static void
test_survives_a_shell (void **state)
{
  (void) state;
  assert_survives ("");
  assert_survives ("plain");
  assert_survives ("a b\tc\nd");
  assert_survives ("it's '' quoted'");
  assert_survives ("$(touch x) `touch x` ${HOME} \\ \" ! * ? [ ; & | < >");
  assert_survives ("-n");
}

static void
test_text (void **state)
{
  char *quoted = shell_quote ("a'b");

  (void) state;
  assert_string_equal (quoted, "'a'\\''b'");
  free (quoted);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_survives_a_shell),
    cmocka_unit_test (test_text),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
