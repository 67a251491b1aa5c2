/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "first-boot-script.h"
#include "helper-files.h"
#include "report.h"
#include "shell-quote.h"

/* The boot partition is /boot/firmware since Debian 12 and was /boot before; an image
 * does not say so in a place that can be relied on, so the board looks.  There is
 * neither $ nor % in it, which systemd would expand.  Only what comes after the script
 * is done reboots: after a failure the script has gone on into the system itself. */
#define CMDLINE_PART \
  " systemd.run=\"/bin/sh -c 'cd /boot/firmware && [ -e firstrun.sh ] || cd /boot; " \
  "exec /bin/sh ./firstrun.sh'\" systemd.run_success_action=reboot " \
  "systemd.run_failure_action=none systemd.unit=kernel-command-line.target"

/* A 32-bit kernel keeps 1024 bytes, of which the firmware takes up to 350. */
#define CMDLINE_MAX 670
#define COUNTRY_KEY "cfg80211.ieee80211_regdom="

/* -- firstrun.sh ---------------------------------------------------------- */

/* NAME=VALUE, a line that a shell reads back as it is; NULL is empty. */
static bool
assign (FILE *f, const char *name, const char *value)
{
  CLEANUP_FREE char *quoted = shell_quote (value ? value : "");

  if (quoted)
    fprintf (f, "%s=%s\n", name, quoted);
  return quoted != NULL;
}

/* Of the name of a network, byte for byte. */
static void
assign_bytes (FILE *f, const char *name, const char *value, const char *format)
{
  fprintf (f, "%s='", name);
  for (; value && *value; value++)
    fprintf (f, format, (unsigned) (unsigned char) *value);
  fputs ("'\n", f);
}

static bool
assign_keys (FILE *f, const struct authorized_keys *keys)
{
  char *lines = NULL;
  size_t size;
  FILE *g = open_memstream (&lines, &size);
  bool good = g != NULL;

  for (size_t i = 0; g && i < keys->nr; i++)
    fprintf (g, "%s%s", i ? "\n" : "", keys->lines[i]);
  if (g)
    good = fclose (g) == 0 && assign (f, "keys", lines);
  free (lines);
  return good;
}

static bool
write_settings (FILE *f, const struct first_boot_settings *s)
{
  fputs ("#!/bin/sh\n# The settings of this system, by flash-live-remote.\n", f);
  assign_bytes (f, "wifi_ssid_bytes", s->wifi_ssid, "%u;");
  assign_bytes (f, "wifi_ssid_hex", s->wifi_ssid, "%02x");
  return assign (f, "hostname", s->hostname) && assign (f, "user", s->user)
         && assign (f, "password", s->password_hash ? s->password_hash : "*")
         && assign_keys (f, &s->keys) && assign (f, "wifi_psk", s->wifi_psk)
         && assign (f, "wifi_country", s->wifi_country)
         && assign (f, "cmdline_part", CMDLINE_PART);
}

char *
first_boot_script_new (const struct first_boot_settings *s)
{
  struct helper_file steps;
  char *text = NULL;
  size_t size;
  bool good = false;

  if (helper_file_read ("first-boot.sh", &steps) == -1)
    return NULL;
  FILE *f = open_memstream (&text, &size);
  if (f) {
    good = write_settings (f, s);
    fputs (steps.data + strcspn (steps.data, "\n"), f);         /* not its #! */
    good = fclose (f) == 0 && good;
  }
  helper_file_release (&steps);
  if (good)
    return text;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  free (text);
  return NULL;
}

/* -- cmdline.txt ---------------------------------------------------------- */

/* The one line that it is, without what ends it; NULL after a report. */
static char *
only_line (const char *text, size_t size)
{
  char *line = strndup (text, size);
  size_t n;

  if (!line) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  for (n = strlen (line); n > 0 && isspace ((unsigned char) line[n - 1]); n--)
    line[n - 1] = '\0';
  if (n > 0 && !memchr (text, '\0', size) && !strpbrk (line, "\r\n"))
    return line;
  report_error (ERROR_FIRST_BOOT_IMAGE,
                "cmdline.txt on the image's boot partition is not one line of text, so "
                "nothing can be added to it");
  free (line);
  return NULL;
}

/* LINE, PART, the rest; NULL after a report. */
static char *
join (const char *line, const char *part, const char *rest)
{
  char *text = NULL;

  if (strlen (line) + strlen (part) + strlen (rest) > CMDLINE_MAX)
    report_error (ERROR_FIRST_BOOT_IMAGE,
                  "cmdline.txt on the image's boot partition would be longer than %d "
                  "bytes, and the board might cut it off", CMDLINE_MAX);
  else if (asprintf (&text, "%s%s%s\n", line, part, rest) == -1) {
    text = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  }
  return text;
}

char *
first_boot_script_add_to_cmdline (const char *text, size_t size)
{
  CLEANUP_FREE char *line = only_line (text, size);

  if (!line)
    return NULL;
  if (!strstr (line, "systemd.run") && !strstr (line, "systemd.unit="))
    return join (line, CMDLINE_PART, "");
  report_error (ERROR_FIRST_BOOT_IMAGE,
                "the image has a first boot of its own (cmdline.txt on its boot "
                "partition has systemd.run or systemd.unit in it): use an image that "
                "was not prepared, or leave --config out");
  return NULL;
}

char *
first_boot_script_add_country (const char *text, size_t size, const char *country)
{
  CLEANUP_FREE char *line = only_line (text, size);

  if (!line)
    return NULL;
  if (*country == '\0' || strstr (line, COUNTRY_KEY))
    return join (line, "", "");
  return join (line, " " COUNTRY_KEY, country);
}
