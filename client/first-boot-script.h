/* SPDX-License-Identifier: MIT */
/* firstrun.sh and cmdline.txt: how an image of Raspberry Pi OS (and those made like it)
 * is told its settings.  systemd runs the script instead of the system, once, because
 * the kernel's command line says so; then the board reboots. */

#ifndef FLASH_FIRST_BOOT_SCRIPT_H
#define FLASH_FIRST_BOOT_SCRIPT_H

#include <stddef.h>

#include "first-boot-settings.h"

/* firstrun.sh for SETTINGS: the settings, and helper/first-boot.sh behind them.  The
 * caller must free it; NULL after a report. */
char *first_boot_script_new (const struct first_boot_settings *settings);

/* The text of cmdline.txt, SIZE bytes of TEXT before, that runs the script.  The caller
 * must free it; NULL after a report: it is not one line, has a first boot of its own,
 * or would get too long. */
char *first_boot_script_add_to_cmdline (const char *text, size_t size);

/* The same with only the WiFi country COUNTRY in it, which may be "". */
char *first_boot_script_add_country (const char *text, size_t size,
                                     const char *country);

#endif
