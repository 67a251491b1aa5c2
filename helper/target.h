/* SPDX-License-Identifier: MIT */
/* The disk that is flashed, RAM_ROOT/dev/target.  A regular file will do too
 * (the tests; a disk image of a virtual machine). */

#ifndef FLASH_HELPER_TARGET_H
#define FLASH_HELPER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET_FAILURE_SIZE 160

struct target
{
  char path[PATH_MAX];
  int fd;                       /* buffered; writable when opened so */
  int direct_fd;                /* read-only, O_DIRECT; -1: not possible here */
  bool is_device;
  uint32_t block_size;          /* what direct I/O is aligned to, bytes */
  uint64_t size;                /* bytes */
  char failure[TARGET_FAILURE_SIZE];    /* why the last sync or zeroing failed */
};

#define TARGET_CLOSED { .fd = -1, .direct_fd = -1 }

/* Aligned so that direct I/O takes it, on every device. */
#define TARGET_BUFFER_ALIGNMENT 4096

/* Open PATH, writing nothing, and refuse it unless it is a block device or a
 * regular file of exactly SIZE bytes that holds DISK_SIZE bytes.  0, or -1 after
 * report_error(); close it in both cases. */
int target_open (struct target *t, const char *path, bool writable,
                 uint64_t size, uint64_t disk_size);
void target_close (struct target *t);

/* Wait until the medium has all that was written.  -1: why is in `failure'; what
 * was written since the last success may be lost, and a second call would not
 * say so. */
int target_sync (struct target *t);

/* target_sync, then drop what the kernel still remembers of the content.
 * -1: reported. */
int target_flush (struct target *t);

/* SIZE bytes that target_read_medium takes, to be freed.  NULL: reported. */
unsigned char *target_new_buffer (size_t size);

/* Read LEN bytes at OFFSET from the medium, not from a cache.  BUF is aligned to
 * TARGET_BUFFER_ALIGNMENT and has room for LEN rounded up to it, OFFSET is a
 * multiple of the block size.  -1 with errno, nothing reported. */
int target_read_medium (struct target *t, void *buf, size_t len,
                        uint64_t offset);

#endif
