/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "first-boot-settings.h"
#include "first-boot-values.h"
#include "password-hash.h"
#include "report.h"
#include "terminal-text.h"

#define WHERE_SIZE 512

/* -- Rules ---------------------------------------------------------------- */

/* A secret is not repeated in the report. */
static const struct
{
  const char *(*fault) (const char *value);
  bool secret;
} rules[FIRST_BOOT_NR_KEYS] = {
  [FIRST_BOOT_HOSTNAME] = { hostname_fault, false },
  [FIRST_BOOT_USER] = { user_name_fault, false },
  [FIRST_BOOT_PASSWORD] = { password_fault, true },
  [FIRST_BOOT_WIFI_SSID] = { wifi_ssid_fault, false },
  [FIRST_BOOT_WIFI_PASSWORD] = { wifi_password_fault, true },
  [FIRST_BOOT_WIFI_COUNTRY] = { wifi_country_fault, false },
};

static int
check_values (const struct first_boot_file *f)
{
  for (int key = 0; key < FIRST_BOOT_NR_KEYS; key++) {
    const struct first_boot_line *line = &f->keys[key];
    const char *fault = line->value && rules[key].fault
                        ? rules[key].fault (line->value) : NULL;

    if (!fault)
      continue;
    if (rules[key].secret)
      report_error (ERROR_FIRST_BOOT_SETTING,
                    "%s, line %u: %s: %s", f->name, line->number,
                    first_boot_key_name ((enum first_boot_key) key), fault);
    else
      report_error (ERROR_FIRST_BOOT_SETTING,
                    "%s, line %u: %s=%s: %s", f->name, line->number,
                    first_boot_key_name ((enum first_boot_key) key), line->value,
                    fault);
    return -1;
  }
  return 0;
}

static int
check_needs (const struct first_boot_file *f)
{
  static const struct
  {
    enum first_boot_key given, needed;
    const char *why;
  } needs[] = {
    { FIRST_BOOT_PASSWORD, FIRST_BOOT_USER, "whose password it is" },
    { FIRST_BOOT_SSH_KEY, FIRST_BOOT_USER, "who logs in with it" },
    { FIRST_BOOT_WIFI_PASSWORD, FIRST_BOOT_WIFI_SSID, "of which network it is" },
    { FIRST_BOOT_WIFI_SSID, FIRST_BOOT_WIFI_COUNTRY,
      "whose rules the radio keeps; it stays off otherwise" },
  };

  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (f->keys[needs[i].given].value && !f->keys[needs[i].needed].value) {
      report_error (ERROR_FIRST_BOOT_INCOMPLETE,
                    "%s, line %u: %s needs %s: %s", f->name,
                    f->keys[needs[i].given].number,
                    first_boot_key_name (needs[i].given),
                    first_boot_key_name (needs[i].needed), needs[i].why);
      return -1;
    }
  for (int key = 0; key < FIRST_BOOT_NR_KEYS; key++)
    if (f->keys[key].value)
      return 0;
  report_error (ERROR_FIRST_BOOT_INCOMPLETE, "%s: nothing is set in it", f->name);
  return -1;
}

/* -- Values --------------------------------------------------------------- */

static int
copy_value (const struct first_boot_line *line, char **value)
{
  if (!line->value)
    return 0;
  *value = strdup (line->value);
  if (*value)
    return 0;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

static int
take_keys (struct first_boot_settings *s, const struct first_boot_file *f)
{
  char where[WHERE_SIZE];

  for (size_t i = 0; i < f->nr_ssh_keys; i++) {
    const char *value = f->ssh_keys[i].value;

    snprintf (where, sizeof where, "%s, line %u", f->name, f->ssh_keys[i].number);
    if ((*value == '@' ? authorized_keys_add_file (&s->keys, value + 1, where)
         : authorized_keys_add (&s->keys, value, where)) == -1)
      return -1;
  }
  if (f->nr_ssh_keys == 0 && s->user
      && authorized_keys_add_own (&s->keys, "~/.ssh") == -1)
    return -1;
  if (!s->user || s->password_hash || s->keys.nr > 0)
    return 0;
  report_error (ERROR_FIRST_BOOT_INCOMPLETE,
                "%s: nobody could log in as %s: give a password or ssh-key (there is "
                "no public key in ~/.ssh)", f->name, s->user);
  return -1;
}

int
first_boot_settings_take (struct first_boot_settings *s,
                          const struct first_boot_file *f)
{
  const struct first_boot_line *keys = f->keys;

  memset (s, 0, sizeof *s);
  if (check_values (f) == -1 || check_needs (f) == -1
      || copy_value (&keys[FIRST_BOOT_HOSTNAME], &s->hostname) == -1
      || copy_value (&keys[FIRST_BOOT_USER], &s->user) == -1
      || copy_value (&keys[FIRST_BOOT_WIFI_SSID], &s->wifi_ssid) == -1)
    return -1;
  if (keys[FIRST_BOOT_PASSWORD].value
      && !(s->password_hash = password_hash_new (keys[FIRST_BOOT_PASSWORD].value)))
    return -1;
  if (keys[FIRST_BOOT_WIFI_PASSWORD].value)
    wifi_psk_derive (s->wifi_ssid, keys[FIRST_BOOT_WIFI_PASSWORD].value, s->wifi_psk);
  if (keys[FIRST_BOOT_WIFI_COUNTRY].value)
    memcpy (s->wifi_country, keys[FIRST_BOOT_WIFI_COUNTRY].value,
            sizeof s->wifi_country);
  return take_keys (s, f);
}

int
first_boot_settings_read (struct first_boot_settings *s, const char *path)
{
  struct first_boot_file f;
  int result;

  memset (s, 0, sizeof *s);
  result = first_boot_file_read (&f, path);
  if (result == 0)
    result = first_boot_settings_take (s, &f);
  first_boot_file_release (&f);
  return result;
}

void
first_boot_settings_release (struct first_boot_settings *s)
{
  free (s->hostname);
  free (s->user);
  if (s->password_hash)
    explicit_bzero (s->password_hash, strlen (s->password_hash));
  free (s->password_hash);
  authorized_keys_release (&s->keys);
  free (s->wifi_ssid);
  explicit_bzero (s, sizeof *s);
}

/* -- For a person --------------------------------------------------------- */

static void
describe_user (FILE *f, const struct first_boot_settings *s)
{
  fprintf (f, "user %s with ", s->user);
  if (s->password_hash)
    fputs (s->keys.nr ? "password and " : "password", f);
  if (s->keys.nr)
    fprintf (f, "%zu ssh key%s", s->keys.nr, s->keys.nr == 1 ? "" : "s");
}

char *
first_boot_settings_describe (const struct first_boot_settings *s)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);
  const char *comma = "";

  if (f) {
    if (s->hostname) {
      fprintf (f, "hostname %s", s->hostname);
      comma = ", ";
    }
    if (s->user) {
      fputs (comma, f);
      describe_user (f, s);
      comma = ", ";
    }
    if (s->wifi_ssid)
      fprintf (f, "%sWiFi \"%s\" (%s%s)", comma, s->wifi_ssid, s->wifi_country,
               *s->wifi_psk ? "" : ", open");
    else if (*s->wifi_country)
      fprintf (f, "%sWiFi country %s", comma, s->wifi_country);
    if (fclose (f) == 0)
      return terminal_text_clean (text);
  }
  free (text);
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return NULL;
}
