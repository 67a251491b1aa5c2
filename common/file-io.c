/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file-io.h"

ssize_t
full_read (int fd, void *buf, size_t len)
{
  size_t done = 0;

  while (done < len) {
    ssize_t r = read (fd, (char *) buf + done, len - done);
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return -1;
    if (r == 0)
      break;
    done += (size_t) r;
  }
  return (ssize_t) done;
}

ssize_t
full_pread (int fd, void *buf, size_t len, uint64_t offset)
{
  size_t done = 0;

  while (done < len) {
    ssize_t r = pread (fd, (char *) buf + done, len - done,
                       (off_t) (offset + done));
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return -1;
    if (r == 0)
      break;
    done += (size_t) r;
  }
  return (ssize_t) done;
}

int
full_write (int fd, const void *buf, size_t len)
{
  size_t done = 0;

  while (done < len) {
    ssize_t r = write (fd, (const char *) buf + done, len - done);
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return -1;
    done += (size_t) r;
  }
  return 0;
}

int
is_zero (const void *buf, size_t len)
{
  const char *p = buf;

  /* The first 16 bytes by hand, then the block against itself, shifted. */
  for (size_t i = 0; i < 16; i++) {
    if (i == len)
      return 1;
    if (p[i])
      return 0;
  }
  return memcmp (p, p + 16, len - 16) == 0;
}
