/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "report.h"
#include "session-file.h"
#include "status-record.h"

static bool
is_hex (const char *value, size_t digits)
{
  return strlen (value) == digits
         && strspn (value, "0123456789abcdef") == digits;
}

static bool
is_session (const char *value)
{
  return is_hex (value, 16);
}

static bool
is_digest (const char *value)
{
  return is_hex (value, 32);
}

static bool
is_digest_or_none (const char *value)
{
  return strcmp (value, "none") == 0 || is_digest (value);
}

static bool
is_port (const char *value)
{
  const size_t digits = strspn (value, "0123456789");

  return digits >= 1 && digits <= 5 && value[digits] == '\0'
         && strtoul (value, NULL, 10) <= 65535;
}

static bool
is_verification (const char *value)
{
  return strcmp (value, "full") == 0 || strcmp (value, "sample") == 0
         || strcmp (value, "off") == 0;
}

static bool
is_mode (const char *value)
{
  return strcmp (value, "ramfs") == 0 || strcmp (value, "stream") == 0;
}

static bool
is_answer (const char *value)
{
  return strcmp (value, "yes") == 0 || strcmp (value, "no") == 0;
}

static bool
is_format (const char *value)
{
  static const char *const formats[] = {
    "raw", "xz", "gzip", "zstd", "bzip2", "zip"
  };

  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (strcmp (value, formats[i]) == 0)
      return true;
  return false;
}

/* A number that fits off_t: no sign, no blank, at most 18 digits. */
static bool
is_size (const char *value)
{
  const size_t digits = strspn (value, "0123456789");

  return digits >= 1 && digits <= 18 && value[digits] == '\0';
}

static bool
parse_device (const char *value, dev_t *device)
{
  const size_t major_digits = strspn (value, "0123456789");

  if (major_digits < 1 || major_digits > 7 || value[major_digits] != ':')
    return false;
  const char *minor_text = value + major_digits + 1;
  const size_t minor_digits = strspn (minor_text, "0123456789");
  if (minor_digits < 1 || minor_digits > 7 || minor_text[minor_digits] != '\0')
    return false;
  *device = makedev ((unsigned) strtoul (value, NULL, 10),
                     (unsigned) strtoul (minor_text, NULL, 10));
  return true;
}

static bool
is_device (const char *value)
{
  dev_t device;

  return parse_device (value, &device);
}

/* A word that a shell, a path and a terminal can bear. */
static bool
has_only (const char *value, const char *punctuation)
{
  for (; *value; value++)
    if (!isalnum ((unsigned char) *value) && !strchr (punctuation, *value))
      return false;
  return true;
}

static bool
is_kernel_name (const char *value)
{
  return *value && strlen (value) <= 64 && has_only (value, "-_.!");
}

/* Unit names with the wildcards of the shell's `case`. */
static bool
is_pattern_list (const char *value)
{
  return has_only (value, " -_.:@\\*?");
}

static bool
is_text (const char *value)
{
  if (!*value)
    return false;
  for (; *value; value++)
    if (iscntrl ((unsigned char) *value))
      return false;
  return true;
}

static const struct key
{
  const char *name;
  bool (*is_valid) (const char *value);
} keys[] = {
  { "session", is_session },
  { "mode", is_mode },
  { "target", is_device },
  { "target-name", is_kernel_name },
  { "target-size", is_size },
  { "root-disk", is_answer },
  { "reboot", is_answer },
  { "stop-services", is_pattern_list },
  { "image", is_text },
  { "format", is_format },
  { "stored-size", is_size },
  { "disk-size", is_size },
  { "stored-digest", is_digest },
  { "verify", is_verification },
  { "patch", is_digest_or_none },
  { "patch-options", is_digest_or_none },
  { "lifeboat", is_answer },
  { "lifeboat-port", is_port },
};

#define NR_KEYS (sizeof keys / sizeof keys[0])

struct session_file
{
  char text[SESSION_FILE_MAX + 1];
  const char *values[NR_KEYS];  /* into text; NULL: absent */
};

