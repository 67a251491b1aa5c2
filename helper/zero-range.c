/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "zero-range.h"

/* Not const: so it takes no room in the program's file. */
static unsigned char zeroes[64 * 1024];

static int
write_zeroes (struct target *t, uint64_t offset, uint64_t len)
{
  while (len > 0) {
    size_t n = len < sizeof zeroes ? (size_t) len : sizeof zeroes;
    ssize_t r = pwrite (t->fd, zeroes, n, (off_t) offset);

    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1) {
      snprintf (t->failure, sizeof t->failure, "writing zeroes: %s",
                strerror (errno));
      return -1;
    }
    offset += (uint64_t) r;
    len -= (uint64_t) r;
  }
  return 0;
}

/* BLKZEROOUT: the device does it itself if it can, else the kernel writes. */
static int
zero_out (struct target *t, uint64_t offset, uint64_t len)
{
  uint64_t range[2] = { offset, len };
  int r;

  do
    r = ioctl (t->fd, BLKZEROOUT, range);
  while (r == -1 && errno == EINTR);
  return r;
}

int
zero_range (struct target *t, uint64_t offset, uint64_t len)
{
  uint64_t whole = len - len % t->block_size;

  if (t->is_device && whole > 0 && offset % t->block_size == 0) {
    if (zero_out (t, offset, whole) == 0) {
      offset += whole;
      len -= whole;
    }
    else if (errno != EOPNOTSUPP && errno != ENOTTY && errno != EINVAL) {
      snprintf (t->failure, sizeof t->failure, "zeroing: %s",
                strerror (errno));
      return -1;
    }
  }
  return write_zeroes (t, offset, len);
}
