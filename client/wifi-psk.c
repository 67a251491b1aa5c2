/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <nettle/pbkdf2.h>

#include "wifi-psk.h"

#define ROUNDS 4096
#define PSK_SIZE 32

bool
wifi_psk_is_psk (const char *password)
{
  return strlen (password) == 2 * PSK_SIZE
         && strspn (password, "0123456789abcdefABCDEF") == 2 * PSK_SIZE;
}

static void
copy_lower (const char *digits, char *psk)
{
  for (; *digits; digits++)
    *psk++ = *digits >= 'A' && *digits <= 'F' ? (char) (*digits - 'A' + 'a')
                                              : *digits;
  *psk = '\0';
}

void
wifi_psk_derive (const char *ssid, const char *password,
                 char psk[WIFI_PSK_HEX_SIZE])
{
  uint8_t key[PSK_SIZE];

  if (wifi_psk_is_psk (password)) {
    copy_lower (password, psk);
    return;
  }
  pbkdf2_hmac_sha1 (strlen (password), (const uint8_t *) password, ROUNDS,
                    strlen (ssid), (const uint8_t *) ssid, sizeof key, key);
  for (unsigned i = 0; i < sizeof key; i++)
    snprintf (psk + 2 * i, 3, "%02x", key[i]);
  explicit_bzero (key, sizeof key);
}
