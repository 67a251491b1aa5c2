/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "mount-table.h"
#include "ram-root.h"
#include "report.h"

/* Where the old root hangs for the moment between pivot_root and umount. */
#define OLD_ROOT "old-root"

static int
make_directory (const char *path)
{
  if (mkdir (path, 0700) == 0 || errno == EEXIST)
    return 0;
  report_error (ERROR_SESSION_FAILED, "%s: %s", path, strerror (errno));
  return -1;
}

/* proc and sys are mounted anew: binds of the old ones would do as well, but
 * not where the board hides parts of them. */
static int
mount_kernel_files (void)
{
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

  if (make_directory ("/proc") == -1 || make_directory ("/sys") == -1)
    return -1;
  if (mount ("proc", "/proc", "proc", flags, NULL) == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "mounting proc in the RAM root: %s", strerror (errno));
    return -1;
  }
  if (mount ("sysfs", "/sys", "sysfs", flags, NULL) == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "mounting sysfs in the RAM root: %s", strerror (errno));
    return -1;
  }
  return 0;
}

static int
change_root (const char *dir)
{
  if (chdir (dir) == -1 || make_directory (OLD_ROOT) == -1) {
    report_error (ERROR_SESSION_FAILED, "%s: %s", dir, strerror (errno));
    return -1;
  }
  if (syscall (SYS_pivot_root, ".", OLD_ROOT) == -1) {
    report_error (ERROR_SESSION_FAILED, "pivot_root to %s: %s", dir, strerror (errno));
    return -1;
  }
  if (chdir ("/") == -1 || mount_kernel_files () == -1)
    return -1;
  if (umount2 ("/" OLD_ROOT, MNT_DETACH) == -1 || rmdir ("/" OLD_ROOT) == -1) {
    report_error (ERROR_SESSION_FAILED, "leaving the old root: %s", strerror (errno));
    return -1;
  }
  return 0;
}

int
ram_root_enter (const char *dir)
{
  CLEANUP_CLOSE int ns = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

  if (ns == -1) {
    report_error (ERROR_SESSION_FAILED, "/proc/self/ns/mnt: %s", strerror (errno));
    return -1;
  }
  if (unshare (CLONE_NEWNS) == -1
      || mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "a private mount namespace: %s", strerror (errno));
    return -1;
  }
  if (change_root (dir) == -1)
    return -1;

  const int old_ns = ns;
  ns = -1;
  return old_ns;
}

/* Where deploy.sh had to make the directory that DIR lies in. */
#define MADE_RUN "/made-run"

int
ram_root_leave (int old_ns, const char *dir)
{
  const bool made_run = access (MADE_RUN, F_OK) == 0;

  /* setns also puts this process's root and directory there. */
  if (setns (old_ns, CLONE_NEWNS) == -1)
    return -1;
  if (umount2 (dir, MNT_DETACH) == -1)
    return -1;
  if (rmdir (dir) == -1)
    return -1;
  return made_run ? rmdir ("/run") : 0;
}

static int
leave_cgroup (void *opaque, const struct mount_entry *entry)
{
  char path[512];

  (void) opaque;
  if (strncmp (entry->type, "cgroup", 6) != 0)
    return 0;
  snprintf (path, sizeof path, "%s/cgroup.procs", entry->mount_point);
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && write (fd, "0", 1) == -1)
    return 0;                   /* not allowed there: stay */
  return 0;
}

void
ram_root_leave_cgroups (void)
{
  if (mount_table_read ("/proc/self/mountinfo", leave_cgroup, NULL) == -1)
    return;
}
