/* SPDX-License-Identifier: MIT */
/* What this session is to do: the session file (docs/protocol.md, section 2) as
 * it reaches stage, rehearse and write through the environment. */

#ifndef FLASH_HELPER_FLASH_SETTINGS_H
#define FLASH_HELPER_FLASH_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

#define SESSION_ID_SIZE 16

enum verify
{
  VERIFY_FULL, VERIFY_SAMPLE, VERIFY_OFF,
};

struct flash_settings
{
  char session[SESSION_ID_SIZE + 1];
  bool stream;                  /* mode=stream */
  bool root_disk;
  bool reboot;                  /* of a root disk, after it is verified */
  uint64_t target_size, stored_size, disk_size;
  char stored_digest[DIGEST_HEX_SIZE];
  enum verify verify;           /* what is read back */
  char patch[DIGEST_HEX_SIZE];  /* of the file RAM_ROOT/patch; "": there is none */
  const char *image;            /* its name, for messages */
  const char *target_name;      /* as the kernel calls it: "mmcblk0" */
  const char *dd;               /* absolute path */
};

/* Reads FLASH_*.  0, or -1 after report_error().  FLASH_DD is internal, for the
 * tests: another dd than RAM_ROOT/bin/dd. */
int flash_settings_read (struct flash_settings *settings);

/* RAM_ROOT "/" NAME. */
void ram_root_path (char path[PATH_MAX], const char *name);

#endif
