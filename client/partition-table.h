/* SPDX-License-Identifier: MIT */
/* The partition table in the first sectors of a disk image: enough to show a
 * person what is about to be written, and to notice what can't boot. */

#ifndef FLASH_PARTITION_TABLE_H
#define FLASH_PARTITION_TABLE_H

#include <stdbool.h>
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
  unsigned sector;              /* bytes of a sector that it counts in; 0: an MBR
                                   that does not tell */
  bool any_sector;              /* a GPT of each kind is there */
  unsigned nr_partitions;
  struct partition partitions[PARTITIONS_MAX];
  uint64_t end;                 /* bytes; the end of the last partition */
};

/* Look at the first LEN bytes of a disk of DISK_SIZE bytes. */
void partition_table_parse (const void *data, size_t len, uint64_t disk_size,
                            struct partition_table *table);

/* An MBR does not say in what sectors it counts; what lies where it points to
 * does.  Read LEN bytes at OFFSET of the disk: 0 or -1. */
typedef int (*partition_reader) (void *opaque, void *buf, size_t len,
                                 uint64_t offset);

/* For an MBR, find its sector among 512 and 4096 bytes by the file systems of the
 * partitions, and correct the partitions.  It stays 0, and the partitions are
 * those of 512, where there is none that is known.  -1: the reader has failed,
 * which is for the caller to report. */
int partition_table_find_sector (struct partition_table *table,
                                 uint64_t disk_size, partition_reader reader,
                                 void *opaque);

const char *partition_table_name (enum partition_table_kind kind);

#endif
