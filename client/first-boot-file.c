/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "first-boot-file.h"
#include "messages.h"
#include "near-word.h"
#include "report.h"
#include "text-lines.h"

static const char *const key_names[FIRST_BOOT_NR_KEYS] = {
  [FIRST_BOOT_HOSTNAME] = "hostname",
  [FIRST_BOOT_USER] = "user",
  [FIRST_BOOT_PASSWORD] = "password",
  [FIRST_BOOT_SSH_KEY] = "ssh-key",
  [FIRST_BOOT_WIFI_SSID] = "wifi-ssid",
  [FIRST_BOOT_WIFI_PASSWORD] = "wifi-password",
  [FIRST_BOOT_WIFI_COUNTRY] = "wifi-country",
};

const char *
first_boot_key_name (enum first_boot_key key)
{
  return key_names[key];
}

/* -- Lines ---------------------------------------------------------------- */

static int
find_key (const struct first_boot_file *f, unsigned number, const char *word)
{
  const char *near = NULL;

  for (int key = 0; key < FIRST_BOOT_NR_KEYS; key++) {
    if (strcmp (word, key_names[key]) == 0)
      return key;
    if (word_is_near (key_names[key], word_distance (word, key_names[key])))
      near = key_names[key];
  }
  /* What is no key may be a password that got into the wrong place. */
  if (near)
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: an unknown key; did you mean %s?", f->name, number,
                  near);
  else
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: an unknown key; there are hostname, user, password, "
                  "ssh-key, wifi-ssid, wifi-password and wifi-country", f->name,
                  number);
  return -1;
}

static int
keep_value (struct first_boot_file *f, enum first_boot_key key,
            struct first_boot_line line)
{
  if (key == FIRST_BOOT_SSH_KEY) {
    if (f->nr_ssh_keys == AUTHORIZED_KEYS_MAX) {
      report_error (ERROR_FIRST_BOOT_SETTING,
                    "%s, line %u: more than %d lines ssh-key", f->name, line.number,
                    AUTHORIZED_KEYS_MAX);
      return -1;
    }
    f->ssh_keys[f->nr_ssh_keys++] = line;
    if (f->keys[key].value)
      return 0;
  }
  else if (f->keys[key].value) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: %s was given in line %u already", f->name,
                  line.number, key_names[key], f->keys[key].number);
    return -1;
  }
  f->keys[key] = line;
  return 0;
}

static int
parse_line (struct first_boot_file *f, char *line, unsigned number)
{
  char *value;
  int key;

  if (!text_line_is_clean (line)) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: a control character, or not UTF-8", f->name, number);
    return -1;
  }
  if (*line == '\0' || *line == '#')
    return 0;
  if (*line == '[') {
    report_error (ERROR_FIRST_BOOT_FILE,
                  "%s, line %u: a section, and so no file of --config, which tells a "
                  "new system what to be; defaults of this program are the file of "
                  "--settings", f->name, number);
    return -1;
  }
  value = text_line_split (&line);
  if (!value) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: key=value is needed", f->name, number);
    return -1;
  }
  key = find_key (f, number, line);
  if (key == -1)
    return -1;
  const struct first_boot_line given = { value, number };
  if (*given.value == '\0') {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s, line %u: %s has no value; leave the line out", f->name, number,
                  key_names[key]);
    return -1;
  }
  return keep_value (f, (enum first_boot_key) key, given);
}

/* F->text, F->size bytes and a NUL. */
static int
parse (struct first_boot_file *f)
{
  struct text_lines lines;
  const char *wrong = text_lines_begin (&lines, f->text, f->size);
  char *line;

  if (wrong) {
    report_error (ERROR_FIRST_BOOT_FILE, "%s: %s", f->name, wrong);
    return -1;
  }
  while ((line = text_lines_next (&lines)) != NULL)
    if (parse_line (f, line, lines.number) == -1)
      return -1;
  return 0;
}

int
first_boot_file_parse (struct first_boot_file *f, const char *name,
                       const char *text, size_t size)
{
  memset (f, 0, sizeof *f);
  f->name = name;
  f->text = malloc (size + 1);
  if (!f->text) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  memcpy (f->text, text, size);
  f->text[size] = '\0';
  f->size = size;
  return parse (f);
}

/* -- The file ------------------------------------------------------------- */

static void
warn_of_readers (const struct first_boot_file *f, int fd)
{
  struct stat st;

  if (!f->keys[FIRST_BOOT_PASSWORD].value && !f->keys[FIRST_BOOT_WIFI_PASSWORD].value)
    return;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode)
      && (st.st_mode & (S_IRWXG | S_IRWXO)))
    message_warning ("%s has a password in it, and others can read it: chmod 600 it",
                     f->name);
}

int
first_boot_file_read (struct first_boot_file *f, const char *path)
{
  const bool is_stdin = strcmp (path, "-") == 0;
  CLEANUP_CLOSE int opened = is_stdin ? -1 : open (path, O_RDONLY | O_CLOEXEC
                                                         | O_NOCTTY);
  const int fd = is_stdin ? STDIN_FILENO : opened;
  char *text;
  ssize_t n = -1;
  int result = -1;

  memset (f, 0, sizeof *f);
  if (fd == -1) {
    report_error (ERROR_FIRST_BOOT_FILE, "--config %s: %s", path, strerror (errno));
    return -1;
  }
  text = malloc (FIRST_BOOT_FILE_MAX + 1);
  if (text)
    n = full_read (fd, text, FIRST_BOOT_FILE_MAX + 1);
  if (n == -1)
    report_error (ERROR_FIRST_BOOT_FILE, "--config %s: %s", path, strerror (errno));
  else if (n > FIRST_BOOT_FILE_MAX)
    report_error (ERROR_FIRST_BOOT_FILE, "--config %s: larger than 64 KiB", path);
  else
    result = first_boot_file_parse (f, is_stdin ? "standard input" : path, text,
                                    (size_t) n);
  if (result == 0)
    warn_of_readers (f, fd);
  if (text)
    explicit_bzero (text, FIRST_BOOT_FILE_MAX + 1);
  free (text);
  return result;
}

void
first_boot_file_release (struct first_boot_file *f)
{
  if (f->text)
    explicit_bzero (f->text, f->size);
  free (f->text);
  memset (f, 0, sizeof *f);
}
