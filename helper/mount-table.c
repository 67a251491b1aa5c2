/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-device.h"
#include "btrfs-devices.h"
#include "cleanup.h"
#include "mount-table.h"

static bool
is_octal (char c)
{
  return c >= '0' && c <= '7';
}

void
mount_table_decode (char *text)
{
  char *out = text;

  while (*text) {
    if (text[0] == '\\' && is_octal (text[1]) && is_octal (text[2])
        && is_octal (text[3])) {
      *out++ = (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3
                       | (text[3] - '0'));
      text += 4;
    }
    else
      *out++ = *text++;
  }
  *out = '\0';
}

/* Whether the comma separated OPTIONS begin with, or hold, ro. */
static bool
says_read_only (char *options)
{
  char *save = NULL;

  for (char *option = strtok_r (options, ",", &save); option;
       option = strtok_r (NULL, ",", &save))
    if (strcmp (option, "ro") == 0)
      return true;
  return false;
}

/* The kernel may call a source /dev/root, for which there is no node. */
static dev_t
device_below (unsigned device_major, unsigned device_minor, const char *type,
              const char *source)
{
  struct stat st;
  dev_t only;

  if (device_major != 0 || strncmp (source, "/dev/", 5) != 0)
    return makedev (device_major, device_minor);
  if (stat (source, &st) == 0 && S_ISBLK (st.st_mode))
    return st.st_rdev;
  if (strcmp (type, "btrfs") == 0 && btrfs_only_device (&only))
    return only;
  return makedev (device_major, device_minor);
}

/* ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS TAG... - TYPE SOURCE OPTIONS */
static int
parse_line (char *line, struct mount_entry *entry)
{
  char *words[6], *behind[3], *save = NULL;
  unsigned device_major, device_minor;

  for (size_t i = 0; i < 6; i++) {
    words[i] = strtok_r (i == 0 ? line : NULL, " \n", &save);
    if (!words[i])
      return -1;
  }
  for (char *tag = ""; strcmp (tag, "-") != 0;) {
    tag = strtok_r (NULL, " \n", &save);
    if (!tag)
      return -1;
  }
  for (size_t i = 0; i < 3; i++) {
    behind[i] = strtok_r (NULL, " \n", &save);
    /* An empty source leaves one word less. */
    if (!behind[i] && i < 2)
      return -1;
  }
  if (!behind[2]) {
    behind[2] = behind[1];
    behind[1] = words[0] + strlen (words[0]);
  }
  if (sscanf (words[2], "%u:%u", &device_major, &device_minor) != 2)
    return -1;

  mount_table_decode (words[4]);
  mount_table_decode (behind[1]);
  entry->id = (unsigned) strtoul (words[0], NULL, 10);
  entry->dev = device_below (device_major, device_minor, behind[0], behind[1]);
  entry->mount_point = words[4];
  entry->type = behind[0];
  entry->source = behind[1];
  entry->read_only_here = says_read_only (words[5]);
  entry->read_only = says_read_only (behind[2]);
  return 0;
}

int
mount_table_read (const char *path, mount_table_fn fn, void *opaque)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  int r = 0;
  FILE *file = fopen (path, "re");

  if (!file)
    return -1;
  errno = 0;
  while (r == 0 && getline (&line, &size, file) > 0) {
    struct mount_entry entry;

    if (parse_line (line, &entry) == -1) {
      fclose (file);
      errno = EBADMSG;
      return -1;
    }
    r = fn (opaque, &entry);
  }
  if (r == 0 && ferror (file))
    r = -1;
  const int saved_errno = errno;
  fclose (file);
  errno = saved_errno;
  return r;
}

bool
mount_entry_on_disk (const struct mount_entry *entry, dev_t disk)
{
  return block_device_on_disk (entry->dev, disk)
         || (strcmp (entry->type, "btrfs") == 0
             && btrfs_on_disk (entry->dev, disk));
}

struct id_search
{
  unsigned id;
  dev_t disk;
};

static int
find_id (void *opaque, const struct mount_entry *entry)
{
  const struct id_search *search = opaque;

  if (entry->id != search->id)
    return 0;
  return mount_entry_on_disk (entry, search->disk) ? 1 : 2;
}

/* The number of a file's device may be one of btrfs' own, for a subvolume that
 * is no mount; so the mount is asked for.  False: the kernel does not tell. */
static bool
mount_id_of (const char *path, unsigned *id)
{
  char info[64], line[128];
  bool found = false;
  CLEANUP_CLOSE int fd = open (path, O_PATH | O_CLOEXEC);

  snprintf (info, sizeof info, "/proc/self/fdinfo/%d", fd);
  FILE *file = fd == -1 ? NULL : fopen (info, "re");
  if (!file)
    return false;
  while (!found && fgets (line, sizeof line, file))
    found = sscanf (line, "mnt_id: %u", id) == 1;
  fclose (file);
  return found;
}

bool
mount_table_file_on_disk (const char *path, dev_t disk)
{
  struct id_search search = { .disk = disk };

  return mount_id_of (path, &search.id)
         && mount_table_read ("/proc/self/mountinfo", find_id, &search) == 1;
}
