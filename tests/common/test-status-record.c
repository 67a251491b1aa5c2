/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status-record.h"

/* Encode, parse, compare: every byte value comes back. */
static void
test_round_trip (void **state)
{
  char value[256], line[STATUS_RECORD_MAX + 1];
  struct status_record record;

  (void) state;
  for (int i = 0; i < 255; i++)
    value[i] = (char) (i + 1);
  value[255] = '\0';

  const char *fields[] = { "text", value, "n", "42", NULL };
  size_t n = status_format (line, "note", fields);
  assert_int_equal (n, strlen (line));
  assert_int_equal (line[n - 1], '\n');
  assert_null (memchr (line, '\n', n - 1));

  line[n - 1] = '\0';
  assert_true (status_parse (line, &record));
  assert_string_equal (record.type, "note");
  assert_string_equal (status_get (&record, "text"), value);
  assert_string_equal (status_get (&record, "n"), "42");
  assert_null (status_get (&record, "absent"));
}

static void
test_too_long_is_cut (void **state)
{
  char line[STATUS_RECORD_MAX + 1];
  char *value = malloc (3 * STATUS_RECORD_MAX);
  struct status_record record;

  (void) state;
  memset (value, '\n', 3 * STATUS_RECORD_MAX - 1);
  value[3 * STATUS_RECORD_MAX - 1] = '\0';

  const char *fields[] = { "text", value, "written", "partial", NULL };
  size_t n = status_format (line, "error", fields);
  assert_true (n <= STATUS_RECORD_MAX);
  assert_int_equal (line[n - 1], '\n');
  line[n - 1] = '\0';
  assert_true (status_parse (line, &record));
  /* The long value gives way, the short one behind it stays whole. */
  assert_string_equal (status_get (&record, "written"), "partial");
  assert_true (strlen (status_get (&record, "text")) > 1000);
  free (value);
}

static void
test_refuses (void **state)
{
  static const char *const bad[] = {
    "", "FLR1", "FLR1 ", "FLR2 note", "note text=x", "FLR1 note text",
    "FLR1 note =x", "FLR1 note text=%", "FLR1 note text=%4",
    "FLR1 note text=%zz", "FLR1 note text=a%00b",
  };
  struct status_record record;

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char line[64];
    strcpy (line, bad[i]);
    assert_false (status_parse (line, &record));
  }
}

static void
test_too_many_fields (void **state)
{
  char line[STATUS_RECORD_MAX + 1] = "FLR1 note";
  struct status_record record;

  (void) state;
  for (int i = 0; i < STATUS_RECORD_FIELDS; i++)
    strcat (line, " k=v");
  char more[STATUS_RECORD_MAX + 1];
  strcpy (more, line);
  strcat (more, " k=v");
  assert_true (status_parse (line, &record));
  assert_int_equal (record.nr_fields, STATUS_RECORD_FIELDS);
  assert_false (status_parse (more, &record));
}

static void
test_numbers (void **state)
{
  char line[] = "FLR1 progress a=18446744073709551615 b=18446744073709551616 "
    "c=-1 d=12x e= f=0 g=+3";
  struct status_record record;
  uint64_t n;

  (void) state;
  assert_true (status_parse (line, &record));
  assert_true (status_get_number (&record, "a", &n));
  assert_true (n == UINT64_MAX);
  assert_true (status_get_number (&record, "f", &n));
  assert_true (n == 0);
  for (const char *key = "b\0c\0d\0e\0g\0z\0"; *key; key += 2)
    assert_false (status_get_number (&record, key, &n));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip),
    cmocka_unit_test (test_too_long_is_cut),
    cmocka_unit_test (test_refuses),
    cmocka_unit_test (test_too_many_fields),
    cmocka_unit_test (test_numbers),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
