/* SPDX-License-Identifier: MIT */
/* The file of --config, and the rules for its values. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "first-boot-file.h"
#include "first-boot-values.h"
#include "fuzz-support.h"
#include "messages.h"
#include "wifi-psk.h"
#include "yaml-string.h"

/* Of a file on the disk, which there is none of here. */
void
message_warning (const char *fmt, ...)
{
  (void) fmt;
}

static bool
has_control (const char *text)
{
  for (; *text; text++)
    if (((unsigned char) *text < 0x20 && *text != '\t') || *text == 0x7f)
      return true;
  return false;
}

/* One line, whose quotes are where they belong. */
static void
check_yaml (const char *value)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  FUZZ_CHECK (f);
  yaml_string_write (f, value);
  FUZZ_CHECK (fclose (f) == 0 && size >= 2);
  FUZZ_CHECK (text[0] == '"' && text[size - 1] == '"' && !has_control (text)
              && !strchr (text, '\t'));
  for (size_t i = 1; i + 1 < size; i++) {
    FUZZ_CHECK (text[i] != '"');
    if (text[i] == '\\')
      i++;
    FUZZ_CHECK (i + 1 < size);
  }
  free (text);
}

/* What the rules promise to those who use the values. */
static void
check_values (const struct first_boot_file *f)
{
  const char *hostname = f->keys[FIRST_BOOT_HOSTNAME].value;
  const char *user = f->keys[FIRST_BOOT_USER].value;
  const char *ssid = f->keys[FIRST_BOOT_WIFI_SSID].value;
  const char *password = f->keys[FIRST_BOOT_WIFI_PASSWORD].value;
  const char *country = f->keys[FIRST_BOOT_WIFI_COUNTRY].value;

  if (hostname && !hostname_fault (hostname))
    FUZZ_CHECK (strlen (hostname) <= 63 && !strpbrk (hostname, " '\"$/.:"));
  if (user && !user_name_fault (user))
    FUZZ_CHECK (strlen (user) <= 32 && !strpbrk (user, " '\"$/.:")
                && strcmp (user, "root") != 0);
  if (ssid && !wifi_ssid_fault (ssid))
    FUZZ_CHECK (strlen (ssid) <= 32);
  if (password && !wifi_password_fault (password))
    FUZZ_CHECK (strlen (password) <= 63 || wifi_psk_is_psk (password));
  if (country && !wifi_country_fault (country))
    FUZZ_CHECK (strlen (country) == 2);
}

static void
check_line (const struct first_boot_line *line)
{
  if (!line->value)
    return;
  FUZZ_CHECK (*line->value && line->number > 0 && !has_control (line->value));
  FUZZ_CHECK (!strchr (" \t", line->value[0])
              && !strchr (" \t", line->value[strlen (line->value) - 1]));
  check_yaml (line->value);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const unsigned before = fuzz_reports ();
  struct first_boot_file f;
  const int result = first_boot_file_parse (&f, "input", (const char *) data, size);

  FUZZ_CHECK (fuzz_reports () == before + (result == -1));
  if (result == 0) {
    for (int key = 0; key < FIRST_BOOT_NR_KEYS; key++)
      check_line (&f.keys[key]);
    FUZZ_CHECK (f.nr_ssh_keys <= AUTHORIZED_KEYS_MAX);
    for (size_t i = 0; i < f.nr_ssh_keys; i++)
      check_line (&f.ssh_keys[i]);
    check_values (&f);
  }
  first_boot_file_release (&f);
  return 0;
}
