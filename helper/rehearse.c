/* SPDX-License-Identifier: MIT */
/* flash-helper rehearse: does once, harmlessly, each thing that the write will
 * depend on. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "dd-writer.h"
#include "digest.h"
#include "file-io.h"
#include "flash-settings.h"
#include "patch-file.h"
#include "reboot-path.h"
#include "report.h"
#include "say.h"
#include "target.h"
#include "tunnel-reader.h"

/* The scratch file: SCRATCH_SIZE bytes of which dd is to change SCRATCH_LEN, not
 * a whole number of blocks, at SCRATCH_OFFSET. */
#define SCRATCH_SIZE (256 * 1024)
#define SCRATCH_OFFSET (64 * 1024)
#define SCRATCH_LEN (100 * 1024 + 7)

static void
make_pattern (unsigned char *buf)
{
  memset (buf, 0xa5, SCRATCH_SIZE);
  for (size_t i = 0; i < SCRATCH_LEN; i++)
    buf[SCRATCH_OFFSET + i] = (unsigned char) (i * 131 >> 3);
}

static int
compare_scratch (int fd, const unsigned char *wanted)
{
  CLEANUP_FREE unsigned char *found = malloc (SCRATCH_SIZE + 1);

  if (!found) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the rehearsal");
    return -1;
  }
  ssize_t r = full_pread (fd, found, SCRATCH_SIZE + 1, 0);
  if (r == SCRATCH_SIZE && memcmp (found, wanted, SCRATCH_SIZE) == 0)
    return 0;
  report_error (ERROR_REHEARSAL_FAILED,
                "the board's dd does not write what it is given: %s", r == -1
                ? strerror (errno) : "a test file came out wrong");
  return -1;
}

static int
write_scratch (const struct flash_settings *settings, const char *path, int fd)
{
  CLEANUP_FREE unsigned char *pattern = malloc (SCRATCH_SIZE);
  struct dd_writer writer = {
    .dd = settings->dd, .target = path, .block_size = 4096,
    .direct = dd_writer_can_direct (path),
  };

  if (!pattern) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the rehearsal");
    return -1;
  }
  memset (pattern, 0xa5, SCRATCH_SIZE);
  if (full_write (fd, pattern, SCRATCH_SIZE) == -1) {
    report_error (ERROR_REHEARSAL_FAILED, "%s: %s", path, strerror (errno));
    return -1;
  }
  make_pattern (pattern);
  if (dd_write (&writer, pattern + SCRATCH_OFFSET, SCRATCH_LEN, SCRATCH_OFFSET)
      == -1) {
    report_error (ERROR_REHEARSAL_FAILED,
                  "the board's dd fails on a test file: %s", writer.failure);
    return -1;
  }
  return compare_scratch (fd, pattern);
}

/* dd, its flags, pipe, exit status. */
static int
rehearse_dd (const struct flash_settings *settings)
{
  char path[PATH_MAX];

  ram_root_path (path, "rehearsal");
  CLEANUP_CLOSE int fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
                               0600);
  if (fd == -1) {
    report_error (ERROR_REHEARSAL_FAILED, "%s: %s", path, strerror (errno));
    return -1;
  }
  int r = write_scratch (settings, path, fd);
  if (unlink (path) == -1 && r == 0) {
    report_error (ERROR_REHEARSAL_FAILED, "%s: %s", path, strerror (errno));
    r = -1;
  }
  return r;
}

static int
read_ends (struct target *t)
{
  CLEANUP_FREE void *buf = NULL;
  size_t len = t->size < DIGEST_CHUNK ? (size_t) t->size : DIGEST_CHUNK;
  uint64_t last = (t->size - len) / t->block_size * t->block_size;

  if (posix_memalign (&buf, TARGET_BUFFER_ALIGNMENT,
                      DIGEST_CHUNK + TARGET_BUFFER_ALIGNMENT) != 0) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the rehearsal");
    return -1;
  }
  if (target_read_medium (t, buf, len, 0) == 0
      && target_read_medium (t, buf, (size_t) (t->size - last), last) == 0)
    return 0;
  report_error (ERROR_DISK_READ, "the target can't be read: %s", strerror (errno));
  return -1;
}

static int
rehearse_target (const struct flash_settings *settings)
{
  struct target target;
  char path[PATH_MAX];

  ram_root_path (path, "dev/target");
  int r = target_open (&target, path, false, settings->target_size,
                       settings->disk_size);
  if (r == 0)
    r = read_ends (&target);
  target_close (&target);
  return r;
}

static void
ignore_extent (void *opaque, uint64_t offset, uint64_t length, bool zero)
{
  (void) opaque, (void) offset, (void) length, (void) zero;
}

/* All the way to the image server and back. */
static int
rehearse_tunnel (const struct flash_settings *settings)
{
  size_t len = settings->disk_size < DIGEST_CHUNK
    ? (size_t) settings->disk_size : DIGEST_CHUNK;
  CLEANUP_FREE unsigned char *buf = malloc (DIGEST_CHUNK);
  struct nbd_piece pieces[DIGEST_CHUNK / 65536];
  size_t nr = 0;

  if (!buf) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the rehearsal");
    return -1;
  }
  struct tunnel_reader *reader =
    tunnel_reader_open ("disk", settings->disk_size, NULL);
  if (!reader)
    return -1;
  for (size_t done = 0; done < len; done += 65536)
    pieces[nr++] = (struct nbd_piece) {
      .buf = buf + done, .offset = done,
      .len = len - done < 65536 ? (uint32_t) (len - done) : 65536,
    };
  int r = tunnel_reader_extents (reader, 0, len, ignore_extent, NULL);
  if (r == 0)
    r = tunnel_reader_read (reader, pieces, nr);
  tunnel_reader_close (reader);
  return r;
}

static int
rehearse_patch (const struct flash_settings *settings)
{
  struct patch_file file;

  if (!*settings->patch)
    return 0;
  if (patch_file_open (&file, settings) == -1)
    return -1;
  patch_file_close (&file);
  return 0;
}

/* Memory may run out while the disk has no system on it. */
static void
check_oom_score (void)
{
  char text[16] = "";

  CLEANUP_CLOSE int fd = open ("/proc/self/oom_score_adj",
                               O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && full_read (fd, text, sizeof text - 1) > 0
      && atoi (text) == -1000)
    return;
  say ("note", "text", "this board does not let us be the last to go when memory "
       "runs out", NULL);
}

int
rehearse_command (int argc, char **argv)
{
  struct flash_settings settings;

  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  say_phase ("rehearse");
  signal (SIGPIPE, SIG_IGN);
  if (flash_settings_read (&settings) == -1
      || rehearse_dd (&settings) == -1
      || rehearse_target (&settings) == -1 || rehearse_patch (&settings) == -1)
    return 1;
  if (settings.root_disk && settings.reboot && reboot_path_rehearse () == -1)
    return 1;
  check_oom_score ();
  if (settings.stream && rehearse_tunnel (&settings) == -1)
    return 1;
  return 0;
}
