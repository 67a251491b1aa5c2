/* SPDX-License-Identifier: MIT */
/* Which devices belong to one btrfs.  It gives itself a number of its own, and a
 * mount names one device only; sysfs lists them all. */

#ifndef FLASH_HELPER_BTRFS_DEVICES_H
#define FLASH_HELPER_BTRFS_DEVICES_H

#include <stdbool.h>
#include <sys/types.h>

/* Where the kernel lists them; a test may point it elsewhere. */
extern const char *btrfs_sysfs;

/* Whether the mounted btrfs that has MEMBER has a device on DISK. */
bool btrfs_on_disk (dev_t member, dev_t disk);

/* A device of the only btrfs that is mounted.  False: there is none, or there are
 * several. */
bool btrfs_only_device (dev_t *device);

#endif
