/* SPDX-License-Identifier: MIT */
/* What sysfs tells about a block device, found by its number. */

#ifndef FLASH_HELPER_BLOCK_DEVICE_H
#define FLASH_HELPER_BLOCK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the devices are listed by MAJOR:MINOR; a test may point it elsewhere. */
extern const char *block_device_sysfs;

/* Whether DEV is there and is a whole disk, not a partition. */
bool block_device_is_disk (dev_t dev);

/* The size in bytes; false when it cannot be told. */
bool block_device_size (dev_t dev, uint64_t *size);

/* Whether DEV is DISK, a partition of it, or lies on it by way of the device
 * mapper or md.  False for what is not there. */
bool block_device_on_disk (dev_t dev, dev_t disk);

#endif
