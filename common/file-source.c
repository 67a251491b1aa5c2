/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-io.h"
#include "file-source.h"

struct file_source
{
  struct byte_source source;    /* first */
  int fd;
  struct file_identity identity;
};

static int
file_check_unchanged (struct byte_source *source, bool strict,
                      struct fault *fault)
{
  const struct file_source *file = (const struct file_source *) source;
  const struct file_identity *was = &file->identity;
  struct stat st;

  if (fstat (file->fd, &st) == -1)
    return fault_set (fault, EIO, "fstat: %s", strerror (errno));
  if ((uint64_t) st.st_size != source->size)
    return fault_set (fault, EIO, "the file changed while it was open: its "
                      "size was %" PRIu64 " and is now %" PRIu64 " bytes",
                      source->size, (uint64_t) st.st_size);
  if (st.st_mtim.tv_sec != was->mtime.tv_sec
      || st.st_mtim.tv_nsec != was->mtime.tv_nsec)
    return fault_set (fault, EIO,
                      "the file changed while it was open: it was written to");
  /* Someone who touched the file may have set its mtime back. */
  if (strict && (st.st_ctim.tv_sec != was->ctime.tv_sec
                 || st.st_ctim.tv_nsec != was->ctime.tv_nsec))
    return fault_set (fault, ESTALE, "the file was touched while it was open");
  return 0;
}

static int
file_read (struct byte_source *source, void *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  const struct file_source *file = (const struct file_source *) source;
  const ssize_t r = full_pread (file->fd, buf, len, offset);

  if (r == -1)
    return fault_set (fault, EIO, "read error at byte %" PRIu64 ": %s",
                      offset, strerror (errno));
  /* After the read: what was read before a change is good. */
  if (source->ops->check_unchanged
      && source->ops->check_unchanged (source, false, fault) == -1)
    return -1;
  if ((size_t) r < len)
    return fault_set (fault, EIO, "the file ends unexpectedly at byte %" PRIu64,
                      offset + (uint64_t) r);
  return 0;
}

/* lseek moves the position of the descriptor, which nothing else uses. */
static uint64_t
file_find_extent (struct byte_source *source, uint64_t offset, uint64_t end,
                  bool *hole)
{
  const struct file_source *file = (const struct file_source *) source;
  off_t data = lseek (file->fd, (off_t) offset, SEEK_DATA);
  off_t next;

  if (data == -1 && errno == ENXIO) {   /* a hole up to the file's end */
    *hole = true;
    return end;
  }
  if (data == -1) {                     /* the file system cannot tell */
    *hole = false;
    return end;
  }
  *hole = (uint64_t) data > offset;
  next = *hole ? data : lseek (file->fd, (off_t) offset, SEEK_HOLE);
  if (next == -1 || (uint64_t) next > end || (uint64_t) next <= offset)
    return end;
  return (uint64_t) next;
}

static void
file_close (struct byte_source *source)
{
  struct file_source *file = (struct file_source *) source;

  close (file->fd);             /* was only read from */
  free (file);
}

static const struct byte_source_ops regular_file_ops = {
  .read = file_read,
  .check_unchanged = file_check_unchanged,
  .find_extent = file_find_extent,
  .close = file_close,
};

/* A block device has no mtime and may change unseen; it knows nothing of
 * SEEK_DATA. */
static const struct byte_source_ops disk_ops = {
  .read = file_read,
  .close = file_close,
};

static int
examine (struct file_source *file, struct fault *fault)
{
  struct stat st;

  if (fstat (file->fd, &st) == -1)
    return fault_set (fault, errno, "fstat: %s", strerror (errno));
  if (S_ISREG (st.st_mode)) {
    file->identity = (struct file_identity) {
      .device = st.st_dev, .inode = st.st_ino,
      .mtime = st.st_mtim, .ctime = st.st_ctim
    };
    file->source.ops = &regular_file_ops;
    file->source.identity = &file->identity;
    file->source.size = (uint64_t) st.st_size;
  }
  else if (S_ISBLK (st.st_mode)) {
    off_t end = lseek (file->fd, 0, SEEK_END);

    if (end == -1)
      return fault_set (fault, errno, "lseek: %s", strerror (errno));
    file->source.ops = &disk_ops;
    file->source.size = (uint64_t) end;
  }
  else
    return fault_set (fault, EINVAL,
                      "not an image: neither a regular file nor a disk");
  if (file->source.size == 0)
    return fault_set (fault, EINVAL, "not an image: the file is empty");
  return 0;
}

struct byte_source *
file_source_open (int fd, struct fault *fault)
{
  struct file_source *file = calloc (1, sizeof *file);

  if (!file)
    fault_no_memory (fault, "an image");
  else {
    file->fd = fd;
    if (examine (file, fault) == 0)
      return &file->source;
  }
  close (fd);
  free (file);
  return NULL;
}
