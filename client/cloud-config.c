/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "cloud-config.h"
#include "yaml-string.h"

#define HEAD "# The settings of this system, by flash-live-remote.\n"

/* INDENT, which may end in a key, and VALUE. */
static void
write_line (FILE *f, const char *indent, const char *value)
{
  fputs (indent, f);
  yaml_string_write (f, value);
  fputc ('\n', f);
}

/* Groups that an image lacks are made by cloud-init. */
static void
write_user (FILE *f, const struct first_boot_settings *s)
{
  write_line (f, "users:\n  - name: ", s->user);
  fputs ("    shell: /bin/bash\n"
         "    groups: [adm, audio, cdrom, dialout, games, gpio, i2c, input, netdev, "
         "plugdev, render, spi, sudo, users, video]\n"
         "    sudo: \"ALL=(ALL) NOPASSWD:ALL\"\n", f);
  if (s->password_hash) {
    fputs ("    lock_passwd: false\n", f);
    write_line (f, "    passwd: ", s->password_hash);
  }
  else
    fputs ("    lock_passwd: true\n", f);
  if (s->keys.nr > 0)
    fputs ("    ssh_authorized_keys:\n", f);
  for (size_t i = 0; i < s->keys.nr; i++)
    write_line (f, "      - ", s->keys.lines[i]);
  fprintf (f, "ssh_pwauth: %s\n", s->password_hash ? "true" : "false");
}

static void
write_commands (FILE *f, const struct first_boot_settings *s)
{
  if (!s->user && !*s->wifi_country)
    return;
  fputs ("runcmd:\n", f);
  if (s->user)
    fputs ("  - \"systemctl enable --now ssh || systemctl enable --now sshd\"\n", f);
  /* A Pi's radio is off until a country was chosen. */
  if (*s->wifi_country)
    fprintf (f, "  - \"iw reg set %s || true\"\n"
             "  - \"rfkill unblock wifi || true\"\n"
             "  - \"nmcli radio wifi on || true\"\n", s->wifi_country);
}

void
cloud_config_write_user_data (FILE *f, const struct first_boot_settings *s)
{
  fputs ("#cloud-config\n" HEAD, f);
  if (s->hostname) {
    write_line (f, "hostname: ", s->hostname);
    fputs ("manage_etc_hosts: localhost\n", f);
  }
  if (s->user)
    write_user (f, s);
  write_commands (f, s);
}

void
cloud_config_write_network (FILE *f, const struct first_boot_settings *s)
{
  fputs (HEAD
         "version: 2\n"
         "ethernets:\n"
         "  eth0:\n"
         "    dhcp4: true\n"
         "    optional: true\n"
         "wifis:\n"
         "  wlan0:\n"
         "    dhcp4: true\n"
         "    optional: true\n", f);
  fputs ("    access-points:\n      ", f);
  yaml_string_write (f, s->wifi_ssid);
  if (*s->wifi_psk)
    write_line (f, ":\n        password: ", s->wifi_psk);
  else
    fputs (": {}\n", f);
}

void
cloud_config_write_meta_data (FILE *f, const struct first_boot_settings *s,
                              const char *instance)
{
  fputs (HEAD, f);
  write_line (f, "instance-id: ", instance);
  if (s->hostname)
    write_line (f, "local-hostname: ", s->hostname);
}
