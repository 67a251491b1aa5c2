/* SPDX-License-Identifier: MIT */
/* The frames of a .zst file, measured by their headers and their Blocks'
 * headers without decoding anything (RFC 8878, section 3.1). */

#ifndef FLASHIMAGE_ZSTD_FRAME_H
#define FLASHIMAGE_ZSTD_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "zstd-input.h"

#define ZSTD_SIZE_UNKNOWN UINT64_MAX
#define ZSTD_FRAME_MAGIC UINT32_C (0xfd2fb528)
#define ZSTD_SKIPPABLE_MAGIC UINT32_C (0x184d2a50)
#define ZSTD_SKIPPABLE_HEADER 8

struct zstd_frame
{
  uint64_t number;              /* from 1; skippable ones not counted */
  uint64_t offset;              /* in the file */
  unsigned header_size;
  bool skippable;
  bool has_checksum;
  uint64_t window_size;
  uint64_t content_size;        /* by its header, or ZSTD_SIZE_UNKNOWN */
  uint64_t stored_size;         /* all of it; set for skippable frames, and by
                                 * zstd_frame_measure */
  uint64_t bound;               /* its Blocks hold no more than this; so too */
};

/* Whether the four bytes MAGIC begin a skippable frame. */
static inline bool
zstd_is_skippable (uint64_t magic)
{
  return (magic & UINT32_C (0xfffffff0)) == ZSTD_SKIPPABLE_MAGIC;
}

/* Whether IM begins with a zstd frame, also one of an old format, or with
 * skippable frames and then one.  -1 with FAULT set. */
int zstd_frame_detect (const struct image *im, struct fault *fault);

/* Read the header at FRAME->offset; FRAME->number is for messages.  0, or -1
 * with FAULT set: no frame, one that needs a dictionary, a truncated one. */
int zstd_frame_read (struct zstd_input *input, struct zstd_frame *frame,
                     struct fault *fault);

/* Walk over its Blocks, for STORED_SIZE and BOUND. */
int zstd_frame_measure (struct zstd_input *input, struct zstd_frame *frame,
                        struct fault *fault);

#endif
