/* SPDX-License-Identifier: MIT */
/* What lies around the deflate streams of a file: gzip's members, or the one entry
 * of a zip archive.  OPAQUE is the format's own state of the one pass over the
 * file. */

#ifndef FLASHIMAGE_DEFLATE_FRAMING_H
#define FLASHIMAGE_DEFLATE_FRAMING_H

#include <stdint.h>

#include "deflate-input.h"
#include "fault.h"

struct deflate_framing
{
  /* Go to the first or the next stream: 1, IN is at its first byte; 0, there is no
   * more, IN is at the file's end; -1 with FAULT set. */
  int (*begin) (void *opaque, struct deflate_input *in, struct fault *fault);

  /* A stream has ended; SIZE bytes with that CRC-32 came out.  Verify what follows
   * it.  0, or -1. */
  int (*end) (void *opaque, struct deflate_input *in, uint32_t crc, uint64_t size,
              struct fault *fault);

  /* SIZE bytes have come out of all streams: 0, or -1 if that is too much. */
  int (*check_size) (void *opaque, uint64_t size, struct fault *fault);

  /* Set FAULT: damage near a stored offset; the file ends too early.  -1. */
  int (*damaged) (void *opaque, uint64_t near, const char *cause,
                  struct fault *fault);
  int (*truncated) (void *opaque, struct fault *fault);

  /* What a person should know of the file, after its end: "" if nothing. */
  const char *(*note) (const void *opaque);

  /* Without a pass: from behind a stream, which begins at the next byte of IN, to the
   * next one, nothing verified: 1, or 0 when there is none, or -1. */
  int (*skip) (struct deflate_input *in, struct fault *fault);
};

#endif
