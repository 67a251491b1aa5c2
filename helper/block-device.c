/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-device.h"

/* Devices lie on devices; nobody stacks them this high but a loop. */
#define DEPTH_MAX 16

const char *block_device_sysfs = "/sys/dev/block";
const char *block_device_names = "/sys/class/block";

static bool
attribute_path (char path[PATH_MAX], dev_t dev, const char *attribute)
{
  int n = snprintf (path, PATH_MAX, "%s/%u:%u/%s", block_device_sysfs,
                    major (dev), minor (dev), attribute);

  return n > 0 && n < PATH_MAX;
}

static bool
has_attribute (dev_t dev, const char *attribute)
{
  char path[PATH_MAX];
  struct stat st;

  return attribute_path (path, dev, attribute) && stat (path, &st) == 0;
}

/* The first line of a file of sysfs: they are a few bytes long. */
static bool
read_line (const char *path, char *value, int size)
{
  FILE *file = fopen (path, "re");
  if (!file)
    return false;
  const bool got = fgets (value, size, file) != NULL;
  fclose (file);
  if (got)
    value[strcspn (value, "\n")] = '\0';
  return got;
}

bool
block_device_attribute (dev_t dev, const char *attribute, char *value, int size)
{
  char path[PATH_MAX];

  return attribute_path (path, dev, attribute) && read_line (path, value, size);
}

bool
block_device_read_number (const char *path, dev_t *number)
{
  char value[64];
  unsigned device_major, device_minor;

  if (!read_line (path, value, sizeof value)
      || sscanf (value, "%u:%u", &device_major, &device_minor) != 2)
    return false;
  *number = makedev (device_major, device_minor);
  return true;
}

static bool
read_number (dev_t dev, const char *attribute, dev_t *number)
{
  char path[PATH_MAX];

  return attribute_path (path, dev, attribute)
         && block_device_read_number (path, number);
}

static bool
read_count (dev_t dev, const char *attribute, uint64_t *count)
{
  char value[64], *end;

  if (!block_device_attribute (dev, attribute, value, sizeof value))
    return false;
  errno = 0;
  *count = strtoull (value, &end, 10);
  return errno == 0 && end != value && *end == '\0';
}

bool
block_device_is_disk (dev_t dev)
{
  return has_attribute (dev, "size") && !has_attribute (dev, "partition");
}

bool
block_device_size (dev_t dev, uint64_t *size)
{
  if (!read_count (dev, "size", size))
    return false;
  *size *= 512;                 /* always in these units */
  return true;
}

bool
block_device_parent (dev_t dev, dev_t *disk, uint64_t *start)
{
  return has_attribute (dev, "partition") && read_number (dev, "../dev", disk)
         && read_count (dev, "start", start);
}

/* The kernel tells its path as it was at the time; from the RAM root there is no
 * such node, and the name must do. */
bool
block_device_behind_loop (dev_t dev, dev_t *behind)
{
  char file[PATH_MAX], path[2 * PATH_MAX];
  struct stat st;

  if (!block_device_attribute (dev, "loop/backing_file", file, sizeof file))
    return false;
  if (stat (file, &st) == 0) {
    *behind = st.st_rdev;
    return S_ISBLK (st.st_mode);
  }
  const char *name = strrchr (file, '/');
  if (!name || (name != file && strncmp (file, "/dev/", 5) != 0))
    return false;
  snprintf (path, sizeof path, "%s/%s/dev", block_device_names, name + 1);
  return block_device_read_number (path, behind);
}

static bool lies_on (dev_t dev, dev_t disk, int depth);

static bool
slaves_lie_on (dev_t dev, dev_t disk, int depth)
{
  char path[PATH_MAX];
  bool found = false;

  if (!attribute_path (path, dev, "slaves"))
    return false;
  DIR *dir = opendir (path);
  if (!dir)
    return false;
  for (struct dirent *entry = readdir (dir); entry && !found;
       entry = readdir (dir)) {
    char attribute[NAME_MAX + 16];
    dev_t slave;

    if (entry->d_name[0] == '.')
      continue;
    snprintf (attribute, sizeof attribute, "slaves/%s/dev", entry->d_name);
    found = read_number (dev, attribute, &slave)
            && lies_on (slave, disk, depth + 1);
  }
  closedir (dir);
  return found;
}

static bool
lies_on (dev_t dev, dev_t disk, int depth)
{
  dev_t parent;

  if (dev == disk)
    return true;
  if (depth == DEPTH_MAX)
    return false;
  if (has_attribute (dev, "partition"))
    return read_number (dev, "../dev", &parent)
           && lies_on (parent, disk, depth + 1);
  if (block_device_behind_loop (dev, &parent))
    return lies_on (parent, disk, depth + 1);
  return slaves_lie_on (dev, disk, depth);
}

bool
block_device_on_disk (dev_t dev, dev_t disk)
{
  return has_attribute (dev, "dev") && lies_on (dev, disk, 0);
}
