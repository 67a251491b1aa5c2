/* SPDX-License-Identifier: MIT */
/* The files of cloud-init's data source NoCloud, as Ubuntu's images for boards and
 * newer ones of Raspberry Pi OS read them from their boot partition.  Each function
 * writes YAML to F; errors are the stream's. */

#ifndef FLASH_CLOUD_CONFIG_H
#define FLASH_CLOUD_CONFIG_H

#include <stdio.h>

#include "first-boot-settings.h"

/* `user-data': the user, the ssh server, and what switches the radio on. */
void cloud_config_write_user_data (FILE *f, const struct first_boot_settings *s);

/* `network-config', version 2: Ethernet by DHCP and the WiFi network, which there must
 * be. */
void cloud_config_write_network (FILE *f, const struct first_boot_settings *s);

/* `meta-data': the name, and INSTANCE, which tells this set of settings from others. */
void cloud_config_write_meta_data (FILE *f, const struct first_boot_settings *s,
                                   const char *instance);

#endif
