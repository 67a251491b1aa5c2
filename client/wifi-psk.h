/* SPDX-License-Identifier: MIT */
/* The key that WPA makes of a passphrase and a network's name (IEEE 802.11,
 * "Passphrase-to-PSK mapping").  It opens that one network as the passphrase does, but
 * does not tell the passphrase, which people use elsewhere. */

#ifndef FLASH_WIFI_PSK_H
#define FLASH_WIFI_PSK_H

#include <stdbool.h>

#define WIFI_PASSPHRASE_MIN 8
#define WIFI_PASSPHRASE_MAX 63
#define WIFI_PSK_HEX_SIZE 65    /* with its NUL */

/* Whether PASSWORD is no passphrase but the key itself, 64 hexadecimal digits. */
bool wifi_psk_is_psk (const char *password);

/* The key of PASSWORD (or PASSWORD, if it is the key) in small digits. */
void wifi_psk_derive (const char *ssid, const char *password,
                      char psk[WIFI_PSK_HEX_SIZE]);

#endif
