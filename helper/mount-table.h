/* SPDX-License-Identifier: MIT */
/* A mountinfo file of proc (proc_pid_mountinfo(5)), entry by entry. */

#ifndef FLASH_HELPER_MOUNT_TABLE_H
#define FLASH_HELPER_MOUNT_TABLE_H

#include <stdbool.h>
#include <sys/types.h>

struct mount_entry
{
  unsigned id;                  /* of this mount */
  /* The block device below; for a file system that gives itself an anonymous
   * number (btrfs) the device that is named as its source. */
  dev_t dev;
  const char *mount_point;      /* decoded */
  const char *type;
  const char *source;
  bool read_only_here;          /* this mount */
  bool read_only;               /* the file system: its super block */
};

/* A nonzero return ends the reading. */
typedef int (*mount_table_fn) (void *opaque, const struct mount_entry *entry);

/* Call FN for every entry of the file PATH, whose lines may be of any length.
 * Returns 0, what FN returned, or -1 with errno (nothing is reported); a line
 * that is no entry is EBADMSG. */
int mount_table_read (const char *path, mount_table_fn fn, void *opaque);

/* Decode proc's \ooo in place. */
void mount_table_decode (char *text);

/* Whether the file system of ENTRY has a device on DISK. */
bool mount_entry_on_disk (const struct mount_entry *entry, dev_t disk);

/* Whether the file PATH lies on DISK, by the mounts of this process. */
bool mount_table_file_on_disk (const char *path, dev_t disk);

#endif
