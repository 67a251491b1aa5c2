/* SPDX-License-Identifier: MIT */
/* Where a disk differs from an image, in blocks of 4096 bytes: neighbours are
 * merged, the first ranges are kept and the others counted. */

#ifndef FLASH_DIFFERING_RANGES_H
#define FLASH_DIFFERING_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "partition-table.h"

#define DIFFERING_BLOCK 4096
#define DIFFERING_RANGES_MAX 64 /* that are kept */
#define DIFFERING_PLACE_MAX 128

struct differing_range
{
  uint64_t start, end;          /* bytes; END is the first one behind */
};

/* All zero at first. */
struct differing_ranges
{
  struct differing_range ranges[DIFFERING_RANGES_MAX];
  uint64_t nr;                  /* all of them, also those that are not kept */
  uint64_t blocks;
  uint64_t end;                 /* of the last one */
};

/* Compare LEN bytes of the disk and the image at OFFSET, a multiple of
 * DIFFERING_BLOCK; the last block may be shorter.  Offsets must rise. */
void differing_ranges_compare (struct differing_ranges *set, uint64_t offset,
                               const unsigned char *disk,
                               const unsigned char *image, size_t len);

/* Where in TABLE the range lies: "partition 1 (FAT)", "partition 1 (FAT) to
 * partition 2 (Linux)", "before the first partition".  Returns PLACE. */
char *differing_range_place (const struct differing_range *range,
                             const struct partition_table *table,
                             char place[DIFFERING_PLACE_MAX]);

#endif
