/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "first-boot-file.h"
#include "messages.h"

static struct first_boot_file file;

static int
parse (const char *text)
{
  first_boot_file_release (&file);
  return first_boot_file_parse (&file, "test", text, strlen (text));
}

static void
assert_value (enum first_boot_key key, const char *value, unsigned number)
{
  assert_non_null (file.keys[key].value);
  assert_string_equal (file.keys[key].value, value);
  assert_int_equal (file.keys[key].number, number);
}

static void
test_all_keys (void **state)
{
  (void) state;
  assert_int_equal (parse ("\xef\xbb\xbf# a comment = not a key\n"
                           "\n"
                           "hostname=halos-7\r\n"
                           "  user =\tpi \n"
                           "password = a=b \"c\" # d\\ $(e) \n"
                           "ssh-key=one\n"
                           "ssh-key=@two\n"
                           "wifi-ssid=B\xc3\xb6otshaus\n"
                           "wifi-password='12345678'\n"
                           "wifi-country=DE"), 0);
  assert_value (FIRST_BOOT_HOSTNAME, "halos-7", 3);
  assert_value (FIRST_BOOT_USER, "pi", 4);
  assert_value (FIRST_BOOT_PASSWORD, "a=b \"c\" # d\\ $(e)", 5);
  assert_value (FIRST_BOOT_SSH_KEY, "one", 6);
  assert_int_equal (file.nr_ssh_keys, 2);
  assert_string_equal (file.ssh_keys[1].value, "@two");
  assert_int_equal (file.ssh_keys[1].number, 7);
  assert_value (FIRST_BOOT_WIFI_SSID, "B\xc3\xb6otshaus", 8);
  assert_value (FIRST_BOOT_WIFI_PASSWORD, "'12345678'", 9);
  assert_value (FIRST_BOOT_WIFI_COUNTRY, "DE", 10);
}

static void
test_empty (void **state)
{
  (void) state;
  assert_int_equal (parse (""), 0);
  assert_int_equal (parse ("\n\n#\n \t\n"), 0);
  for (int key = 0; key < FIRST_BOOT_NR_KEYS; key++)
    assert_null (file.keys[key].value);
}

static void
assert_refused (const char *text, const char *said)
{
  message_hold_errors ();
  assert_int_equal (parse (text), -1);
  if (!strstr (message_last_error (), said))
    fail_msg ("\"%s\" does not say \"%s\"", message_last_error (), said);
  message_release_errors ();
}

static void
test_refused (void **state)
{
  (void) state;
  assert_refused ("hostname\n", "line 1: key=value");
  assert_refused ("\nhostnme=x\n", "line 2: an unknown key; did you mean hostname");
  assert_refused ("colour=x\n", "line 1: an unknown key; there are");
  assert_refused ("=x\n", "unknown key");
  assert_refused ("user=\n", "user has no value");
  assert_refused ("user= \t \n", "user has no value");
  assert_refused ("user=a\nuser=b\n", "line 2: user was given in line 1");
  assert_refused ("user=\x1b[2J\n", "control character");
  assert_refused ("password=a\rb\n", "control character");
  assert_refused ("wifi-ssid=\xff\n", "not UTF-8");
  assert_refused ("wifi-ssid=\xc2\x9b\n", "control character");
  message_hold_errors ();
  first_boot_file_release (&file);
  assert_int_equal (first_boot_file_parse (&file, "test", "user=a\0b", 8), -1);
  assert_non_null (strstr (message_last_error (), "NUL"));
  message_release_errors ();
}

/* A password that stands where a key should is not said. */
static void
test_says_no_secret (void **state)
{
  (void) state;
  message_hold_errors ();
  assert_int_equal (parse ("hunter2secret=x\n"), -1);
  assert_null (strstr (message_last_error (), "hunter2"));
  message_release_errors ();
}

static void
test_many_keys (void **state)
{
  char text[(AUTHORIZED_KEYS_MAX + 1) * 16] = "";

  (void) state;
  for (int i = 0; i < AUTHORIZED_KEYS_MAX; i++)
    strcat (text, "ssh-key=x\n");
  assert_int_equal (parse (text), 0);
  assert_int_equal (file.nr_ssh_keys, AUTHORIZED_KEYS_MAX);
  strcat (text, "ssh-key=x\n");
  assert_refused (text, "more than 64 lines ssh-key");
}

static int
release (void **state)
{
  (void) state;
  first_boot_file_release (&file);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_all_keys), cmocka_unit_test (test_empty),
    cmocka_unit_test (test_refused), cmocka_unit_test (test_says_no_secret),
    cmocka_unit_test (test_many_keys),
  };

  return cmocka_run_group_tests (tests, NULL, release);
}
