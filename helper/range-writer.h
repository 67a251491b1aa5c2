/* SPDX-License-Identifier: MIT */
/* Puts ranges onto the target, patiently: zero chunks are zeroed, runs of data
 * chunks go to dd, all is flushed; what fails is tried again a few times, from
 * memory and in small units. */

#ifndef FLASH_HELPER_RANGE_WRITER_H
#define FLASH_HELPER_RANGE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dd-writer.h"
#include "target.h"

struct range_writer
{
  struct target *target;        /* the caller's, as long as the writer is used */
  struct dd_writer dd;
  const char *disk;             /* the target's name for the kernel, or "" */
};

/* Write LEN bytes at OFFSET, a multiple of DIGEST_CHUNK.  ZERO says which
 * chunks are zeroes; NULL: find out.  *ZEROED (may be NULL) grows by the bytes
 * zeroed. 0 when the target has it, durable.  -1 after report_error(), and
 * after the tries that it took, each of them said as a note. */
int range_writer_put (struct range_writer *w, const unsigned char *buf,
                      size_t len, uint64_t offset, const bool *zero,
                      uint64_t *zeroed);

/* Of a range of LEN bytes: how many the chunk has that begins at START. */
size_t range_chunk_at (size_t len, size_t start);

#endif
