/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "bzip2-magic.h"

/* Wherever the magic begins in a byte, the next byte is all its own, and has
 * one of eight values, which tells where: so most bytes are passed by after one
 * look.  0: none of these values. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): an initializer */
#define BEGINS_AT(n) [BZIP2_BLOCK_MAGIC >> (32 + (n)) & 0xff] = (n) + 1
static const unsigned char shift_of[256] = {
  BEGINS_AT (0), BEGINS_AT (1), BEGINS_AT (2), BEGINS_AT (3),
  BEGINS_AT (4), BEGINS_AT (5), BEGINS_AT (6), BEGINS_AT (7),
};

uint64_t
bzip2_bits (const unsigned char *buf, uint64_t bit, unsigned count)
{
  const unsigned char *p = buf + bit / 8;
  const unsigned skip = (unsigned) (bit % 8), bytes = (skip + count + 7) / 8;
  uint64_t value = 0;

  for (unsigned i = 0; i < bytes; i++)
    value = value << 8 | p[i];
  return value >> (8 * bytes - skip - count)
         & ((UINT64_C (1) << count) - 1);
}

bool
bzip2_find_block (const unsigned char *buf, size_t len, uint64_t from,
                  uint64_t *bit)
{
  for (size_t i = (size_t) (from / 8); i + BZIP2_MAGIC_BITS / 8 <= len; i++) {
    const unsigned code = shift_of[buf[i + 1]];

    if (code == 0)
      continue;
    const uint64_t found = 8 * (uint64_t) i + code - 1;
    if (found >= from && found + BZIP2_MAGIC_BITS <= 8 * (uint64_t) len
        && bzip2_bits (buf, found, BZIP2_MAGIC_BITS) == BZIP2_BLOCK_MAGIC) {
      *bit = found;
      return true;
    }
  }
  return false;
}
