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

/* Where they are listed by their names. */
extern const char *block_device_names;

/* The MAJOR:MINOR in the file PATH; false when there is none. */
bool block_device_read_number (const char *path, dev_t *number);

/* The first line of an attribute of DEV, without its end.  False: it has none. */
bool block_device_attribute (dev_t dev, const char *attribute, char *value,
                             int size);

/* The disk of the partition DEV and where on it it begins, in sectors of 512
 * bytes.  False: it is no partition. */
bool block_device_parent (dev_t dev, dev_t *disk, uint64_t *start);

/* The block device that the loop device DEV is made upon; false for a file, and
 * for what is no loop device. */
bool block_device_behind_loop (dev_t dev, dev_t *behind);

/* Whether DEV is DISK, a partition of it, or lies on it by way of the device
 * mapper, md or a loop device.  False for what is not there. */
bool block_device_on_disk (dev_t dev, dev_t disk);

#endif