static size_t
key_index (const char *name)
{
  size_t i = 0;

  while (i < NR_KEYS && strcmp (keys[i].name, name) != 0)
    i++;
  return i;
}

/* An unknown key is a later protocol's and is left alone. */
static int
take_line (struct session_file *file, const char *path, char *line)
{
  char *value = strchr (line, '=');

  if (!value) {
    report_error (ERROR_BUILD_MISMATCH, "%s: a line is not KEY=VALUE", path);
    return -1;
  }
  *value++ = '\0';
  const size_t i = key_index (line);
  if (i == NR_KEYS)
    return 0;
  if (file->values[i]) {
    report_error (ERROR_BUILD_MISMATCH, "%s: %s is there twice", path, keys[i].name);
    return -1;
  }
  if (!status_decode (value) || !keys[i].is_valid (value)) {
    report_error (ERROR_BUILD_MISMATCH,
                  "%s: the value of %s is not allowed", path, keys[i].name);
    return -1;
  }
  file->values[i] = value;
  return 0;
}

static int
check_all (const struct session_file *file, const char *path)
{
  for (size_t i = 0; i < NR_KEYS; i++)
    if (!file->values[i]) {
      report_error (ERROR_BUILD_MISMATCH, "%s: %s is missing", path, keys[i].name);
      return -1;
    }
  if (session_file_number (file, "disk-size")
      > session_file_number (file, "target-size")) {
    report_error (ERROR_DISK_TOO_SMALL,
                  "%s: the image is larger than the target", path);
    return -1;
  }
  return 0;
}

static int
read_text (struct session_file *file, const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1) {
    report_error (ERROR_BUILD_MISMATCH, "%s: %s", path, strerror (errno));
    return -1;
  }
  ssize_t r = full_read (fd, file->text, sizeof file->text);
  if (r == -1) {
    report_error (ERROR_BUILD_MISMATCH, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (r > SESSION_FILE_MAX || memchr (file->text, '\0', (size_t) r)) {
    report_error (ERROR_BUILD_MISMATCH, "%s: not a session file", path);
    return -1;
  }
  file->text[r] = '\0';
  return 0;
}

static int
parse_text (struct session_file *file, const char *path)
{
  char *save = NULL;

  for (char *line = strtok_r (file->text, "\n", &save); line;
       line = strtok_r (NULL, "\n", &save))
    if (take_line (file, path, line) == -1)
      return -1;
  return check_all (file, path);
}

struct session_file *
session_file_read (const char *path)
{
  struct session_file *file = calloc (1, sizeof *file);

  if (!file) {
    report_error (ERROR_BUILD_MISMATCH, "%s: %s", path, strerror (errno));
    return NULL;
  }
  if (read_text (file, path) == -1 || parse_text (file, path) == -1) {
    session_file_free (file);
    return NULL;
  }
  return file;
}

void
session_file_free (struct session_file *file)
{
  free (file);
}

const char *
session_file_get (const struct session_file *file, const char *key)
{
  const size_t i = key_index (key);

  return i < NR_KEYS ? file->values[i] : "";
}

bool
session_file_says (const struct session_file *file, const char *key,
                   const char *value)
{
  return strcmp (session_file_get (file, key), value) == 0;
}

uint64_t
session_file_number (const struct session_file *file, const char *key)
{
  return strtoull (session_file_get (file, key), NULL, 10);
}

dev_t
session_file_target (const struct session_file *file)
{
  dev_t device = 0;

  parse_device (session_file_get (file, "target"), &device);
  return device;
}

int
session_file_export (const struct session_file *file)
{
  for (size_t i = 0; i < NR_KEYS; i++) {
    char name[64];
    int n = snprintf (name, sizeof name, "FLASH_%s", keys[i].name);

    for (int j = 0; j < n; j++)
      name[j] = name[j] == '-' ? '_' : (char) toupper ((unsigned char) name[j]);
    if (setenv (name, file->values[i], 1) == -1) {
      report_error (ERROR_BUILD_MISMATCH, "%s: %s", name, strerror (errno));
      return -1;
    }
  }
  return 0;
}
