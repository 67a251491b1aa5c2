/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "block-device.h"
#include "cleanup.h"
#include "dm-table.h"
#include "file-io.h"
#include "partition-heads.h"
#include "report.h"

#define HEAD_SIZE (128 * 1024)
#define SECTOR 512              /* of sysfs and the device mapper */
#define DEPTH_MAX 16            /* of devices on devices */

struct chunk_list
{
  uint64_t *chunks;
  size_t nr;
  uint64_t nr_chunks;           /* of the image */
};

static void
add_chunk (struct chunk_list *list, uint64_t chunk)
{
  if (chunk >= list->nr_chunks || list->nr == PARTITION_HEADS_MAX)
    return;
  for (size_t i = 0; i < list->nr; i++)
    if (list->chunks[i] == chunk)
      return;
  list->chunks[list->nr++] = chunk;
}

static void
add_head (struct chunk_list *list, uint64_t offset)
{
  add_chunk (list, offset / DIGEST_CHUNK);
  add_chunk (list, (offset + HEAD_SIZE - 1) / DIGEST_CHUNK);
}

/* Where on DISK the sector SECTOR of DEV lies, in sectors, down through whatever
 * is below. */
static bool
find_place (dev_t dev, uint64_t sector, dev_t disk, uint64_t *place)
{
  for (int depth = 0; depth < DEPTH_MAX && dev != disk; depth++) {
    char offset[32];
    uint64_t start;
    dev_t below;

    if (block_device_parent (dev, &below, &start))
      sector += start;
    else if (block_device_behind_loop (dev, &below))
      sector += block_device_attribute (dev, "loop/offset", offset, sizeof offset)
        ? strtoull (offset, NULL, 10) / SECTOR : 0;
    else if (!dm_table_find (dev, sector, &below, &sector))
      return false;
    dev = below;
  }
  *place = sector;
  return dev == disk;
}

/* The devices of sysfs that are partitions of the disk, or lie on it. */
size_t
partition_heads_list (dev_t disk, uint64_t nr_chunks,
                      uint64_t chunks[PARTITION_HEADS_MAX])
{
  struct chunk_list list = { chunks, 0, nr_chunks };
  unsigned device_major, device_minor;
  uint64_t sector;

  add_head (&list, 0);
  DIR *dir = opendir (block_device_sysfs);
  if (!dir)
    return list.nr;
  for (struct dirent *entry = readdir (dir); entry; entry = readdir (dir))
    if (sscanf (entry->d_name, "%u:%u", &device_major, &device_minor) == 2
        && block_device_on_disk (makedev (device_major, device_minor), disk)
        && find_place (makedev (device_major, device_minor), 0, disk, &sector)
        && sector < UINT64_MAX / (2 * SECTOR))
      add_head (&list, sector * SECTOR);
  closedir (dir);
  return list.nr;
}

size_t
partition_heads_of (const struct flash *flash,
                    uint64_t chunks[PARTITION_HEADS_MAX])
{
  struct stat st;

  if (fstat (flash->target.fd, &st) == -1)
    return 0;
  return partition_heads_list (st.st_rdev, digest_table_chunks (flash->digests),
                               chunks);
}

static int
open_heads (int flags)
{
  char path[PATH_MAX];

  ram_root_path (path, "heads");
  int fd = open (path, flags | O_CLOEXEC, 0600);
  if (fd == -1)
    report_error (ERROR_SESSION_FAILED, "%s: %s", path, strerror (errno));
  return fd;
}

int
partition_heads_reserve (const struct flash *flash)
{
  uint64_t chunks[PARTITION_HEADS_MAX];
  const size_t nr = partition_heads_of (flash, chunks);
  CLEANUP_CLOSE int fd = open_heads (O_WRONLY | O_CREAT);
  const int error = fd == -1 || nr == 0
    ? 0 : posix_fallocate (fd, 0, (off_t) (nr * DIGEST_CHUNK));

  if (error != 0)
    report_error (ERROR_RAM_ROOT_FULL,
                  "no room in the RAM root for the heads of the partitions: %s",
                  strerror (error));
  return fd == -1 || error != 0 ? -1 : 0;
}

/* Chunk INDEX, proven: from the medium, where it was just found right; if that
 * has changed already, from the source, which may have to decode a lot for
 * it. */
static int
read_right (struct flash *flash, uint64_t index, unsigned char *buf)
{
  const size_t len = digest_table_chunk_size (flash->digests, index);

  if (target_read_medium (&flash->target, buf, len, index * DIGEST_CHUNK) == 0
      && digest_table_matches (flash->digests, index, buf) == 1)
    return 0;
  return copy_fetch_again (flash, index, buf);
}

int
partition_heads_keep (struct flash *flash)
{
  uint64_t chunks[PARTITION_HEADS_MAX];
  const size_t nr = partition_heads_of (flash, chunks);
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  CLEANUP_CLOSE int fd = open_heads (O_WRONLY | O_CREAT);

  if (!buf || fd == -1)
    return -1;
  for (size_t i = 0; i < nr; i++) {
    if (read_right (flash, chunks[i], buf) == -1)
      return -1;
    if (full_write (fd, buf, DIGEST_CHUNK) == -1) {
      report_error (ERROR_SESSION_FAILED,
                    "keeping the heads of the partitions in RAM: %s",
                    strerror (errno));
      return -1;
    }
  }
  return 0;
}

/* The kept content of head NUMBER into BUF, proven. */
static int
read_kept (struct flash *flash, int fd, size_t number, uint64_t index,
           unsigned char *buf)
{
  if (full_pread (fd, buf, DIGEST_CHUNK, (uint64_t) number * DIGEST_CHUNK)
      == DIGEST_CHUNK && digest_table_matches (flash->digests, index, buf) == 1)
    return 0;
  report_error (ERROR_STAGED_COPY_DIFFERS,
                "the kept content of offset %" PRIu64 " is damaged",
                index * DIGEST_CHUNK);
  return -1;
}

int
partition_heads_restore (struct flash *flash)
{
  uint64_t chunks[PARTITION_HEADS_MAX];
  const size_t nr = partition_heads_of (flash, chunks);
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  CLEANUP_CLOSE int fd = open_heads (O_RDONLY);
  int differing = 0;

  if (!buf || fd == -1)
    return -1;
  for (size_t i = 0; i < nr; i++) {
    const uint64_t offset = chunks[i] * DIGEST_CHUNK;
    const size_t len = digest_table_chunk_size (flash->digests, chunks[i]);

    if (target_read_medium (&flash->target, buf, len, offset) == 0
        && digest_table_matches (flash->digests, chunks[i], buf) == 1)
      continue;
    differing++;
    if (read_kept (flash, fd, i, chunks[i], buf) == -1
        || range_writer_put (&flash->writer, buf, len, offset, NULL, NULL)
           == -1)
      return -1;
  }
  return differing > 0 && target_flush (&flash->target) == -1 ? -1 : differing;
}
