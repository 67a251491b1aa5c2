/* SPDX-License-Identifier: MIT */
/* In what sectors an MBR counts: those by which its partitions begin with a file
 * system. */
#include <config.h>

#include <string.h>

#include "partition-table.h"

#define WIDE 4096
#define NARROW 512
/* Up to the superblock of btrfs. */
#define HEAD_SIZE (66 * 1024)

static const struct
{
  size_t offset;
  const char *bytes;
  size_t len;
} signatures[] = {
  { 1024 + 56, "\x53\xef", 2 },                 /* ext2, ext3, ext4 */
  { 1024, "\x10\x20\xf5\xf2", 4 },             /* f2fs */
  { 1024, "\xe2\xe1\xf5\xe0", 4 },             /* erofs */
  { 64 * 1024 + 64, "_BHRfS_M", 8 },            /* btrfs */
  { 0, "XFSB", 4 },
  { 0, "hsqs", 4 },                             /* squashfs */
  { 0, "LUKS\xba\xbe", 6 },
  { 512, "LABELONE", 8 },                       /* LVM */
  { 24, "LVM2", 4 },
  { 3, "NTFS    ", 8 },
  { 3, "EXFAT   ", 8 },
  { 54, "FAT1", 4 },
  { 82, "FAT32", 5 },
  { 4096 - 10, "SWAPSPACE2", 10 },
};

static bool
is_known (const unsigned char *head, size_t len)
{
  for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
    if (signatures[i].offset + signatures[i].len <= len
        && memcmp (head + signatures[i].offset, signatures[i].bytes,
                   signatures[i].len) == 0)
      return true;
  return false;
}

/* 1: a file system begins at OFFSET; 0: none that is known; -1: reported. */
static int
begins_known (uint64_t offset, uint64_t disk_size, partition_reader reader,
              void *opaque)
{
  unsigned char head[HEAD_SIZE];
  size_t len = sizeof head;

  if (offset >= disk_size)
    return 0;
  if (disk_size - offset < len)
    len = (size_t) (disk_size - offset);
  if (reader (opaque, head, len, offset) == -1)
    return -1;
  return is_known (head, len);
}

/* To sectors of WIDE instead of NARROW bytes. */
static void
widen (struct partition_table *t)
{
  t->end = 0;
  for (unsigned i = 0; i < t->nr_partitions; i++) {
    struct partition *p = &t->partitions[i];

    p->start *= WIDE / NARROW;
    p->size *= WIDE / NARROW;
    if (p->start + p->size > t->end)
      t->end = p->start + p->size;
  }
}

int
partition_table_find_sector (struct partition_table *t, uint64_t disk_size,
                             partition_reader reader, void *opaque)
{
  if (t->kind != TABLE_MBR)
    return 0;
  for (unsigned sector = NARROW; sector <= WIDE; sector *= WIDE / NARROW)
    for (unsigned i = 0; i < t->nr_partitions; i++) {
      uint64_t start = t->partitions[i].start / NARROW * sector;
      int r = begins_known (start, disk_size, reader, opaque);

      if (r == -1)
        return -1;
      if (r == 0)
        continue;
      t->sector = sector;
      if (sector == WIDE)
        widen (t);
      return 0;
    }
  return 0;
}
