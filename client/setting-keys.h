/* SPDX-License-Identifier: MIT */
/* The keys of the settings file, flash-live-remote-settings(5): each stands for a long
 * option. */

#ifndef FLASH_SETTING_KEYS_H
#define FLASH_SETTING_KEYS_H

#include <stdbool.h>

/* In the order in which they are shown, and taken: one that does not go with what was
 * taken before it is left out. */
enum setting_key
{
  SETTING_IMAGE_SERVER, SETTING_MODE, SETTING_DEVICE, SETTING_STOP_SERVICES,
  SETTING_KEEP, SETTING_CONFIG, SETTING_VERIFY, SETTING_WAIT, SETTING_RUN,
  SETTING_HOST_KEY, SETTING_SSH, SETTING_LIFEBOAT_PORT, SETTING_BUSYBOX,
  SETTING_RESCAN, SETTING_JOBS, SETTING_VERBOSITY, SETTING_MAP,
  SETTING_KEYS
};

const char *setting_key_name (enum setting_key key);
/* The key called NAME, or SETTING_KEYS. */
enum setting_key setting_key_find (const char *name);
/* Of all boards at once, so no board's section has it. */
bool setting_key_is_global (enum setting_key key);
/* The value names a file of this machine. */
bool setting_key_is_path (enum setting_key key);

/* Why NAME, an option or a key of another file, is no key here; NULL: it is unknown. */
const char *setting_key_why_not (const char *name);
/* The key that NAME was probably meant to be, or NULL. */
const char *setting_key_near (const char *name);

#endif
