/* SPDX-License-Identifier: MIT */
/* Public keys as they stand in authorized_keys, a line each: "TYPE BASE64 [COMMENT]".
 * Options, which may come first there, are not taken, and neither are certificates. */

#ifndef FLASH_AUTHORIZED_KEYS_H
#define FLASH_AUTHORIZED_KEYS_H

#include <stddef.h>

#define AUTHORIZED_KEYS_MAX 64
#define AUTHORIZED_KEY_LENGTH_MAX 8192

struct authorized_keys
{
  char *lines[AUTHORIZED_KEYS_MAX];     /* owned */
  size_t nr;
};

/* NULL: LINE is a public key; else what is wrong with it, a constant. */
const char *authorized_key_fault (const char *line);

/* Each returns 0, or -1 after a report that begins with WHERE.  A key that is there
 * already is not added again. */
int authorized_keys_add (struct authorized_keys *keys, const char *line,
                         const char *where);
/* All keys of the file PATH ("~/" is the home); one at least. */
int authorized_keys_add_file (struct authorized_keys *keys, const char *path,
                              const char *where);
/* Those of ~/.ssh/(...).pub, in the order of their names; there may be none.  Files
 * that hold no public key are left out. */
int authorized_keys_add_own (struct authorized_keys *keys, const char *where);

void authorized_keys_release (struct authorized_keys *keys);

#endif
