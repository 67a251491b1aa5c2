/* SPDX-License-Identifier: MIT */
/* What ext4-volume.c and ext4-change.c share; nobody else looks into a volume. */

#ifndef FLASH_EXT4_VOLUME_STATE_H
#define FLASH_EXT4_VOLUME_STATE_H

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>

#include "ext4-volume.h"

struct ext4_volume
{
  struct image_overlay *overlay;
  uint64_t start, size;
  const char *name;
  ext2_filsys fs;
};

/* That WHAT has failed for PATH, "" for the file system itself.  -1. */
int ext4_volume_report (const struct ext4_volume *v, const char *path,
                        const char *what, errcode_t why);

/* What PATH leads to, behind all symbolic links. */
errcode_t ext4_volume_find (const struct ext4_volume *v, const char *path,
                            ext2_ino_t *ino, struct ext2_inode *inode);

#endif
