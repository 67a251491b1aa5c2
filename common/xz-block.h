/* SPDX-License-Identifier: MIT */
/* Decodes one Block of an .xz file and verifies its Check. */

#ifndef FLASHIMAGE_XZ_BLOCK_H
#define FLASHIMAGE_XZ_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xz-index.h"

struct xz_block_decoder;

/* Bytes of memory that the decoder of this Block takes, about. */
uint64_t xz_block_memory (const struct image *im,
                          const struct xz_block_info *info);

/* IM must outlive the decoder.  NULL with FAULT set. */
struct xz_block_decoder *xz_block_start (const struct image *im,
                                         const struct xz_block_info *info,
                                         struct fault *fault);
void xz_block_stop (struct xz_block_decoder *decoder);  /* NULL is allowed */

/* The next LEN bytes; not more than the Block still has.  With the last one, or
 * for an empty Block with LEN 0, the rest of the Block is verified. */
ssize_t xz_block_next (struct xz_block_decoder *decoder, void *buf, size_t len,
                       struct fault *fault);

/* Stored bytes read so far. */
uint64_t xz_block_stored_done (const struct xz_block_decoder *decoder);

#endif
