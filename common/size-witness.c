/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "inflater.h"
#include "size-witness.h"

#define SECTOR 512
#define LARGE_SECTOR 4096

#define MBR_TABLE 446
#define MBR_ENTRIES 4
#define MBR_ENTRY_SIZE 16
#define MBR_PROTECTIVE 0xee

/* The GPT header's fields */
#define GPT_SIZE 12
#define GPT_CRC 16
#define GPT_MY_LBA 24
#define GPT_ALTERNATE_LBA 32
#define GPT_SIZE_MIN 92

static uint64_t
little_endian (const unsigned char *p, int size)
{
  uint64_t value = 0;

  while (size-- > 0)
    value = value << 8 | p[size];
  return value;
}

/* The size that a GPT states, 0: there is none. */
static uint64_t
gpt_size (const unsigned char *head, unsigned sector)
{
  unsigned char header[SECTOR];
  const unsigned char *p = head + sector;
  const uint64_t len = little_endian (p + GPT_SIZE, 4);

  if (memcmp (p, "EFI PART", 8) != 0 || len < GPT_SIZE_MIN
      || len > sizeof header)
    return 0;
  memcpy (header, p, (size_t) len);
  memset (header + GPT_CRC, 0, 4);      /* its own CRC counts as 0 */
  if (inflater_crc32 (0, header, (size_t) len) != little_endian (p + GPT_CRC, 4)
      || little_endian (p + GPT_MY_LBA, 8) != 1)
    return 0;
  const uint64_t last = little_endian (p + GPT_ALTERNATE_LBA, 8);
  return last < UINT64_MAX / sector - 1 ? (last + 1) * sector : 0;
}

/* The end of an MBR's last partition, 0: there is none. */
static uint64_t
mbr_size (const unsigned char *head)
{
  uint64_t end = 0;

  if (head[SECTOR - 2] != 0x55 || head[SECTOR - 1] != 0xaa)
    return 0;
  for (int i = 0; i < MBR_ENTRIES; i++) {
    const unsigned char *p = head + MBR_TABLE + i * MBR_ENTRY_SIZE;
    const uint64_t partition_end = little_endian (p + 8, 4)
                                   + little_endian (p + 12, 4);

    if (p[4] == MBR_PROTECTIVE) /* stands for the whole disk, or for 2 TiB */
      return 0;
    if (p[4] != 0 && partition_end > end)
      end = partition_end;
  }
  return end * SECTOR;
}

bool
size_witness_agree (const unsigned char head[SIZE_WITNESS_HEAD],
                    uint32_t size_mod, uint64_t hint, uint64_t size_max,
                    uint64_t *size)
{
  const uint64_t claims[] = {
    gpt_size (head, SECTOR), gpt_size (head, LARGE_SECTOR), mbr_size (head), hint
  };

  for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
    if (claims[i] > 0 && claims[i] <= size_max
        && (uint32_t) claims[i] == size_mod) {
      *size = claims[i];
      return true;
    }
  return false;
}
