/* SPDX-License-Identifier: MIT */
/* The 48-bit numbers that begin a block and end a stream of a .bz2 file, at any
 * bit position ("BZIP2:  Format Specification" by Joe Tsai, sections 2.2.3 and
 * 2.2.4; compress.c of bzip2).  Bit 0 of a byte string is the most significant
 * bit of its first byte. */

#ifndef FLASHIMAGE_BZIP2_MAGIC_H
#define FLASHIMAGE_BZIP2_MAGIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BZIP2_BLOCK_MAGIC UINT64_C (0x314159265359)
#define BZIP2_END_MAGIC UINT64_C (0x177245385090)
#define BZIP2_MAGIC_BITS 48

/* The COUNT bits (48 at most) at BIT of BUF, which holds them. */
uint64_t bzip2_bits (const unsigned char *buf, uint64_t bit, unsigned count);

/* The first block magic at FROM or later that lies in the LEN bytes at BUF:
 * false when there is none. */
bool bzip2_find_block (const unsigned char *buf, size_t len, uint64_t from,
                       uint64_t *bit);

#endif
