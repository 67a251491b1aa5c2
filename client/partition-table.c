/* SPDX-License-Identifier: MIT */
/* MBR: the classic four entries.  GPT: UEFI specification, chapter 5.  Logical
 * partitions (EBR) are counted with the extended one that holds them. */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "partition-table.h"

#define MBR_SIZE 512
#define MBR_ENTRIES 446
#define MBR_ENTRY_SIZE 16
#define MBR_TYPE_GPT 0xee
#define GPT_HEADER_SIZE 92
#define GPT_ENTRY_SIZE 128

static uint32_t
get32 (const unsigned char *p)
{
  return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
         | (uint32_t) p[3] << 24;
}

static uint64_t
get64 (const unsigned char *p)
{
  return get32 (p) | (uint64_t) get32 (p + 4) << 32;
}

static uint32_t
crc32_of (const unsigned char *p, size_t len)
{
  uint32_t crc = 0xffffffff;

  while (len--) {
    crc ^= *p++;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

static void
add_partition (struct partition_table *t, unsigned number, uint64_t start,
               uint64_t size, const char *type)
{
  struct partition *p = &t->partitions[t->nr_partitions];

  if (t->nr_partitions == PARTITIONS_MAX)
    return;
  t->nr_partitions++;
  p->number = number;
  p->start = start;
  p->size = size;
  p->type = type;
  if (start + size > t->end)
    t->end = start + size;
}

/* -- MBR ------------------------------------------------------------------ */

static const char *
mbr_type_name (unsigned type)
{
  switch (type) {
  case 0x01: case 0x04: case 0x06: case 0x0b: case 0x0c: case 0x0e: return "FAT";
  case 0x05: case 0x0f: case 0x85: return "extended";
  case 0x07: return "NTFS or exFAT";
  case 0x82: return "Linux swap";
  case 0x83: return "Linux";
  case 0x8e: return "LVM";
  case 0xef: return "EFI";
  case 0xfd: return "Linux RAID";
  default: return "other";
  }
}

/* A file system's boot sector carries the signature, too; its code is no table:
 * entries begin with 0x00 or 0x80 and lie behind the table itself. */
static bool
is_mbr (const unsigned char *sector)
{
  bool any = false;

  if (sector[510] != 0x55 || sector[511] != 0xaa)
    return false;
  for (int i = 0; i < 4; i++) {
    const unsigned char *e = sector + MBR_ENTRIES + i * MBR_ENTRY_SIZE;

    if (e[0] & 0x7f)
      return false;
    if (e[4] == 0)
      continue;
    if (get32 (e + 8) == 0 || get32 (e + 12) == 0)
      return false;
    any = true;
  }
  return any;
}

static void
read_mbr (const unsigned char *sector, struct partition_table *t)
{
  t->kind = TABLE_MBR;
  for (unsigned i = 0; i < 4; i++) {
    const unsigned char *e = sector + MBR_ENTRIES + i * MBR_ENTRY_SIZE;
    if (e[4])
      add_partition (t, i + 1, (uint64_t) get32 (e + 8) * 512,
                     (uint64_t) get32 (e + 12) * 512, mbr_type_name (e[4]));
  }
}

static bool
is_protective (const unsigned char *sector)
{
  for (int i = 0; i < 4; i++)
    if (sector[MBR_ENTRIES + i * MBR_ENTRY_SIZE + 4] == MBR_TYPE_GPT)
      return true;
  return false;
}

/* -- GPT ------------------------------------------------------------------ */

/* The first four bytes of a type's GUID are enough to tell the usual ones. */
static const char *
gpt_type_name (const unsigned char *guid)
{
  switch (get32 (guid)) {
  case 0xc12a7328: return "EFI";
  case 0x21686148: return "BIOS boot";
  case 0xebd0a0a2: return "FAT or NTFS";
  case 0x0fc63daf: case 0x4f68bce3: case 0xb921b045: case 0x69dad710:
  case 0x44479540: case 0x933ac7e1: case 0x3b8f8425: return "Linux";
  case 0x0657fd6d: return "Linux swap";
  case 0xe6d6d379: return "LVM";
  case 0xa19d880f: return "Linux RAID";
  case 0xbc13c2ff: return "boot";
  default: return "other";
  }
}

static bool
is_gpt_header (const unsigned char *header, size_t len)
{
  unsigned char copy[GPT_HEADER_SIZE];

  if (len < GPT_HEADER_SIZE || memcmp (header, "EFI PART", 8) != 0
      || get32 (header + 12) != GPT_HEADER_SIZE)
    return false;
  memcpy (copy, header, sizeof copy);
  memset (copy + 16, 0, 4);             /* the CRC is made without itself */
  return crc32_of (copy, sizeof copy) == get32 (header + 16);
}

/* As far as the entries lie in the LEN bytes that were read. */
static void
read_gpt (const unsigned char *data, size_t len, unsigned sector,
          struct partition_table *t)
{
  const unsigned char *header = data + sector;
  uint64_t first = get64 (header + 72);
  uint32_t nr = get32 (header + 80), size = get32 (header + 84);
  static const unsigned char unused[16];

  t->kind = TABLE_GPT;
  t->sector = sector;
  if (size < GPT_ENTRY_SIZE || size > 4096 || first > len / sector)
    return;
  for (uint32_t i = 0; i < nr && i < PARTITIONS_MAX; i++) {
    uint64_t offset = first * sector + (uint64_t) i * size;
    if (offset + GPT_ENTRY_SIZE > len)
      return;

    const unsigned char *e = data + offset;
    uint64_t from = get64 (e + 32), to = get64 (e + 40);
    if (memcmp (e, unused, 16) == 0 || to < from || to > INT64_MAX / 4096)
      continue;
    add_partition (t, i + 1, from * sector, (to - from + 1) * sector,
                   gpt_type_name (e));
  }
}

/* ------------------------------------------------------------------------- */

void
partition_table_parse (const void *bytes, size_t len, uint64_t disk_size,
                       struct partition_table *t)
{
  const unsigned char *data = bytes;

  memset (t, 0, sizeof *t);
  if (len > disk_size)
    len = (size_t) disk_size;
  if (len < MBR_SIZE)
    return;
  bool narrow = len >= 2 * 512 && is_gpt_header (data + 512, len - 512);
  bool wide = len >= 2 * 4096 && is_gpt_header (data + 4096, len - 4096);
  if (narrow || wide) {
    read_gpt (data, len, narrow ? 512 : 4096, t);
    t->any_sector = narrow && wide;
    return;
  }
  /* A protective MBR without its GPT protects nothing that could boot. */
  if (is_mbr (data) && !is_protective (data))
    read_mbr (data, t);
}

const char *
partition_table_name (enum partition_table_kind kind)
{
  switch (kind) {
  case TABLE_MBR: return "MBR";
  case TABLE_GPT: return "GPT";
  default: return "none";
  }
}
