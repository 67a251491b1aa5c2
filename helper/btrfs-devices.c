/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "block-device.h"
#include "btrfs-devices.h"

/* More devices of one file system than this are not looked at. */
#define DEVICES_MAX 64

const char *btrfs_sysfs = "/sys/fs/btrfs";

/* The numbers of the devices of file system UUID.  Returns how many: 0 for a
 * folder that is none. */
static size_t
read_devices (const char *uuid, dev_t devices[DEVICES_MAX])
{
  char path[PATH_MAX], file[PATH_MAX + NAME_MAX + 8];
  size_t nr = 0;

  snprintf (path, sizeof path, "%s/%.255s/devices", btrfs_sysfs, uuid);
  DIR *dir = opendir (path);
  if (!dir)
    return 0;
  for (struct dirent *entry = readdir (dir); entry && nr < DEVICES_MAX;
       entry = readdir (dir)) {
    snprintf (file, sizeof file, "%s/%s/dev", path, entry->d_name);
    if (entry->d_name[0] != '.' && block_device_read_number (file, &devices[nr]))
      nr++;
  }
  closedir (dir);
  return nr;
}

static bool
joins (const dev_t *devices, size_t nr, dev_t member, dev_t disk)
{
  bool is_member = false, on_disk = false;

  for (size_t i = 0; i < nr; i++) {
    is_member |= devices[i] == member;
    on_disk |= block_device_on_disk (devices[i], disk);
  }
  return is_member && on_disk;
}

bool
btrfs_on_disk (dev_t member, dev_t disk)
{
  dev_t devices[DEVICES_MAX];
  bool found = false;
  DIR *dir = opendir (btrfs_sysfs);

  if (!dir)
    return false;
  for (struct dirent *entry = readdir (dir); entry && !found;
       entry = readdir (dir))
    if (entry->d_name[0] != '.')
      found = joins (devices, read_devices (entry->d_name, devices), member, disk);
  closedir (dir);
  return found;
}

bool
btrfs_only_device (dev_t *device)
{
  dev_t devices[DEVICES_MAX];
  unsigned count = 0;
  DIR *dir = opendir (btrfs_sysfs);

  if (!dir)
    return false;
  for (struct dirent *entry = readdir (dir); entry; entry = readdir (dir))
    if (entry->d_name[0] != '.' && read_devices (entry->d_name, devices) > 0) {
      *device = devices[0];
      count++;
    }
  closedir (dir);
  return count == 1;
}
