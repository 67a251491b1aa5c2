/* SPDX-License-Identifier: MIT */
/* What keep.sh says of a board: its files, and what else must be known of it.  None of
 * it is trusted: it may name only files that belong to the item, and is bounded. */

#ifndef FLASH_KEPT_FILES_H
#define FLASH_KEPT_FILES_H

#include <stddef.h>

#include "keep.h"

#define KEPT_FILES_MAX 128
#define KEPT_SYSTEMS_MAX 8      /* of the network */

struct kept_file
{
  enum keep_item item;
  unsigned mode;                /* permissions, 0777 */
  const char *user, *group;     /* names */
  const char *label;            /* SELinux's, or NULL */
  const char *path;
  const char *account;          /* whose authorized keys, or "" */
  const char *system;           /* of the network, whose file it is, or "" */
  unsigned char *data;          /* owned; a NUL behind SIZE bytes */
  size_t size;
};

struct kept_files
{
  char *text;                   /* owned; what the strings point into */
  struct kept_file files[KEPT_FILES_MAX];
  size_t nr;
  const char *sshd;             /* "openssh", "dropbear", or "" */
  const char *hosts;            /* the names of 127.0.1.1 in /etc/hosts, or NULL */
  const char *systems[KEPT_SYSTEMS_MAX];        /* that make up the network */
  size_t nr_systems;
  const char *refusals[KEEP_ITEMS];     /* why it cannot be read there, or NULL */
};

/* OUTPUT is what the command printed, words of the login shell included.  0; -1 after a
 * report.  FILES must be released either way. */
int kept_files_parse (const char *output, struct kept_files *files);
void kept_files_release (struct kept_files *files);

#endif
