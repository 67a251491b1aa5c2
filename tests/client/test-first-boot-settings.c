/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <crypt.h>

#include "first-boot-settings.h"
#include "messages.h"

#define KEY \
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA5En1+w3soo1pnuA+qNS9HWWR4zWZE+VDBzZbCQulmM"

static struct first_boot_settings settings;

static int
take (const char *text)
{
  struct first_boot_file file;
  int result;

  first_boot_settings_release (&settings);
  result = first_boot_file_parse (&file, "test", text, strlen (text));
  if (result == 0)
    result = first_boot_settings_take (&settings, &file);
  first_boot_file_release (&file);
  return result;
}

static void
assert_described (const char *text)
{
  char *said = first_boot_settings_describe (&settings);

  assert_non_null (said);
  assert_string_equal (said, text);
  free (said);
}

/* As login(1) would prove it. */
static void
assert_is_hash_of (const char *hash, const char *password)
{
  struct crypt_data *data = calloc (1, sizeof *data);

  assert_non_null (data);
  const char *again = crypt_rn (password, hash, data, sizeof *data);
  assert_non_null (again);
  assert_string_equal (again, hash);
  free (data);
}

static void
test_all (void **state)
{
  (void) state;
  assert_int_equal (take ("hostname=halos-7\nuser=pi\npassword=it's $(secret)\n"
                          "ssh-key=" KEY " a\nssh-key=" KEY " b\nwifi-ssid=shed\n"
                          "wifi-password=12345678\nwifi-country=DE\n"), 0);
  assert_described ("hostname halos-7, user pi with password and 2 ssh keys, "
                    "WiFi \"shed\" (DE)");
  assert_int_equal (strncmp (settings.password_hash, "$6$", 3), 0);
  assert_is_hash_of (settings.password_hash, "it's $(secret)");
  assert_int_equal (strlen (settings.wifi_psk), 64);
  assert_string_equal (settings.keys.lines[1], KEY " b");
}

static void
test_salts_differ (void **state)
{
  char first[256];

  (void) state;
  assert_int_equal (take ("user=pi\npassword=same\n"), 0);
  snprintf (first, sizeof first, "%s", settings.password_hash);
  assert_int_equal (take ("user=pi\npassword=same\n"), 0);
  assert_string_not_equal (first, settings.password_hash);
}

static void
test_few (void **state)
{
  (void) state;
  assert_int_equal (take ("hostname=a\n"), 0);
  assert_described ("hostname a");
  assert_int_equal (take ("user=pi\npassword=x\n"), 0);
  assert_described ("user pi with password");
  assert_int_equal (take ("user=pi\nssh-key=" KEY "\n"), 0);
  assert_described ("user pi with 1 ssh key");
  assert_null (settings.password_hash);
  assert_int_equal (take ("wifi-ssid=caf\xc3\xa9\nwifi-country=FR\n"), 0);
  assert_described ("WiFi \"caf\xc3\xa9\" (FR, open)");
  assert_int_equal (take ("wifi-country=FR\n"), 0);
  assert_described ("WiFi country FR");
}

static void
assert_refused (const char *text, const char *said)
{
  message_hold_errors ();
  assert_int_equal (take (text), -1);
  if (!strstr (message_last_error (), said))
    fail_msg ("\"%s\" does not say \"%s\"", message_last_error (), said);
  if (strstr (message_last_error (), "topsecret"))
    fail_msg ("a secret was said: %s", message_last_error ());
  message_release_errors ();
}

static void
test_refused (void **state)
{
  (void) state;
  assert_refused ("", "nothing is set");
  assert_refused ("hostname=a.b\n", "line 1: hostname=a.b: ");
  assert_refused ("\nuser=root\n", "line 2: user=root: ");
  assert_refused ("password=topsecret\n", "line 1: password needs user");
  assert_refused ("ssh-key=" KEY "\n", "ssh-key needs user");
  assert_refused ("wifi-password=topsecret\nwifi-country=DE\n",
                  "wifi-password needs wifi-ssid");
  assert_refused ("wifi-ssid=shed\nwifi-password=topsecret\n",
                  "wifi-ssid needs wifi-country");
  assert_refused ("wifi-ssid=shed\nwifi-password=topsecret\xc3\xa4\nwifi-country=DE\n",
                  "line 2: wifi-password: WPA knows");
  assert_refused ("user=pi\nssh-key=ssh-rsa topsecret\n", "line 2: no public key");
  assert_refused ("user=pi\nssh-key=@/nonexistent\n", "line 2: /nonexistent: ");
  assert_refused ("user=pi\n", "nobody could log in as pi");
}

static int
no_home (void **state)
{
  (void) state;
  return setenv ("HOME", "/nonexistent", 1);
}

static int
release (void **state)
{
  (void) state;
  first_boot_settings_release (&settings);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_all), cmocka_unit_test (test_salts_differ),
    cmocka_unit_test (test_few), cmocka_unit_test (test_refused),
  };

  return cmocka_run_group_tests (tests, no_home, release);
}
