/* SPDX-License-Identifier: MIT */
/* Decodes one block of a .bz2 file, wherever in a byte it begins, and verifies
 * its CRC.  Where it ends is known only when its symbols have been read. */

#ifndef FLASHIMAGE_BZIP2_BLOCK_H
#define FLASHIMAGE_BZIP2_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bzip2_block;
struct fault;
struct image;

/* Bytes of memory that libbz2 and the decoder take, for the largest blocks. */
#define BZIP2_BLOCK_MEMORY (4 * 1024 * 1024)

/* The block at BIT, whose symbols are read at once; its stream's LEVEL, 1 to 9,
 * limits its size.  IM must outlive it.  NULL with FAULT set; EBADMSG also when
 * there is no block. */
struct bzip2_block *bzip2_block_start (const struct image *im, uint64_t bit,
                                       unsigned level, struct fault *fault);
void bzip2_block_stop (struct bzip2_block *block);      /* NULL is allowed */

/* The next LEN bytes, fewer only at its end, and then its CRC is right. */
ssize_t bzip2_block_next (struct bzip2_block *block, void *buf, size_t len,
                          struct fault *fault);

/* The CRC that it carries; where the next block begins, or the stream's end. */
uint32_t bzip2_block_crc (const struct bzip2_block *block);
uint64_t bzip2_block_end (const struct bzip2_block *block, bool *stream_ends);

#endif
