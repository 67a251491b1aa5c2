/* SPDX-License-Identifier: MIT */
/* The size of a disk view before it has been decoded to its end, from two witnesses
 * that know nothing of each other: gzip's trailer, which tells it modulo 2^32, and
 * the disk's own partition table or a companion file.  It is a claim and must be
 * held against the truth. */

#ifndef FLASHIMAGE_SIZE_WITNESS_H
#define FLASHIMAGE_SIZE_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So much of the disk's start is looked at: up to the GPT header of a disk with
 * sectors of 4096 bytes. */
#define SIZE_WITNESS_HEAD 8192

/* HEAD is the start of the disk view.  HINT: what a companion file states, 0:
 * nothing.  True, with *SIZE, if one of the witnesses names a size, not over
 * SIZE_MAX, that is SIZE_MOD modulo 2^32: GPT (UEFI Specification 2.10, section 5.3:
 * the header at LBA 1, its CRC right, names the disk's last block), MBR (section
 * 5.2.1: the end of the last partition), HINT. */
bool size_witness_agree (const unsigned char head[SIZE_WITNESS_HEAD],
                         uint32_t size_mod, uint64_t hint, uint64_t size_max,
                         uint64_t *size);

#endif
