/* SPDX-License-Identifier: MIT */
/* Reads and writes that go on after EINTR and short transfers. */

#ifndef FLASHIMAGE_FILE_IO_H
#define FLASHIMAGE_FILE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read up to LEN bytes; fewer only at the end of the file.  -1 with errno on
 * error.  Nothing is reported: the caller knows the object. */
ssize_t full_read (int fd, void *buf, size_t len);
ssize_t full_pread (int fd, void *buf, size_t len, uint64_t offset);

/* Write all LEN bytes: 0, or -1 with errno. */
int full_write (int fd, const void *buf, size_t len);

/* Whether LEN bytes at BUF are all zero. */
int is_zero (const void *buf, size_t len);

#endif
