/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "fault.h"
#include "file-io.h"
#include "hole-map.h"
#include "spool.h"

struct spool
{
  int fd;
  char *dir;
  pthread_mutex_t lock;         /* guards SIZE */
  uint64_t size;
};

/* The file has no name from the start, or loses it at once; so nothing is left
 * behind, however the process ends. */
static int
open_unlinked (const char *dir)
{
  CLEANUP_FREE char *path = NULL;
  int fd = open (dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  if (asprintf (&path, "%s/flashimage-XXXXXX", dir) == -1) {
    path = NULL;
    errno = ENOMEM;
    return -1;
  }
  fd = mkostemp (path, O_CLOEXEC);
  if (fd >= 0 && unlink (path) == -1) {
    close (fd);
    return -1;
  }
  return fd;
}

struct spool *
spool_open (const char *dir, struct fault *fault)
{
  struct spool *spool = calloc (1, sizeof *spool);

  if (spool)
    spool->dir = strdup (dir);
  if (!spool || !spool->dir) {
    free (spool);
    fault_no_memory (fault, "the spool file");
    return NULL;
  }
  pthread_mutex_init (&spool->lock, NULL);
  spool->fd = open_unlinked (dir);
  if (spool->fd >= 0)
    return spool;
  fault_set (fault, EIO, "cannot make a spool file in %s: %s", dir,
             strerror (errno));
  spool_close (spool);
  return NULL;
}

void
spool_close (struct spool *spool)
{
  if (!spool)
    return;
  if (spool->fd >= 0)
    close (spool->fd);          /* the file is gone: nothing to lose */
  pthread_mutex_destroy (&spool->lock);
  free (spool->dir);
  free (spool);
}

int
spool_reserve (struct spool *spool, uint64_t need, uint64_t end,
               struct fault *fault)
{
  struct statvfs vfs;

  if (fstatvfs (spool->fd, &vfs) == -1)
    return fault_set (fault, EIO, "statvfs of %s: %s", spool->dir,
                      strerror (errno));
  uint64_t unit = vfs.f_frsize ? vfs.f_frsize : vfs.f_bsize;
  uint64_t blocks = vfs.f_bavail;
  if (blocks < need / unit + 1)
    return fault_set (fault, ENOSPC, "random access to this image needs %" PRIu64
                      " bytes in %s, and only %" PRIu64 " are free there",
                      need, spool->dir, blocks * unit);
  LOCK_SCOPE (&spool->lock);
  if (end <= spool->size)
    return 0;
  if (ftruncate (spool->fd, (off_t) end) == -1)
    return fault_set (fault, EIO, "cannot make a spool file of %" PRIu64
                      " bytes in %s: %s", end, spool->dir, strerror (errno));
  spool->size = end;
  return 0;
}

/* With errno set. */
static int
write_fault (const struct spool *spool, size_t len, uint64_t offset,
             struct fault *fault)
{
  if (errno == ENOSPC || errno == EDQUOT)
    return fault_set (fault, ENOSPC, "random access to this image needs more "
                      "space in %s: no room for %zu bytes at %" PRIu64
                      " of the disk view", spool->dir, len, offset);
  return fault_set (fault, EIO, "writing the spool file in %s: %s", spool->dir,
                    strerror (errno));
}

static int
write_all (struct spool *spool, const char *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  while (len > 0) {
    ssize_t r = pwrite (spool->fd, buf, len, (off_t) offset);
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return write_fault (spool, len, offset, fault);
    buf += r;
    len -= (size_t) r;
    offset += (uint64_t) r;
  }
  return 0;
}

int
spool_write (struct spool *spool, const void *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  const char *p = buf;

  while (len > 0) {
    uint64_t left = HOLE_GRANULE - offset % HOLE_GRANULE;
    size_t n = len < left ? len : (size_t) left;

    if (!is_zero (p, n) && write_all (spool, p, n, offset, fault) == -1)
      return -1;
    p += n;
    len -= n;
    offset += n;
  }
  return 0;
}

int
spool_read (struct spool *spool, void *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  ssize_t r = full_pread (spool->fd, buf, len, offset);

  if (r == -1)
    return fault_set (fault, EIO, "reading the spool file in %s: %s",
                      spool->dir, strerror (errno));
  if ((size_t) r < len)
    return fault_set (fault, EIO, "the spool file in %s is too short",
                      spool->dir);
  return 0;
}
