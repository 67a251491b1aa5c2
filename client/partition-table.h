/* SPDX-License-Identifier: MIT */
/* The partition table in the first sectors of a disk image: enough to show a
 * person what is about to be written, and to notice what can't boot. */

#ifndef FLASH_PARTITION_TABLE_H
#define FLASH_PARTITION_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* So many bytes from the start of the disk show the table of nearly every
 * image: a GPT's 34 sectors, with sectors of up to 4096 bytes in part. */
#define PARTITION_TABLE_BYTES (34 * 512)
#define PARTITIONS_MAX 128

enum partition_table_kind { TABLE_NONE, TABLE_MBR, TABLE_GPT };

struct partition
{
  unsigned number;              /* from 1 */
  uint64_t start, size;         /* bytes */
  const char *type;             /* "Linux", "FAT"...; a constant */
};

struct partition_table
{
  enum partition_table_kind kind;
  unsigned sector;              /* bytes of a sector that it counts in */
  unsigned nr_partitions;
  struct partition partitions[PARTITIONS_MAX];
  uint64_t end;                 /* bytes; the end of the last partition */
};

/* Look at the first LEN bytes of a disk of DISK_SIZE bytes. */
void partition_table_parse (const void *data, size_t len, uint64_t disk_size,
                            struct partition_table *table);

const char *partition_table_name (enum partition_table_kind kind);

#endif
