/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "json-writer.h"

static void
assert_written (const char *value, const char *expected)
{
  char *text = NULL, *wanted;
  size_t size;
  FILE *f = open_memstream (&text, &size);
  struct json_writer w;

  assert_non_null (f);
  json_begin_object (&w, f);
  json_string (&w, "k", value);
  json_end_object (&w);
  assert_int_equal (fclose (f), 0);
  assert_true (asprintf (&wanted, "{\"k\":\"%s\"}\n", expected) > 0);
  assert_string_equal (text, wanted);
  free (wanted);
  free (text);
}

static void
test_strings (void **state)
{
  (void) state;
  assert_written ("", "");
  assert_written ("plain", "plain");
  assert_written ("a \"b\" \\c/", "a \\\"b\\\" \\\\c/");
  assert_written ("1\n2\r\t", "1\\n2\\r\\t");
  assert_written ("\x01\x1b[2J\x7f", "\\u0001\\u001b[2J\\u007f");
  assert_written ("b\xc3\xa4r \xf0\x9f\x9a\xa2", "b\xc3\xa4r \xf0\x9f\x9a\xa2");
  /* C1, and the line separators of JavaScript. */
  assert_written ("\xc2\x9b\xe2\x80\xa8", "\\u009b\\u2028");
}

/* A board sends what it likes. */
static void
test_invalid (void **state)
{
  (void) state;
  assert_written ("a\xff" "b", "a\xef\xbf\xbd" "b");
  assert_written ("\xc3", "\xef\xbf\xbd");
  assert_written ("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");      /* overlong */
  assert_written ("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void
test_members (void **state)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);
  struct json_writer w;

  (void) state;
  json_begin_object (&w, f);
  json_number (&w, "n", UINT64_MAX);
  json_bool (&w, "yes", true);
  json_bool (&w, "no", false);
  json_string (&w, "s", "");
  json_end_object (&w);
  assert_int_equal (fclose (f), 0);
  assert_string_equal (text, "{\"n\":18446744073709551615,\"yes\":true,"
                             "\"no\":false,\"s\":\"\"}\n");
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_strings),
    cmocka_unit_test (test_invalid),
    cmocka_unit_test (test_members),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
