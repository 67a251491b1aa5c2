/* SPDX-License-Identifier: MIT */
/* The file of --config: "key=value" a line, as flash-live-remote-config(5) tells.  (The
 * defaults of this program are in another one, settings-file.h.)
 *
 * Blanks around key and value do not count; a value goes to the end of its line and is
 * taken as it stands, without quoting.  Empty lines and lines that begin with # are
 * comments.  The text is UTF-8 without control characters (a tab is a blank). */

#ifndef FLASH_FIRST_BOOT_FILE_H
#define FLASH_FIRST_BOOT_FILE_H

#include <stddef.h>

#include "authorized-keys.h"

#define FIRST_BOOT_FILE_MAX 65536

enum first_boot_key
{
  FIRST_BOOT_HOSTNAME, FIRST_BOOT_USER, FIRST_BOOT_PASSWORD, FIRST_BOOT_SSH_KEY,
  FIRST_BOOT_WIFI_SSID, FIRST_BOOT_WIFI_PASSWORD, FIRST_BOOT_WIFI_COUNTRY,
  FIRST_BOOT_NR_KEYS
};

struct first_boot_line
{
  const char *value;            /* NULL: the key is not given; never "" */
  unsigned number;              /* of the line, from 1 */
};

struct first_boot_file
{
  const char *name;             /* for messages; the caller's */
  char *text;                   /* owned; what the values point into */
  size_t size;
  /* Of ssh-key this is the first. */
  struct first_boot_line keys[FIRST_BOOT_NR_KEYS];
  struct first_boot_line ssh_keys[AUTHORIZED_KEYS_MAX];
  size_t nr_ssh_keys;
};

/* Read PATH ("-": standard input) into FILE, with a warning when others can read a
 * password in it.  0, or -1 after a report; release FILE either way. */
int first_boot_file_read (struct first_boot_file *file, const char *path);

/* The same of TEXT, SIZE bytes. */
int first_boot_file_parse (struct first_boot_file *file, const char *name,
                           const char *text, size_t size);

const char *first_boot_key_name (enum first_boot_key key);

/* Wipes the passwords. */
void first_boot_file_release (struct first_boot_file *file);

#endif
