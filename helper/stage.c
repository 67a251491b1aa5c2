/* SPDX-License-Identifier: MIT */
/* flash-helper stage: the stored image into the RAM root, proven equal to the
 * original.  Killed and started again, it goes on from what it has: the file
 * `staged-bytes` says how many bytes from the start on are there.  With the file
 * `staged-in-place' the image lies on another disk of the board: deploy.sh has bound
 * it to its place in the RAM root, and it is only proven, and never changed. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "digest.h"
#include "file-io.h"
#include "flash-settings.h"
#include "progress.h"
#include "received.h"
#include "report.h"
#include "say.h"
#include "tunnel-reader.h"

struct staging
{
  const struct flash_settings *settings;
  char path[PATH_MAX];
  int fd;
  bool in_place;
  int record;                   /* staged-bytes: a number and a newline */
  uint64_t start;               /* bytes that were there before */
  uint64_t done;                /* bytes that the file has */
  struct progress progress;
};

static void
report_full (const struct staging *s, uint64_t at)
{
  report_error (ERROR_RAM_ROOT_FULL,
                "the RAM root is full at byte %" PRIu64 " of %" PRIu64
                "; use --stream", at, s->settings->stored_size);
}

/* Better known before the transfer than in the middle of it. */
static int
check_room (const struct staging *s)
{
  struct statvfs st;

  if (fstatvfs (s->fd, &st) == -1) {
    report_error (ERROR_STAGING_FAILED, "%s: %s", s->path, strerror (errno));
    return -1;
  }
  uint64_t room = s->start + (uint64_t) st.f_bavail * st.f_frsize;
  if (room >= s->settings->stored_size)
    return 0;
  report_full (s, room);
  return -1;
}

/* In one write that nothing interrupts half-way: always as many digits. */
static int
record_bytes (const struct staging *s, uint64_t bytes)
{
  char text[24];
  int len = snprintf (text, sizeof text, "%020" PRIu64 "\n", bytes);

  if (pwrite (s->record, text, (size_t) len, 0) == len)
    return 0;
  report_error (ERROR_STAGING_FAILED, "staged-bytes: %s", strerror (errno));
  return -1;
}

/* What the record claims, if the file can hold it; else 0. */
static uint64_t
read_record (const struct staging *s)
{
  char text[24] = "", *end;
  struct stat st;

  if (full_pread (s->record, text, sizeof text - 1, 0) != 21
      || fstat (s->fd, &st) == -1)
    return 0;
  uint64_t bytes = strtoull (text, &end, 10);
  return *end == '\n' && bytes <= (uint64_t) st.st_size
         && bytes <= s->settings->stored_size ? bytes : 0;
}

/* Keep what is there up to `start'.  The record first: it must never claim more
 * than there is. */
static int
keep_start (const struct staging *s)
{
  if (record_bytes (s, s->start) == -1)
    return -1;
  if (ftruncate (s->fd, (off_t) s->start) == 0)
    return 0;
  report_error (ERROR_STAGING_FAILED, "%s: %s", s->path, strerror (errno));
  return -1;
}

/* Only to be read: it is the person's own file. */
static int
open_in_place (struct staging *s)
{
  struct stat st;

  s->fd = open (s->path, O_RDONLY | O_CLOEXEC);
  if (s->fd == -1 || fstat (s->fd, &st) == -1) {
    report_error (ERROR_STAGING_FAILED, "%s: %s", s->path, strerror (errno));
    return -1;
  }
  s->start = s->done = s->settings->stored_size;
  if ((uint64_t) st.st_size == s->settings->stored_size)
    return 0;
  report_error (ERROR_IMAGE_CHANGED,
                "the image has %" PRIu64 " bytes now instead of %" PRIu64,
                (uint64_t) st.st_size, s->settings->stored_size);
  return -1;
}

