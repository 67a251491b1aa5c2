/* SPDX-License-Identifier: MIT */
/* What a new system shall be told at its first boot.  Passwords are only here as what
 * the system itself would keep of them. */

#ifndef FLASH_FIRST_BOOT_SETTINGS_H
#define FLASH_FIRST_BOOT_SETTINGS_H

#include <stdbool.h>

#include "authorized-keys.h"
#include "first-boot-file.h"
#include "wifi-psk.h"

struct first_boot_settings
{
  char *hostname, *user;        /* owned; NULL: not given */
  char *password_hash;          /* owned; NULL: no login by password */
  struct authorized_keys keys;
  char *wifi_ssid;              /* owned; NULL: no network is set up */
  char wifi_psk[WIFI_PSK_HEX_SIZE];     /* "": an open network */
  char wifi_country[3];         /* "": not given */
};

/* Read the file PATH of --config ("-": standard input) and prove everything in it.  0,
 * or -1 after a report.  Release SETTINGS either way. */
int first_boot_settings_read (struct first_boot_settings *settings,
                              const char *path);
/* The same of what FILE says, for which the user's own public keys are looked up. */
int first_boot_settings_take (struct first_boot_settings *settings,
                              const struct first_boot_file *file);
void first_boot_settings_release (struct first_boot_settings *settings);

/* One line for a person, without secrets: `hostname halos-7, user pi with password and
 * 2 keys, WiFi "shed" (DE)'.  The caller must free it; NULL after a report. */
char *first_boot_settings_describe (const struct first_boot_settings *settings);

#endif
