/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flash-settings.h"
#include "report.h"

void
ram_root_path (char path[PATH_MAX], const char *name)
{
  snprintf (path, PATH_MAX, "%s/%s", ram_root, name);
}

static const char *
get (const char *key)
{
  const char *value = getenv (key);

  if (!value)
    report_error (ERROR_BUILD_MISMATCH, "%s is missing in the environment", key);
  return value;
}

static int
get_number (const char *key, uint64_t *number)
{
  const char *value = get (key);
  char *end;

  if (!value)
    return -1;
  errno = 0;
  unsigned long long n = strtoull (value, &end, 10);
  if (*value < '0' || *value > '9' || errno != 0 || *end || n > INT64_MAX) {
    report_error (ERROR_BUILD_MISMATCH, "%s is no number of bytes: %s", key, value);
    return -1;
  }
  *number = n;
  return 0;
}

/* LEN lower-case hex digits. */
static int
get_hex (const char *key, char *out, size_t len)
{
  const char *value = get (key);

  if (!value)
    return -1;
  if (strlen (value) != len || strspn (value, "0123456789abcdef") != len) {
    report_error (ERROR_BUILD_MISMATCH,
                  "%s is not %zu hex digits: %s", key, len, value);
    return -1;
  }
  memcpy (out, value, len + 1);
  return 0;
}

/* A digest, or "" for the word none. */
static int
get_patch (char patch[DIGEST_HEX_SIZE])
{
  const char *value = get ("FLASH_PATCH");

  if (value && strcmp (value, "none") == 0)
    return 0;
  return value ? get_hex ("FLASH_PATCH", patch, DIGEST_HEX_SIZE - 1) : -1;
}

/* *FLAG: whether the value is YES; it must be YES or NO. */
static int
get_choice (const char *key, const char *yes, const char *no, bool *flag)
{
  const char *value = get (key);

  if (!value)
    return -1;
  *flag = strcmp (value, yes) == 0;
  if (!*flag && strcmp (value, no) != 0) {
    report_error (ERROR_BUILD_MISMATCH,
                  "%s is neither %s nor %s: %s", key, yes, no, value);
    return -1;
  }
  return 0;
}

static int
get_verify (enum verify *verify)
{
  static const char *const names[] = {
    [VERIFY_FULL] = "full", [VERIFY_SAMPLE] = "sample", [VERIFY_OFF] = "off",
  };
  const char *value = get ("FLASH_VERIFY");

  for (size_t i = 0; value && i < sizeof names / sizeof *names; i++)
    if (strcmp (value, names[i]) == 0) {
      *verify = (enum verify) i;
      return 0;
    }
  if (value)
    report_error (ERROR_BUILD_MISMATCH,
                  "FLASH_VERIFY is neither full nor sample nor off: %s", value);
  return -1;
}

int
flash_settings_read (struct flash_settings *settings)
{
  static char dd[PATH_MAX];

  memset (settings, 0, sizeof *settings);
  if (get_hex ("FLASH_SESSION", settings->session, SESSION_ID_SIZE) == -1
      || get_choice ("FLASH_MODE", "stream", "ramfs", &settings->stream) == -1
      || get_choice ("FLASH_ROOT_DISK", "yes", "no", &settings->root_disk) == -1
      || get_choice ("FLASH_REBOOT", "yes", "no", &settings->reboot) == -1
      || get_verify (&settings->verify) == -1
      || get_patch (settings->patch) == -1
      || get_number ("FLASH_TARGET_SIZE", &settings->target_size) == -1
      || get_number ("FLASH_STORED_SIZE", &settings->stored_size) == -1
      || get_number ("FLASH_DISK_SIZE", &settings->disk_size) == -1
      || get_hex ("FLASH_STORED_DIGEST", settings->stored_digest,
                  DIGEST_HEX_SIZE - 1) == -1)
    return -1;
  settings->image = getenv ("FLASH_IMAGE");
  if (!settings->image)
    settings->image = "the image";
  settings->target_name = getenv ("FLASH_TARGET_NAME");
  if (!settings->target_name)
    settings->target_name = "";
  settings->dd = getenv ("FLASH_DD");
  if (!settings->dd) {
    ram_root_path (dd, "bin/dd");
    settings->dd = dd;
  }
  if (settings->disk_size == 0) {
    report_error (ERROR_IMAGE_EMPTY, "the image is empty");
    return -1;
  }
  return 0;
}
