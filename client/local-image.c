/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "local-image.h"
#include "report.h"

#define DEPTH_MAX 8             /* of devices that are made upon others */
#define PATH_SIZE 1024

/* -- In sysfs -------------------------------------------------------------- */

/* "MAJOR:MINOR" of the device whose folder is FOLDER; "" if it says none. */
static void
read_number (const char *folder, char number[32])
{
  char path[PATH_SIZE + 8];
  FILE *f;

  snprintf (path, sizeof path, "%s/dev", folder);
  f = fopen (path, "re");
  if (!f || !fgets (number, 32, f))
    *number = '\0';
  number[strcspn (number, "\n")] = '\0';
  if (f)
    fclose (f);
}

static bool
has (const char *folder, const char *name)
{
  char path[PATH_SIZE + 32];

  snprintf (path, sizeof path, "%s/%s", folder, name);
  return access (path, F_OK) == 0;
}

static enum image_place place_of (const char *folder, const char *disk,
                                  unsigned depth);

/* The worst of what the device is made of; ELSEWHERE if that is nothing. */
static enum image_place
place_of_slaves (const char *folder, const char *disk, unsigned depth, bool *any)
{
  char path[PATH_SIZE], slave[PATH_SIZE];
  enum image_place worst = IMAGE_ELSEWHERE;
  const struct dirent *entry;
  DIR *dir;

  *any = false;
  if (snprintf (path, sizeof path, "%s/slaves", folder) >= (int) sizeof path
      || !(dir = opendir (path)))
    return IMAGE_ELSEWHERE;
  while (worst != IMAGE_ON_TARGET && (entry = readdir (dir)) != NULL) {
    if (*entry->d_name == '.')
      continue;
    *any = true;
    enum image_place place = IMAGE_PLACE_UNKNOWN;
    if (snprintf (slave, sizeof slave, "%s/%s", path, entry->d_name)
        < (int) sizeof slave)
      place = place_of (slave, disk, depth + 1);
    if (place != IMAGE_ELSEWHERE)
      worst = place;
  }
  closedir (dir);
  return worst;
}

/* FOLDER: of a disk or a partition. */
static enum image_place
place_of (const char *folder, const char *disk, unsigned depth)
{
  char resolved[PATH_MAX], number[32];
  bool any;

  if (depth > DEPTH_MAX || !realpath (folder, resolved)
      || strlen (resolved) >= PATH_SIZE)
    return IMAGE_PLACE_UNKNOWN;
  if (has (resolved, "partition"))
    *strrchr (resolved, '/') = '\0';    /* its disk */
  read_number (resolved, number);
  if (strcmp (number, disk) == 0)
    return IMAGE_ON_TARGET;
  const enum image_place below = place_of_slaves (resolved, disk, depth, &any);
  if (any)
    return below;
  /* A loop device lies in a file, a network's anywhere; real disks have a device. */
  return *number && has (resolved, "device") && !has (resolved, "loop")
         ? IMAGE_ELSEWHERE : IMAGE_PLACE_UNKNOWN;
}

enum image_place
local_image_place (const char *sysfs, const char *device, const char *disk)
{
  char folder[PATH_SIZE];

  snprintf (folder, sizeof folder, "%s/dev/block/%s", sysfs, device);
  return place_of (folder, disk, 0);
}

/* -- The check ------------------------------------------------------------- */

/* A file system that a program serves hangs with it; what lies in memory is no
 * matter of disks. */
static enum image_place
place_of_file (int fd, const char *disk)
{
  struct statfs fs;
  struct stat st;
  char device[32];

  if (fstatfs (fd, &fs) == -1 || fstat (fd, &st) == -1)
    return IMAGE_PLACE_UNKNOWN;
  if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
    return IMAGE_ELSEWHERE;
  snprintf (device, sizeof device, "%u:%u", major (st.st_dev), minor (st.st_dev));
  const enum image_place place = local_image_place ("/sys", device, disk);
  return place == IMAGE_ELSEWHERE && fs.f_type == FUSE_SUPER_MAGIC
         ? IMAGE_PLACE_UNKNOWN : place;
}

static int
judge (const struct flash_job *job, enum image_place place)
{
  const char *disk = job->board.disk;

  if (place == IMAGE_ON_TARGET)
    report_error (ERROR_IMAGE_ON_TARGET,
                  "%s lies on the disk that is being flashed (%s): --stream would "
                  "overwrite it while it is read.\nIt must fit the memory: use "
                  "--ramfs, or put it on another disk (a USB stick).",
                  job->location.shown, disk);
  else if (place == IMAGE_PLACE_UNKNOWN && flash_job_is_root_disk (job))
    report_error (ERROR_IMAGE_ON_TARGET,
                  "where %s lies cannot be told for sure, and everything that "
                  "lies on %s, or needs a program there, is gone during the "
                  "write.\nUse --ramfs, or put it on a plain partition of another "
                  "disk (a USB stick).", job->location.shown, disk);
  else
    return 0;
  return -1;
}

int
local_image_check (struct flash_job *job)
{
  int fd, result;

  if (job->options->transport == TRANSPORT_LOCAL && flash_job_is_root_disk (job)
      && job->options->mode == FLASH_STREAM && job->location.kind != IMAGE_FILE) {
    report_error (ERROR_IMAGE_ON_TARGET,
                  "--local and --stream: %s comes from a server, and the programs "
                  "that would fetch it lie on the disk that is being flashed.\n"
                  "Use --ramfs, or flash this board from another machine.",
                  job->location.shown);
    return -1;
  }
  if (!flash_job_is_in_place (job))
    return 0;
  fd = open (job->location.given, O_RDONLY | O_CLOEXEC);
  free (job->image_path);
  job->image_path = realpath (job->location.given, NULL);
  if (fd == -1 || !job->image_path) {
    report_error (ERROR_IMAGE_UNREADABLE,
                  "%s: %s", job->location.shown, strerror (errno));
    result = -1;
  }
  else
    result = judge (job, place_of_file (fd, job->board.disk_number));
  if (fd >= 0)
    close (fd);
  return result;
}
