/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "terminal-text.h"

static void
assert_cleaned (const char *text, const char *expected)
{
  char buf[128];

  snprintf (buf, sizeof buf, "%s", text);
  assert_string_equal (terminal_text_clean (buf), expected);
}

static void
test_controls (void **state)
{
  (void) state;
  assert_cleaned ("plain text", "plain text");
  assert_cleaned ("\033[31mred\033[0m\a\b\r\n\177", "[31mred[0m");
  assert_cleaned ("a\tb", "a b");
  assert_cleaned ("\xc2\x9b" "31m", "31m");             /* C1: CSI */
  assert_cleaned ("\xe2\x80\xae" "abc", "abc");         /* right to left */
}

static void
test_utf8 (void **state)
{
  (void) state;
  assert_cleaned ("Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x98\x80",
                  "Gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x98\x80");
  assert_cleaned ("\xff\xfe", "??");
  assert_cleaned ("\xc0\xaf", "??");                    /* overlong */
  assert_cleaned ("\xed\xa0\x80", "???");               /* surrogate */
  assert_cleaned ("cut \xe2\x82", "cut ??");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_controls),
    cmocka_unit_test (test_utf8),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
