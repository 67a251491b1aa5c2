/* SPDX-License-Identifier: MIT */
/* print-first-boot CONFIG FOLDER: what the settings of the file CONFIG become, for the
 * scripts that look into it: firstrun.sh (run from FOLDER/cmdline.txt), user-data,
 * network-config, meta-data. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud-config.h"
#include "first-boot-script.h"

#define CMDLINE "console=serial0,115200 root=PARTUUID=1-02 rootwait quiet\n"

static void
write_text (const char *name, const char *text)
{
  FILE *f = fopen (name, "w");

  if (!f || fputs (text, f) == EOF || fclose (f) == EOF) {
    perror (name);
    exit (1);
  }
}

int
main (int argc, char *argv[])
{
  struct first_boot_settings settings;

  if (argc != 3 || first_boot_settings_read (&settings, argv[1]) == -1
      || chdir (argv[2]) == -1)
    return 1;
  char *script = first_boot_script_new (&settings);
  char *cmdline = first_boot_script_add_to_cmdline (CMDLINE, strlen (CMDLINE));
  FILE *user_data = fopen ("user-data", "w"), *network = fopen ("network-config", "w");
  FILE *meta_data = fopen ("meta-data", "w");

  if (!script || !cmdline || !user_data || !network || !meta_data)
    return 1;
  write_text ("firstrun.sh", script);
  write_text ("cmdline.txt", cmdline);
  cloud_config_write_user_data (user_data, &settings);
  if (settings.wifi_ssid)
    cloud_config_write_network (network, &settings);
  cloud_config_write_meta_data (meta_data, &settings, "instance-1");
  free (script);
  free (cmdline);
  first_boot_settings_release (&settings);
  return fclose (user_data) + fclose (network) + fclose (meta_data) == 0 ? 0 : 1;
}
