/* SPDX-License-Identifier: MIT */
/* What the values of a first-boot file may be.  Each function returns NULL for a good
 * value, else what is wrong with it, as a constant sentence that does not repeat the
 * value.  VALUE is UTF-8 without control characters and not "". */

#ifndef FLASH_FIRST_BOOT_VALUES_H
#define FLASH_FIRST_BOOT_VALUES_H

#define HOSTNAME_LENGTH_MAX 63
#define USER_NAME_LENGTH_MAX 32
#define PASSWORD_LENGTH_MAX 256
#define SSID_LENGTH_MAX 32

/* One label of RFC 1123, section 2.1. */
const char *hostname_fault (const char *value);
/* A name that Debian's useradd takes, and that no system account has. */
const char *user_name_fault (const char *value);
const char *password_fault (const char *value);
const char *wifi_ssid_fault (const char *value);
/* A WPA passphrase, or 64 hexadecimal digits. */
const char *wifi_password_fault (const char *value);
/* A code of ISO 3166-1 alpha-2. */
const char *wifi_country_fault (const char *value);

#endif
