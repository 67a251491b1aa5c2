/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <time.h>

#include "utc-time.h"

/* gmtime_r knows it, and a signal handler may not ask it. */
static void
test_like_gmtime (void **state)
{
  char text[UTC_TIME_MAX], wanted[UTC_TIME_MAX];

  (void) state;
  for (uint64_t t = 0; t < UINT64_C (250000000000); t += 8640 * 1237 + 59) {
    time_t seconds = (time_t) t;
    struct tm tm;

    assert_non_null (gmtime_r (&seconds, &tm));
    strftime (wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.007Z", &tm);
    assert_string_equal (utc_time_text (t, 7, text), wanted);
  }
}

static void
test_leap_days (void **state)
{
  char text[UTC_TIME_MAX];

  (void) state;
  assert_string_equal (utc_time_text (951782400, 0, text),
                       "2000-02-29T00:00:00.000Z");
  assert_string_equal (utc_time_text (4107542399, 999, text),
                       "2100-02-28T23:59:59.999Z");
  assert_string_equal (utc_time_text (4107542400, 0, text),
                       "2100-03-01T00:00:00.000Z");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_like_gmtime),
    cmocka_unit_test (test_leap_days),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
