/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "digest.h"
#include "report.h"
#include "size-text.h"
#include "target-checks.h"

#define MEGABYTE 1000000
/* What must stay free for the board's own programs. */
#define RAMFS_MARGIN (UINT64_C (200) * MEGABYTE)
/* The RAM root and the helper's buffers. */
#define STREAM_MEMORY (UINT64_C (96) * MEGABYTE)
/* busybox with its libraries, the helper, the journal. */
#define RAM_ROOT_BASE (UINT64_C (64) * MEGABYTE)

/* -- A session that is already there -------------------------------------- */

static const char *
session_value (const struct flash_job *job, const char *key)
{
  const char *value = status_get (&job->board.session, key);

  return value ? value : "";
}

static bool
is_same_flash (const struct flash_job *job)
{
  const struct integrity *image = &job->image.integrity;
  uint64_t disk_size;

  return strcmp (session_value (job, "mode"),
                 flash_mode_name (job->options->mode)) == 0
         && strcmp (session_value (job, "stored-digest"), image->digest) == 0
         && status_get_number (&job->board.session, "disk-size", &disk_size)
         && disk_size == image->disk_size
         && !*job->board.refused
         && strcmp (session_value (job, "target"), job->board.disk_number) == 0;
}

static void
refuse_session (const struct flash_job *job, const char *state)
{
  bool unfinished = strcmp (state, "writing") == 0
                    && strcmp (session_value (job, "attached"), "yes") != 0;

  report_error ("a flash is already running on this board: image %s, mode %s, "
                "state %s%s\n%s",
                session_value (job, "image"), session_value (job, "mode"), state,
                strcmp (session_value (job, "attached"), "yes") == 0
                ? ", a client is attached" : ", no client is attached",
                unfinished ? "It waits for the same image, mode and target; give "
                             "these to let it finish."
                           : "Wait for its end.");
}

enum found_session
target_checks_session (struct flash_job *job)
{
  const char *state = session_value (job, "state");
  const char *id = session_value (job, "session");

  if (!job->board.has_session)
    return SESSION_NONE;
  if (strlen (id) != SESSION_ID_SIZE - 1
      || strspn (id, "0123456789abcdef") != SESSION_ID_SIZE - 1) {
    report_error ("the flash that runs on this board has no valid name");
    return SESSION_REFUSED;
  }
  strcpy (job->session, id);
  if (strcmp (session_value (job, "attached"), "yes") != 0) {
    if ((strcmp (state, "writing") == 0 || strcmp (state, "verified") == 0)
        && is_same_flash (job)) {
      job->resume = true;
      return SESSION_RESUME;
    }
    if (strcmp (state, "failed") == 0 || strcmp (state, "done") == 0)
      return SESSION_OVER;
  }
  refuse_session (job, state);
  return SESSION_REFUSED;
}

/* -- A new flash ---------------------------------------------------------- */

static int
check_access (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  const char *user = job->config->user;

  if (strcmp (b->access, "root") == 0 || strcmp (b->access, "sudo") == 0)
    return 0;
  if (strcmp (b->access, "no-sudo") == 0)
    report_error ("%s is not root on the board, and there is no sudo.\n"
                  "Log in as root: root@%s", user, job->options->host);
  else
    report_error ("%s may not use sudo without a password on the board%s%s.\n"
                  "Allow it (as root: echo '%s ALL=(ALL) NOPASSWD: ALL' "
                  ">/etc/sudoers.d/%s), or log in as root.",
                  user, *b->access_error ? ": " : "", b->access_error, user, user);
  return -1;
}

static int
check_system (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;

  if (!*b->busybox) {
    report_error ("the board has no busybox, which the flash runs in.\n"
                  "Install it there; on Debian: apt install busybox");
    return -1;
  }
  if (*b->busybox != '/' || !b->run) {
    report_error ("the board has %s", b->run ? "a busybox without a path"
                                             : "no /run");
    return -1;
  }
  return 0;
}

int
target_checks_board (const struct flash_job *job)
{
  return check_access (job) == -1 || check_system (job) == -1 ? -1 : 0;
}

static int
check_target (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  uint64_t disk_size = job->image.integrity.disk_size;
  char image[SIZE_TEXT_MAX], disk[SIZE_TEXT_MAX];

  if (*b->refused || !*b->disk || !*b->disk_number) {
    report_error ("this board cannot be flashed: %s",
                  *b->refused ? b->refused : "its disk was not found");
    return -1;
  }
  if (b->disk_read_only) {
    report_error ("%s is read-only (a write-protected card?)", b->disk);
    return -1;
  }
  if (disk_size == 0) {
    report_error ("%s: the image holds an empty disk", job->image.name);
    return -1;
  }
  if (disk_size > b->disk_size) {
    report_error ("the image is too large: its disk has %s (%" PRIu64 " bytes), "
                  "%s has %s (%" PRIu64 " bytes)", size_text (disk_size, image),
                  disk_size, b->disk, size_text (b->disk_size, disk),
                  b->disk_size);
    return -1;
  }
  if (flash_job_is_root_disk (job) && !b->sysrq) {
    report_error ("the board's kernel has no SysRq (CONFIG_MAGIC_SYSRQ), without "
                  "which its file systems cannot be made read-only");
    return -1;
  }
  return 0;
}

static int
check_memory (const struct flash_job *job)
{
  uint64_t stored = job->image.integrity.stored_size;
  uint64_t available = job->board.memory_available;
  char image[SIZE_TEXT_MAX], margin[SIZE_TEXT_MAX], memory[SIZE_TEXT_MAX];

  size_text (available, memory);
  if (job->options->mode == FLASH_STREAM) {
    if (available >= STREAM_MEMORY)
      return 0;
    report_error ("the board has %s of memory available, less than the %s that "
                  "--stream needs", memory, size_text (STREAM_MEMORY, margin));
    return -1;
  }
  if (stored + RAMFS_MARGIN <= available)
    return 0;
  report_error ("the image does not fit the board's memory: %s and a margin of "
                "%s are needed, %s are available.\nUse --stream, which writes "
                "while it receives.", size_text (stored, image),
                size_text (RAMFS_MARGIN, margin), memory);
  return -1;
}

int
target_checks_run (const struct flash_job *job)
{
  if (target_checks_board (job) == -1 || check_target (job) == -1
      || check_memory (job) == -1)
    return -1;
  return 0;
}

void
target_checks_warn (const struct flash_job *job)
{
  const struct partition_table *t = &job->image.table;
  const struct target_probe *b = &job->board;

  if (t->kind == TABLE_NONE)
    message_warning ("the image has no partition table: is it a disk image?");
  else if (t->end > job->image.integrity.disk_size)
    message_warning ("a partition of the image ends behind the image's end");
  if (t->kind == TABLE_GPT && b->disk_block && t->sector != b->disk_block)
    message_warning ("the image's GPT counts in sectors of %u bytes, %s in %u: "
                     "it may not boot", t->sector, b->disk, b->disk_block);
}

uint64_t
target_checks_ram_size (const struct flash_job *job)
{
  const struct integrity *image = &job->image.integrity;
  uint64_t digests = (image->disk_size / DIGEST_CHUNK + 1) * DIGEST_SIZE;

  return RAM_ROOT_BASE + digests
         + (job->options->mode == FLASH_RAMFS ? image->stored_size : 0);
}
