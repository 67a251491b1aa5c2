/* SPDX-License-Identifier: MIT */
/* What frames the blocks of a .bz2 file: stream headers and stream ends
 * ("BZIP2:  Format Specification" by Joe Tsai, section 2.2).  Streams begin at
 * whole bytes, blocks at any bit. */

#ifndef FLASHIMAGE_BZIP2_STREAM_H
#define FLASHIMAGE_BZIP2_STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct fault;
struct image;

struct bzip2_stream
{
  uint64_t offset;              /* of its header, in bytes */
  unsigned level;               /* 1 to 9, times 100,000 bytes: blocks */
  bool is_empty;                /* the stream end follows the header */
  uint64_t bit;                 /* of what follows the header */
};

/* Whether there are the 10 bytes that a .bz2 file begins with at BYTES. */
bool bzip2_is_header (const unsigned char bytes[10]);

/* Read the header at STREAM->offset.  1; 0: there is no
 * stream; -1 with FAULT set: one that is truncated or damaged. */
int bzip2_stream_begin (const struct image *im, struct bzip2_stream *stream,
                        struct fault *fault);

/* Read the end of a stream at BIT: the CRC of all its blocks, and where what
 * follows the stream begins in the file.  0, or -1 with FAULT set. */
int bzip2_stream_end (const struct image *im, uint64_t bit, uint32_t *crc,
                      uint64_t *next_offset, struct fault *fault);

#endif
