/* SPDX-License-Identifier: MIT */
/* Writes ranges by dd, the one program that ever writes data to the target. */

#ifndef FLASH_HELPER_DD_WRITER_H
#define FLASH_HELPER_DD_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DD_FAILURE_SIZE 640

struct dd_writer
{
  const char *dd;               /* absolute path */
  const char *target;           /* absolute path of an existing file or device */
  uint32_t block_size;          /* what direct I/O is aligned to */
  bool direct;                  /* dd may use direct I/O; see below */
  bool proven;                  /* a dd with direct I/O has succeeded */
  char failure[DD_FAILURE_SIZE];        /* why the last write failed */
};

/* Whether TARGET takes direct I/O at all. */
bool dd_writer_can_direct (const char *target);

/* Write LEN bytes at OFFSET (a multiple of the block size), and have dd flush
 * them.  Whole blocks go direct, a tail that is no whole block buffered, exact
 * to the byte.  If the very first direct write is refused as an invalid
 * argument, the writer goes on without (`direct' is false then).
 * 0, or -1 with dd's own words in `failure'; nothing is reported: whether it is
 * tried again is for the caller to say. */
int dd_write (struct dd_writer *w, const void *buf, size_t len,
              uint64_t offset);

#endif
