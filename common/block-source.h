/* SPDX-License-Identifier: MIT */
/* What block-cache, block-stream and block-reader know of a format: that its
 * disk view is a row of Blocks, each of which can be decoded on its own.  For xz
 * these are its Blocks, for gzip the spans between two access points. */

#ifndef FLASHIMAGE_BLOCK_SOURCE_H
#define FLASHIMAGE_BLOCK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault.h"

#define BLOCK_SIZE_UNKNOWN UINT64_MAX

struct block
{
  uint64_t number;      /* in the file, from 0; what a scan verifies by */
  uint64_t offset;      /* in the disk view */
  uint64_t size;        /* in the disk view */
  bool last;            /* the disk view ends with it */
  bool alone;           /* the image has no other */
};

/* All functions may be called from several threads; one decoder is used by one
 * thread at a time. */
struct block_source
{
  /* What a decoder hands out is proven already, by an earlier pass.  Else readers
   * get nothing of a Block in the cache before it has been decoded to its end and
   * verified, now or earlier (scan_record_is_block_verified). */
  bool proven;

  /* What has failed may go well a moment later: a failure that nobody waited for is
   * forgotten at once. */
  bool fleeting;

  /* The Block that holds the byte at OFFSET, which lies in the disk view. */
  void (*locate) (void *opaque, uint64_t offset, struct block *block);

  /* Bytes of memory that a decoder for BLOCK takes. */
  uint64_t (*decoder_memory) (void *opaque, const struct block *block);

  /* A decoder at the start of BLOCK, or NULL. */
  void *(*start) (void *opaque, const struct block *block,
                  struct fault *fault);

  /* The next LEN bytes.  Fewer only at the end of a Block of unknown size.
   * With the Block's last byte everything that follows it is verified too. */
  ssize_t (*next) (void *decoder, void *buf, size_t len, struct fault *fault);

  void (*stop) (void *decoder);         /* NULL is allowed */

  /* For a scan (block-scan.h), else NULL.  The first Block that is not empty (with
   * FIRST), or the one after the one told last; false when there are no more.  One
   * thread at a time. */
  bool (*walk) (void *opaque, bool first, struct block *block);
  /* Stored bytes that have gone into a decoder so far. */
  uint64_t (*stored_done) (const void *decoder);
};

#endif
