/* SPDX-License-Identifier: MIT */
/* flash-helper stage: the stored image into the RAM root, proven equal to the
 * original. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
  uint64_t done;                /* bytes that the file has */
  struct progress progress;
};

static void
report_full (const struct staging *s, uint64_t at)
{
  report_error ("the RAM root is full at byte %" PRIu64 " of %" PRIu64
                "; use --stream", at, s->settings->stored_size);
}

/* Better known before the transfer than in the middle of it. */
static int
check_room (const struct staging *s)
{
  struct statvfs st;

  if (fstatvfs (s->fd, &st) == -1) {
    report_error ("%s: %s", s->path, strerror (errno));
    return -1;
  }
  uint64_t room = (uint64_t) st.f_bavail * st.f_frsize;
  if (room >= s->settings->stored_size)
    return 0;
  report_full (s, room);
  return -1;
}

static int
open_staged (struct staging *s)
{
  ram_root_path (s->path, "staged");
  s->fd = open (s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (s->fd == -1) {
    report_error ("%s: %s", s->path, strerror (errno));
    return -1;
  }
  return check_room (s);
}

static int
write_piece (void *opaque, const void *buf, size_t len, uint64_t offset)
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
      report_error ("%s: writing at offset %" PRIu64 ": %s", s->path,
                    offset + n, strerror (errno));
      return -1;
    }
    n += (size_t) r;
  }
  s->done += len;
  progress_update (&s->progress, s->done, 0);
  return 0;
}

static int
pull (struct staging *s)
{
  uint64_t *received = received_counter (RECEIVED_STORED);
  struct tunnel_reader *reader = received
    ? tunnel_reader_open ("stored", s->settings->stored_size, received) : NULL;

  if (!reader)
    return -1;
  progress_update (&s->progress, 0, 0);
  int r = tunnel_reader_stream (reader, write_piece, s);
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
    report_error ("%s: reading it again: %s", s->path, strerror (errno));
  else {
    digest_get (state, digest);
    digest_to_hex (digest, hex);
  }
  digest_free (state);
  return r == -1 ? -1 : 0;
}

static int
prove (const struct staging *s)
{
  char hex[DIGEST_HEX_SIZE], size[24];

  if (digest_staged (s, hex) == -1)
    return -1;
  snprintf (size, sizeof size, "%" PRIu64, s->done);
  say ("staged", "size", size, "digest", hex, NULL);
  if (strcmp (hex, s->settings->stored_digest) == 0)
    return 0;
  report_error ("the staged image differs from the original (digest %s instead "
                "of %s): was the image changed meanwhile, or is the board's "
                "memory bad?", hex, s->settings->stored_digest);
  return -1;
}

int
stage_command (int argc, char **argv)
{
  struct flash_settings settings;
  struct staging s = { .settings = &settings, .fd = -1 };

  if (argc > 1) {
    report_error ("%s takes no arguments", argv[0]);
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
    r = pull (&s);
  if (r == 0)
    r = prove (&s);
  if (s.fd >= 0 && close (s.fd) == -1 && r == 0) {
    report_error ("%s: %s", s.path, strerror (errno));
    r = -1;
  }
  return r == 0 ? 0 : 1;
}
