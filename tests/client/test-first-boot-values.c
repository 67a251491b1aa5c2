/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "first-boot-values.h"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define F64 "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789"

typedef const char *(*fault_fn) (const char *value);

static void
assert_good (fault_fn fault, const char *value)
{
  const char *said = fault (value);

  if (said)
    fail_msg ("%s: %s", value, said);
}

static void
assert_bad (fault_fn fault, const char *value)
{
  if (!fault (value))
    fail_msg ("%s was taken", value);
}

static void
test_hostname (void **state)
{
  (void) state;
  assert_good (hostname_fault, "halos-7");
  assert_good (hostname_fault, "3com");
  assert_good (hostname_fault, "A");
  assert_good (hostname_fault, A63);
  assert_bad (hostname_fault, A63 "a");
  assert_bad (hostname_fault, "-a");
  assert_bad (hostname_fault, "a-");
  assert_bad (hostname_fault, "a_b");
  assert_bad (hostname_fault, "a.b");
  assert_bad (hostname_fault, "a b");
  assert_bad (hostname_fault, "127");
  assert_bad (hostname_fault, "b\xc3\xb6ot");
  assert_bad (hostname_fault, "$(x)");
}

static void
test_user (void **state)
{
  (void) state;
  assert_good (user_name_fault, "pi");
  assert_good (user_name_fault, "_a-9");
  assert_good (user_name_fault, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  assert_bad (user_name_fault, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  assert_bad (user_name_fault, "root");
  assert_bad (user_name_fault, "www-data");
  assert_bad (user_name_fault, "Pi");
  assert_bad (user_name_fault, "1pi");
  assert_bad (user_name_fault, "-pi");
  assert_bad (user_name_fault, "pi:x");
  assert_bad (user_name_fault, "pi.x");
}

static void
test_wifi (void **state)
{
  (void) state;
  assert_good (wifi_ssid_fault, "B\xc3\xb6otshaus \xf0\x9f\x9a\xa2 \"'\\;");
  assert_good (wifi_ssid_fault, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  assert_bad (wifi_ssid_fault, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4");
  assert_good (wifi_password_fault, "12345678");
  assert_good (wifi_password_fault, A63);
  assert_good (wifi_password_fault, F64);
  assert_bad (wifi_password_fault, "1234567");
  assert_bad (wifi_password_fault, A63 "g");
  assert_bad (wifi_password_fault, "1234567\xc3\xa4");
}

static void
test_country (void **state)
{
  (void) state;
  assert_good (wifi_country_fault, "AD");
  assert_good (wifi_country_fault, "DE");
  assert_good (wifi_country_fault, "ZW");
  assert_bad (wifi_country_fault, "UK");
  assert_bad (wifi_country_fault, "DA");        /* AD, AE: not between two codes */
  assert_bad (wifi_country_fault, "de");
  assert_bad (wifi_country_fault, "D");
  assert_bad (wifi_country_fault, "DEU");
  assert_bad (wifi_country_fault, "00");
}

static void
test_password (void **state)
{
  char text[PASSWORD_LENGTH_MAX + 2];

  (void) state;
  memset (text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_bad (password_fault, text);
  assert_good (password_fault, text + 1);
  assert_good (password_fault, "x");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_hostname), cmocka_unit_test (test_user),
    cmocka_unit_test (test_wifi), cmocka_unit_test (test_country),
    cmocka_unit_test (test_password),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