static int
open_staged (struct staging *s)
{
  char path[PATH_MAX];

  ram_root_path (path, "staged-in-place");
  ram_root_path (s->path, "staged");
  s->in_place = access (path, F_OK) == 0;
  if (s->in_place)
    return open_in_place (s);

  ram_root_path (path, "staged-bytes");
  s->record = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  s->fd = open (s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (s->fd == -1 || s->record == -1) {
    report_error (ERROR_STAGING_FAILED,
                  "%s: %s", s->fd == -1 ? s->path : path, strerror (errno));
    return -1;
  }
  s->start = read_record (s);
  return keep_start (s) == -1 ? -1 : check_room (s);
}

static void
close_staged (struct staging *s)
{
  if (s->fd >= 0)
    close (s->fd);
  if (s->record >= 0)
    close (s->record);
}

static int
write_piece (void *opaque, const void *buf, size_t len, uint64_t offset,
             uint64_t whole)
{
  struct staging *s = opaque;
  size_t n = 0;

  while (n < len) {
    ssize_t r = pwrite (s->fd, (const char *) buf + n, len - n,
                        (off_t) (offset + n));
    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1 && errno == ENOSPC) {
      report_full (s, s->done + n);
      return -1;
    }
    if (r == -1) {
      report_error (ERROR_STAGING_FAILED,
                    "%s: writing at offset %" PRIu64 ": %s", s->path,
                    offset + n, strerror (errno));
      return -1;
    }
    n += (size_t) r;
  }
  s->done += len;
  progress_update (&s->progress, s->done, 0);
  return record_bytes (s, whole);
}

/* What is missing. */
static int
pull (struct staging *s)
{
  s->done = s->start;
  if (s->start == s->settings->stored_size)
    return 0;
  uint64_t *received = received_counter (RECEIVED_STORED);
  struct tunnel_reader *reader = received
    ? tunnel_reader_open ("stored", s->settings->stored_size, received) : NULL;

  if (!reader)
    return -1;
  progress_update (&s->progress, s->done, 0);
  int r = tunnel_reader_stream (reader, s->start, write_piece, s);
  tunnel_reader_close (reader);
  return r;
}

/* The digest of what really lies in RAM. */
static int
digest_staged (const struct staging *s, char hex[DIGEST_HEX_SIZE])
{
  struct digest_state *state = digest_new ();
  CLEANUP_FREE unsigned char *buf = malloc (DIGEST_CHUNK);
  unsigned char digest[DIGEST_SIZE];
  uint64_t offset = 0;
  ssize_t r = -1;

  errno = ENOMEM;
  while (state && buf
         && (r = full_pread (s->fd, buf, DIGEST_CHUNK, offset)) > 0) {
    digest_add (state, buf, (size_t) r);
    offset += (uint64_t) r;
  }
  if (r == -1)
    report_error (ERROR_STAGING_FAILED,
                  "%s: reading it again: %s", s->path, strerror (errno));
  else {
    digest_get (state, digest);
    digest_to_hex (digest, hex);
  }
  digest_free (state);
  return r == -1 ? -1 : 0;
}

static int
pull_and_prove (struct staging *s)
{
  char hex[DIGEST_HEX_SIZE], size[24];

  if (pull (s) == -1 || digest_staged (s, hex) == -1)
    return -1;
  /* What was there before may be to blame. */
  if (s->start > 0 && !s->in_place && strcmp (hex, s->settings->stored_digest) != 0) {
    say ("note", "text", "the staged image, gone on with, differs from the"
         " original; staging it anew", NULL);
    s->start = 0;
    return keep_start (s) == -1 ? -1 : pull_and_prove (s);
  }
  snprintf (size, sizeof size, "%" PRIu64, s->done);
  say ("staged", "size", size, "digest", hex, NULL);
  if (strcmp (hex, s->settings->stored_digest) == 0)
    return 0;
  report_error (ERROR_STAGED_COPY_DIFFERS,
                "the staged image differs from the original (digest %s instead "
                "of %s): was the image changed meanwhile, or is the board's "
                "memory bad?", hex, s->settings->stored_digest);
  return -1;
}

int
stage_command (int argc, char **argv)
{
  struct flash_settings settings;
  struct staging s = { .settings = &settings, .fd = -1, .record = -1 };

  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  say_phase ("stage");
  signal (SIGPIPE, SIG_IGN);    /* a broken tunnel is an EPIPE */
  if (flash_settings_read (&settings) == -1)
    return 1;
  s.progress = (struct progress) {
    .phase = "stage", .total = settings.stored_size,
  };
  int r = open_staged (&s);
  if (r == 0)
    r = pull_and_prove (&s);
  close_staged (&s);
  return r == 0 ? 0 : 1;
}
