/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file-io.h"
#include "report.h"
#include "target.h"

/* Enough for any file system's idea of direct I/O. */
#define FILE_BLOCK_SIZE 4096

static int
inspect (struct target *t)
{
  struct stat st;
  int block_size = 0;

  if (fstat (t->fd, &st) == -1) {
    report_error (ERROR_DISK_CHANGED, "%s: fstat: %s", t->path, strerror (errno));
    return -1;
  }
  if (S_ISREG (st.st_mode)) {
    t->size = (uint64_t) st.st_size;
    t->block_size = FILE_BLOCK_SIZE;
    return 0;
  }
  if (!S_ISBLK (st.st_mode)) {
    report_error (ERROR_DISK_CHANGED, "%s is no block device", t->path);
    return -1;
  }
  t->is_device = true;
  if (ioctl (t->fd, BLKGETSIZE64, &t->size) == -1
      || ioctl (t->fd, BLKSSZGET, &block_size) == -1) {
    report_error (ERROR_DISK_CHANGED,
                  "%s: can't learn its size: %s", t->path, strerror (errno));
    return -1;
  }
  if (block_size < 512 || block_size > TARGET_BUFFER_ALIGNMENT
      || (block_size & (block_size - 1)) != 0) {
    report_error (ERROR_SECTOR_SIZE,
                  "%s has sectors of %d bytes, which is not supported", t->path,
                  block_size);
    return -1;
  }
  t->block_size = (uint32_t) block_size;
  return 0;
}

int
target_open (struct target *t, const char *path, bool writable, uint64_t size,
             uint64_t disk_size)
{
  *t = (struct target) TARGET_CLOSED;
  snprintf (t->path, sizeof t->path, "%s", path);
  t->fd = open (path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (t->fd == -1) {
    report_error (ERROR_DISK_CHANGED,
                  "the target %s can't be opened: %s", path, strerror (errno));
    return -1;
  }
  if (inspect (t) == -1)
    return -1;
  if (t->size != size) {
    report_error (ERROR_DISK_CHANGED,
                  "the target %s has %" PRIu64 " bytes instead of %" PRIu64
                  ": it is not the disk that was looked at before", path,
                  t->size, size);
    return -1;
  }
  if (t->size < disk_size) {
    report_error (ERROR_DISK_TOO_SMALL,
                  "the image (%" PRIu64 " bytes) does not fit the target %s (%"
                  PRIu64 " bytes)", disk_size, path, t->size);
    return -1;
  }
  /* Some file systems refuse; then reading goes around the cache otherwise. */
  t->direct_fd = open (path, O_RDONLY | O_DIRECT | O_CLOEXEC);
  return 0;
}

void
target_close (struct target *t)
{
  cleanup_close (&t->fd);
  cleanup_close (&t->direct_fd);
  t->fd = t->direct_fd = -1;
}

int
target_sync (struct target *t)
{
  if (fsync (t->fd) == -1) {
    snprintf (t->failure, sizeof t->failure, "flushing: %s",
              strerror (errno));
    return -1;
  }
  return 0;
}

int
target_flush (struct target *t)
{
  if (target_sync (t) == -1) {
    report_error (ERROR_DISK_WRITE, "%s: %s", t->path, t->failure);
    return -1;
  }
  if (t->is_device && ioctl (t->fd, BLKFLSBUF, 0) == -1) {
    report_error (ERROR_DISK_READ, "%s: dropping its cache failed: %s", t->path,
                  strerror (errno));
    return -1;
  }
  return 0;
}

static int
read_direct (struct target *t, void *buf, size_t len, uint64_t offset)
{
  size_t whole = (len + t->block_size - 1) / t->block_size * t->block_size;
  size_t done = 0;

  /* At the end of a regular file the last read is short; that must be the end
   * of what was asked for. */
  while (done < len) {
    ssize_t r = pread (t->direct_fd, (char *) buf + done, whole - done,
                       (off_t) (offset + done));
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return -1;
    done += (size_t) r;
    if (r == 0 || (done < len && done % t->block_size != 0)) {
      errno = EIO;
      return -1;
    }
  }
  return 0;
}

static int
read_past_cache (struct target *t, void *buf, size_t len, uint64_t offset)
{
  int error = posix_fadvise (t->fd, (off_t) offset, (off_t) len,
                             POSIX_FADV_DONTNEED);

  if (error != 0) {
    errno = error;
    return -1;
  }
  ssize_t r = full_pread (t->fd, buf, len, offset);
  if (r >= 0 && (size_t) r < len)
    errno = EIO;
  return r == (ssize_t) len ? 0 : -1;
}

int
target_read_medium (struct target *t, void *buf, size_t len, uint64_t offset)
{
  if (t->direct_fd >= 0) {
    if (read_direct (t, buf, len, offset) == 0)
      return 0;
    /* Only a refusal of the method leads on to the other one. */
    if (errno != EINVAL)
      return -1;
  }
  return read_past_cache (t, buf, len, offset);
}

unsigned char *
target_new_buffer (size_t size)
{
  void *buf;

  if (posix_memalign (&buf, TARGET_BUFFER_ALIGNMENT, size) == 0)
    return buf;
  report_error (ERROR_OUT_OF_MEMORY, "no memory for reading back");
  return NULL;
}
