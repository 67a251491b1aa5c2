/* SPDX-License-Identifier: MIT */
/* The bytes of a remembered scan while they are put together or taken apart:
 * numbers are little-endian.  A reader trusts nothing: what is not there reads as
 * zero, and sets FAILED.  Not thread safe. */

#ifndef FLASHIMAGE_SCAN_BUFFER_H
#define FLASHIMAGE_SCAN_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_writer
{
  unsigned char *data;          /* owned: free it */
  size_t len, room;
  bool failed;                  /* no memory: everything after is left out */
};

void scan_writer_u64 (struct scan_writer *w, uint64_t value);
void scan_writer_bytes (struct scan_writer *w, const void *buf, size_t len);

struct scan_reader
{
  const unsigned char *data;    /* what is still to be read; not owned */
  size_t len;
  bool failed;                  /* it ended too early */
};

uint64_t scan_reader_u64 (struct scan_reader *r);
/* LEN bytes in the reader's own data, or NULL. */
const void *scan_reader_bytes (struct scan_reader *r, size_t len);

#endif
