/* SPDX-License-Identifier: MIT */
/* The vectors of IEEE 802.11, "Test vectors" of the passphrase-to-PSK mapping. */
#include "client-test.h"

#include "wifi-psk.h"

static void
assert_psk (const char *ssid, const char *password, const char *expected)
{
  char psk[WIFI_PSK_HEX_SIZE];

  wifi_psk_derive (ssid, password, psk);
  assert_string_equal (psk, expected);
}

static void
test_vectors (void **state)
{
  (void) state;
  assert_psk ("IEEE", "password",
              "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e");
  assert_psk ("ThisIsASSID", "ThisIsAPassword",
              "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af");
  assert_psk ("ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62");
}

static void
test_key_itself (void **state)
{
  const char *psk = "F42C6FC52DF0EBEF9EBB4B90B38A5F902E83FE1B135A70E23AED762E9710A12e";

  (void) state;
  assert_true (wifi_psk_is_psk (psk));
  assert_false (wifi_psk_is_psk (psk + 1));
  assert_false (wifi_psk_is_psk ("g42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23"
                                 "aed762e9710a12e"));
  assert_psk ("IEEE", psk,
              "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_vectors),
                                      cmocka_unit_test (test_key_itself) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
