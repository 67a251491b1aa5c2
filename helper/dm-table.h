/* SPDX-License-Identifier: MIT */
/* What the device mapper maps a device to, as far as one byte of it lies at one
 * place: linear, striped, crypt, verity and snapshot-origin. */

#ifndef FLASH_HELPER_DM_TABLE_H
#define FLASH_HELPER_DM_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Sectors of 512 bytes. */
struct dm_segment
{
  uint64_t start, length;       /* of the mapped device */
  dev_t device;                 /* where START lies */
  uint64_t offset;
};

/* Where the sector SECTOR of the mapped device DEV lies.  False: it has no place
 * of its own (thin, snapshot), or the kernel does not tell.  To be called by root;
 * the kernel's control node is made in the RAM root when it is not there. */
bool dm_table_find (dev_t dev, uint64_t sector, dev_t *device, uint64_t *offset);

/* A line of a table: TYPE and its PARAMETERS, which are taken apart.  False: it is
 * of no type that is known here.  Sets all but start and length. */
bool dm_segment_parse (const char *type, char *parameters,
                       struct dm_segment *segment);

#endif
