/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-device.h"
#include "cleanup.h"
#include "commands.h"
#include "mount-table.h"
#include "report.h"
#include "swap.h"
#include "target-check.h"

#define MOUNT_TABLE "/proc/self/mountinfo"

struct root_search
{
  dev_t target;
  bool overlay, on_target;
  dev_t root;
};

/* The last entry of / is the one on top. */
static int
note_root (void *opaque, const struct mount_entry *entry)
{
  struct root_search *search = opaque;

  if (strcmp (entry->mount_point, "/") == 0) {
    search->root = entry->dev;
    search->overlay = strncmp (entry->type, "overlay", 7) == 0;
    search->on_target = mount_entry_on_disk (entry, search->target);
  }
  return 0;
}

/* The kernel gives a disk exclusively only if no file system, mapping or swap has
 * it.  -1 with errno; EBUSY: something has. */
static int
open_exclusively (void)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/dev/target", ram_root);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_EXCL | O_CLOEXEC);
  return fd == -1 ? -1 : 0;
}

/* The layers of an overlay may be mounted where nobody sees them: then no more
 * than that the disk is in use can be told. */
static int
check_holds_root (dev_t target, const char *name)
{
  struct root_search search = { .target = target };

  if (mount_table_read (MOUNT_TABLE, note_root, &search) == -1) {
    report_error (ERROR_SESSION_FAILED, MOUNT_TABLE ": %s", strerror (errno));
    return -1;
  }
  if (search.overlay && open_exclusively () == -1 && errno == EBUSY)
    return 0;
  if (!search.on_target) {
    report_error (ERROR_BOARD_REFUSED,
                  "%s: the file system of / (device %u:%u) is not on this disk;"
                  " refused", name, major (search.root), minor (search.root));
    return -1;
  }
  return 0;
}

struct use_search
{
  dev_t target;
  const char *name;
};

static int
refuse_mounted (void *opaque, const struct mount_entry *entry)
{
  const struct use_search *search = opaque;

  if (!mount_entry_on_disk (entry, search->target))
    return 0;
  report_error (ERROR_DISK_IN_USE,
                "%s: %s is mounted on %s; unmount it first", search->name,
                entry->source, entry->mount_point);
  return 1;
}

static int
refuse_swap (void *opaque, const struct swap_area *area)
{
  const struct use_search *search = opaque;

  report_error (ERROR_DISK_IN_USE,
                "%s: swap is on it (%s); swapoff that first", search->name,
                area->path);
  return 1;
}

/* What the tables of this namespace do not show, the kernel knows. */
static int
check_exclusive (const char *name)
{
  if (open_exclusively () == 0)
    return 0;
  report_error (ERROR_DISK_IN_USE, errno == EBUSY
                ? "%s is in use, by another namespace or a mapping: %s"
                : "%s cannot be opened: %s", name, strerror (errno));
  return -1;
}

static int
check_unused (dev_t target, const char *name)
{
  struct use_search search = { target, name };
  int r = mount_table_read (MOUNT_TABLE, refuse_mounted, &search);

  if (r == -1)
    report_error (ERROR_SESSION_FAILED, MOUNT_TABLE ": %s", strerror (errno));
  if (r == 0)
    r = swap_on_disk (target, refuse_swap, &search);
  return r == 0 ? check_exclusive (name) : -1;
}

int
target_check (const struct session_file *file)
{
  const dev_t target = session_file_target (file);
  const char *name = session_file_get (file, "target-name");
  uint64_t size;

  if (!block_device_is_disk (target)) {
    report_error (ERROR_DISK_CHANGED,
                  "%s (%u:%u): no such disk", name, major (target),
                  minor (target));
    return -1;
  }
  if (!block_device_size (target, &size)
      || size != session_file_number (file, "target-size")) {
    report_error (ERROR_DISK_CHANGED,
                  "%s (%u:%u): it is not the size that it was when the board"
                  " was looked at", name, major (target), minor (target));
    return -1;
  }
  return session_file_says (file, "root-disk", "yes")
         ? check_holds_root (target, name)
         : check_unused (target, name);
}
