/* SPDX-License-Identifier: MIT */
/* The blocks of a .bz2 file, decoded by several threads ahead of one reader,
 * who takes them in the file's order.  Where blocks begin is found by their
 * magic numbers; a block that is not one (the magic stood there by chance)
 * costs work and nothing else, because the reader knows where the next block
 * must begin: at the end of the one before.
 *
 * What is decoded and not yet taken stays below the memory limit, but for one
 * block.  The threads run ahead of the reader by a bounded number of blocks. */

#ifndef FLASHIMAGE_BZIP2_DECODERS_H
#define FLASHIMAGE_BZIP2_DECODERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"

struct bzip2_decoders;
struct fault;
struct image;

/* IM must outlive it.  NULL with FAULT set. */
struct bzip2_decoders *bzip2_decoders_new (const struct image *im,
                                           struct fault *fault);
/* The reader may not be inside a call.  NULL is allowed. */
void bzip2_decoders_free (struct bzip2_decoders *decoders);
/* Make a call that waits return, with ECANCELED.  Any thread. */
void bzip2_decoders_cancel (struct bzip2_decoders *decoders);

/* Begin with the block at BIT, of a stream of that level; all that lies before
 * it is dropped.  0, or -1 with FAULT set. */
int bzip2_decoders_seek (struct bzip2_decoders *decoders, uint64_t bit,
                         unsigned level, struct fault *fault);

/* Some bytes of that block at *DATA, until the next call: how many; 0 when it
 * has ended and was right; -1 with FAULT set. */
ssize_t bzip2_decoders_next (struct bzip2_decoders *decoders, const char **data,
                             struct fault *fault);

/* After that: the CRC that the block carries; where the next block begins, or
 * the stream's end. */
uint32_t bzip2_decoders_crc (const struct bzip2_decoders *decoders);
uint64_t bzip2_decoders_end (const struct bzip2_decoders *decoders,
                             bool *stream_ends);

/* When the last block has been read: digest the rest of the file.  0, or -1
 * with FAULT set. */
int bzip2_decoders_digest (struct bzip2_decoders *decoders,
                           unsigned char digest[DIGEST_SIZE],
                           struct fault *fault);

#endif
