/* SPDX-License-Identifier: MIT */
/* flash-helper arrays leave | join: MD arrays with a member on the target.
 *
 * An array writes its superblocks and bitmaps to all of its members, also when
 * its file systems are read-only, and once more when the kernel reboots.  So it
 * must let go of the target: as if the disk had failed, it goes on without it.
 * `join' brings back what `leave' has taken away. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "block-device.h"
#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "old-root.h"
#include "report.h"

#define TICK 100000             /* microseconds */
#define TIMEOUT_TICKS 100

/* Called with the folder of a member, ".../md/dev-sda2".  A nonzero return ends
 * the search. */
typedef int (*member_fn) (const char *member);

static bool
read_attribute (const char *member, const char *name, char *value, int size)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/%s", member, name);
  FILE *file = fopen (path, "re");
  const bool got = file && fgets (value, size, file);
  if (file)
    fclose (file);
  if (got)
    value[strcspn (value, "\n")] = '\0';
  return got;
}

static int
write_state (const char *member, const char *state)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/state", member);
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CLOEXEC);
  return fd == -1 ? -1 : full_write (fd, state, strlen (state));
}

static bool
is_faulty (const char *member)
{
  char state[128];

  return read_attribute (member, "state", state, sizeof state)
         && strstr (state, "faulty");
}

/* Faulty, and no request of the array's is still on its way to it. */
static bool
has_left (const char *member)
{
  char slot[32];

  return is_faulty (member)
         && read_attribute (member, "slot", slot, sizeof slot)
         && strcmp (slot, "none") == 0;
}

static int
leave (const char *member)
{
  if (!is_faulty (member) && write_state (member, "faulty") == -1) {
    report_error (ERROR_DISK_IN_USE,
                  "%s: the array does not let go of the disk: %s", member,
                  strerror (errno));
    return 1;
  }
  for (int tick = 0; tick < TIMEOUT_TICKS; tick++) {
    if (has_left (member))
      return 0;
    usleep (TICK);
  }
  report_error (ERROR_DISK_IN_USE, "%s: the array does not let go of the disk", member);
  return 1;
}

/* The array copies what has changed meanwhile, by its bitmap if it has one. */
static int
join (const char *member)
{
  if (is_faulty (member) && write_state (member, "re-add") == -1)
    report_error (ERROR_DISK_IN_USE,
                  "%s: the array does not take the disk back (%s); mdadm --re-add"
                  " does", member, strerror (errno));
  return 0;
}

/* The members on TARGET of the array whose folder in sysfs is ARRAY. */
static int
for_members_of (const char *array, dev_t target, member_fn fn)
{
  char path[PATH_MAX], file[PATH_MAX + 16];
  int r = 0;
  dev_t device;

  DIR *dir = opendir (array);
  if (!dir)
    return 0;
  for (struct dirent *entry = readdir (dir); entry && r == 0;
       entry = readdir (dir)) {
    int n = snprintf (path, sizeof path, "%s/%s", array, entry->d_name);

    if (strncmp (entry->d_name, "dev-", 4) != 0 || n >= (int) sizeof path)
      continue;
    snprintf (file, sizeof file, "%s/block/dev", path);
    if (block_device_read_number (file, &device)
        && block_device_on_disk (device, target))
      r = fn (path);
  }
  closedir (dir);
  return r;
}

static int
for_members (dev_t target, member_fn fn)
{
  char path[PATH_MAX];
  int r = 0;

  DIR *dir = opendir (block_device_sysfs);
  if (!dir) {
    report_error (ERROR_DISK_IN_USE, "%s: %s", block_device_sysfs, strerror (errno));
    return -1;
  }
  for (struct dirent *entry = readdir (dir); entry && r == 0;
       entry = readdir (dir)) {
    snprintf (path, sizeof path, "%s/%.64s/md", block_device_sysfs, entry->d_name);
    if (entry->d_name[0] != '.')
      r = for_members_of (path, target, fn);
  }
  closedir (dir);
  return r;
}

int
arrays_command (int argc, char **argv)
{
  dev_t target;

  if (argc != 2
      || (strcmp (argv[1], "leave") != 0 && strcmp (argv[1], "join") != 0)) {
    report_error (ERROR_BUILD_MISMATCH, "usage: arrays leave | join");
    return 1;
  }
  if (old_root_target (&target) == -1)
    return 1;
  return for_members (target, strcmp (argv[1], "leave") == 0 ? leave : join) != 0;
}
