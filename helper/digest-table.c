/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "digest-table.h"
#include "file-io.h"
#include "report.h"

struct digest_table
{
  int fd;
  char *path;
  uint64_t disk_size, chunks;
};

/* A table that fills up the RAM root after the first write would be too late. */
static int
take_room (struct digest_table *t)
{
  int error = ftruncate (t->fd, 0) == -1
    ? errno : posix_fallocate (t->fd, 0, (off_t) (t->chunks * DIGEST_SIZE));

  if (error != 0)
    report_error (ERROR_RAM_ROOT_FULL,
                  "%s: no room for the digests: %s", t->path, strerror (error));
  return error == 0 ? 0 : -1;
}

static int
check_size (struct digest_table *t)
{
  struct stat st;

  if (fstat (t->fd, &st) == -1
      || (uint64_t) st.st_size != t->chunks * DIGEST_SIZE) {
    report_error (ERROR_JOURNAL_FAILED,
                  "%s is not the table that the journal belongs to", t->path);
    return -1;
  }
  return 0;
}

struct digest_table *
digest_table_open (const char *path, uint64_t disk_size, bool keep)
{
  struct digest_table *t = calloc (1, sizeof *t);

  if (!t || !(t->path = strdup (path))) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the digest table");
    free (t);
    return NULL;
  }
  t->disk_size = disk_size;
  t->chunks = digest_chunks (disk_size);
  t->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (t->fd == -1) {
    report_error (ERROR_JOURNAL_FAILED, "%s: %s", path, strerror (errno));
    digest_table_close (t);
    return NULL;
  }
  if ((keep ? check_size : take_room) (t) == -1) {
    digest_table_close (t);
    return NULL;
  }
  return t;
}

void
digest_table_close (struct digest_table *t)
{
  if (!t)
    return;
  cleanup_close (&t->fd);
  free (t->path);
  free (t);
}

uint64_t
digest_table_chunks (const struct digest_table *t)
{
  return t->chunks;
}

size_t
digest_table_chunk_size (const struct digest_table *t, uint64_t index)
{
  uint64_t left = t->disk_size - index * DIGEST_CHUNK;

  return left < DIGEST_CHUNK ? (size_t) left : DIGEST_CHUNK;
}

int
digest_table_put (struct digest_table *t, uint64_t index,
                  const unsigned char digest[DIGEST_SIZE])
{
  ssize_t r = pwrite (t->fd, digest, DIGEST_SIZE,
                      (off_t) (index * DIGEST_SIZE));

  if (r == DIGEST_SIZE)
    return 0;
  report_error (ERROR_JOURNAL_FAILED,
                "%s: writing digest %" PRIu64 ": %s", t->path, index,
                r == -1 ? strerror (errno) : "short write");
  return -1;
}

int
digest_table_get (struct digest_table *t, uint64_t index,
                  unsigned char digest[DIGEST_SIZE])
{
  ssize_t r = full_pread (t->fd, digest, DIGEST_SIZE, index * DIGEST_SIZE);

  if (r == DIGEST_SIZE)
    return 0;
  report_error (ERROR_JOURNAL_FAILED,
                "%s: reading digest %" PRIu64 ": %s", t->path, index,
                r == -1 ? strerror (errno) : "the table is too short");
  return -1;
}

int
digest_table_matches (struct digest_table *t, uint64_t index, const void *buf)
{
  unsigned char wanted[DIGEST_SIZE], found[DIGEST_SIZE];

  if (digest_table_get (t, index, wanted) == -1)
    return -1;
  const size_t size = digest_table_chunk_size (t, index);

  if (size == DIGEST_CHUNK
      && memcmp (wanted, digest_of_zero_chunk, sizeof wanted) == 0)
    return is_zero (buf, size);
  digest_of (buf, size, found);
  return memcmp (wanted, found, sizeof found) == 0;
}
