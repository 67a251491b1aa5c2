/* SPDX-License-Identifier: MIT */
/* The files that tell an image its settings: which ones they are, and where they lie,
 * depends on what its boot partition has. */

#ifndef FLASH_FIRST_BOOT_FILES_H
#define FLASH_FIRST_BOOT_FILES_H

#include "first-boot-settings.h"
#include "image-overlay.h"
#include "partition-table.h"

/* Lay SETTINGS into the image behind OVERLAY, whose partitions are those of TABLE:
 * firstrun.sh where the boot partition is a Raspberry Pi's, and cloud-init's files where
 * it has these.  0, or -1 after a report: there is no place for them, or mtools is
 * missing or fails. */
int first_boot_files_lay (struct image_overlay *overlay,
                          const struct partition_table *table,
                          const struct first_boot_settings *settings);

#endif
