/* SPDX-License-Identifier: MIT */
/* The root file system among the partitions of an image. */

#ifndef FLASH_ROOT_FILE_SYSTEM_H
#define FLASH_ROOT_FILE_SYSTEM_H

#include "ext4-volume.h"
#include "partition-table.h"

#define ROOT_NAME_MAX 48

/* Open the only ext4 file system that is one: with /etc, and /usr or /sbin.  NAME
 * becomes "partition N", or "the file system"; it must stay.  NULL after a report,
 * which names what was found: none, several, one of another kind. */
struct ext4_volume *root_file_system_open (struct image_overlay *overlay,
                                           const struct partition_table *table,
                                           char name[ROOT_NAME_MAX]);

#endif
