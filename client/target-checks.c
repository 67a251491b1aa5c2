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
/* The RAM root as it is filled, and the helper's buffers. */
#define STREAM_MEMORY (UINT64_C (96) * MEGABYTE)
/* A second sshd with its libraries, and its process for the one client. */
#define LIFEBOAT_MEMORY (UINT64_C (20) * MEGABYTE)
/* busybox with its libraries, the helper, the journal: a limit, not a need. */
#define RAM_ROOT_BASE (UINT64_C (64) * MEGABYTE)

int
target_checks_board (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;

  if (*b->busybox && *b->busybox != '/') {
    report_error (ERROR_BOARD_LACKS, "the board has a busybox without a path");
    return -1;
  }
  if (*b->lacks) {
    report_error (ERROR_BOARD_LACKS,
                  "the board lacks %s: its disks cannot be told apart for certain",
                  b->lacks);
    return -1;
  }
  return 0;
}

/* The board's kernel reads a table by the sectors of the disk. */
static int
check_sectors (const struct flash_job *job)
{
  const struct partition_table *t = &job->image.table;
  const struct target_probe *b = &job->board;

  if (t->sector == 0 || t->any_sector || b->disk_block == 0
      || t->sector == b->disk_block)
    return 0;
  report_error (ERROR_SECTOR_SIZE,
                "the image's partition table (%s) counts in sectors of %u bytes, "
                "and %s has sectors of %u: the board would not find its "
                "partitions.\nUse an image that is made for such a disk.",
                partition_table_name (t->kind), t->sector, b->disk, b->disk_block);
  return -1;
}

static int
check_target (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  uint64_t disk_size = job->image.integrity.disk_size;
  char image[SIZE_TEXT_MAX], disk[SIZE_TEXT_MAX];

  if (*b->refused || !*b->disk || !*b->disk_number) {
    report_error (ERROR_BOARD_REFUSED, "this board cannot be flashed: %s",
                  *b->refused ? b->refused : "its disk was not found");
    return -1;
  }
  if (b->disk_read_only) {
    report_error (ERROR_DISK_READ_ONLY,
                  "%s is read-only (a write-protected card?)", b->disk);
    return -1;
  }
  if (disk_size == 0) {
    report_error (ERROR_IMAGE_EMPTY,
                  "%s: the image holds an empty disk", job->image.name);
    return -1;
  }
  if (disk_size > b->disk_size) {
    report_error (ERROR_DISK_TOO_SMALL,
                  "the image is too large: its disk has %s (%" PRIu64 " bytes), "
                  "%s has %s (%" PRIu64 " bytes)", size_text (disk_size, image),
                  disk_size, b->disk, size_text (b->disk_size, disk),
                  b->disk_size);
    return -1;
  }
  if (check_sectors (job) == -1)
    return -1;
  if (flash_job_is_root_disk (job) && !b->sysrq) {
    report_error (ERROR_SYSRQ_MISSING,
                  "the board's kernel has no SysRq (CONFIG_MAGIC_SYSRQ), without "
                  "which its file systems cannot be made read-only");
    return -1;
  }
  return 0;
}

static uint64_t
lifeboat_memory (const struct flash_job *job)
{
  return flash_job_wants_lifeboat (job) ? LIFEBOAT_MEMORY : 0;
}

int
target_checks_memory (const struct flash_job *job)
{
  /* What lies in the RAM root besides. */
  uint64_t stored = job->image.integrity.stored_size + job->patch.size;
  uint64_t available = job->board.memory_available;
  char image[SIZE_TEXT_MAX], margin[SIZE_TEXT_MAX], memory[SIZE_TEXT_MAX];

  size_text (available, memory);
  if (job->options->mode == FLASH_STREAM) {
    const uint64_t needed = STREAM_MEMORY + lifeboat_memory (job)
                            + job->patch.size;

    if (available >= needed)
      return 0;
    report_error (ERROR_MEMORY_TOO_SMALL,
                  "the board has %s of memory available, less than the %s that "
                  "--stream needs", memory, size_text (needed, margin));
    return -1;
  }
  if (stored + RAMFS_MARGIN <= available)
    return 0;
  report_error (ERROR_MEMORY_TOO_SMALL,
                "the image does not fit the board's memory: %s and a margin of "
                "%s are needed, %s are available.\nUse --stream, which writes "
                "while it receives.", size_text (stored, image),
                size_text (RAMFS_MARGIN, margin), memory);
  return -1;
}

int
target_checks_run (const struct flash_job *job)
{
  return target_checks_board (job) == -1 || check_target (job) == -1 ? -1 : 0;
}

/* Of the old system, half is left. */
static void
warn_of_other (const struct target_probe *b, const struct probe_other *other)
{
  message_warning ("%s STAYS AS IT IS: %s lies on it, too, and only %s is written. "
                   "What is left of it there may be found by the new system, and "
                   "even be started instead of it; a RAID goes on without %s. Wipe "
                   "%s before you rely on the board.", other->disk, other->label,
                   b->disk, b->disk, other->disk);
}

void
target_checks_warn (const struct flash_job *job)
{
  const struct partition_table *t = &job->image.table;
  const struct target_probe *b = &job->board;

  if (*b->selinux)
    message_warning ("SELinux is %s on the board: where its rules are in the way, "
                     "the flash ends before the write; --rehearse shows it",
                     b->selinux);
  if (*b->apparmor)
    message_detail ("AppArmor is at work on the board; it confines named programs, "
                    "none of which is known to be used here");
  if (t->kind == TABLE_NONE)
    message_warning ("the image has no partition table: is it a disk image?");
  else if (t->end > job->image.integrity.disk_size)
    message_warning ("a partition of the image ends behind the image's end");
  if (t->kind == TABLE_MBR && t->sector == 0 && b->disk_block > 512)
    message_warning ("%s has sectors of %u bytes, and what the image's MBR counts "
                     "in cannot be told: with the usual 512 it would not boot",
                     b->disk, b->disk_block);
  for (unsigned i = 0; i < b->nr_others; i++)
    warn_of_other (b, &b->others[i]);
}

uint64_t
target_checks_ram_size (const struct flash_job *job)
{
  const struct integrity *image = &job->image.integrity;
  uint64_t digests = (image->disk_size / DIGEST_CHUNK + 1) * DIGEST_SIZE;

  return RAM_ROOT_BASE + lifeboat_memory (job) + digests + job->patch.size
         + (job->options->mode == FLASH_RAMFS ? image->stored_size : 0);
}
