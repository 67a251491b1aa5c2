/* SPDX-License-Identifier: MIT */
/* The commands that still work on the old root, all before the first write. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "block-device.h"
#include "cleanup.h"
#include "commands.h"
#include "mount-table.h"
#include "old-root.h"
#include "report.h"

#define OLD_PATH \
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define READ_ONLY_TIMEOUT 30    /* seconds */
/* For a program of the old system, in seconds: longer than systemd waits for a
 * service, and short enough for the rest of an undo behind one that hangs. */
#define PROGRAM_TIMEOUT 120
#define NAMESPACES_MAX 256

int
old_root_enter (void)
{
  const char *path = getenv ("FLASH_OLD_NS");
  CLEANUP_CLOSE int ns = -1;

  if (!path) {
    report_error (ERROR_SESSION_FAILED, "the old root: FLASH_OLD_NS is not set");
    return -1;
  }
  ns = open (path, O_RDONLY | O_CLOEXEC);
  if (ns == -1 || setns (ns, CLONE_NEWNS) == -1) {
    report_error (ERROR_SESSION_FAILED, "the old root: %s: %s", path, strerror (errno));
    return -1;
  }
  return 0;
}

int
old_root_target (dev_t *target)
{
  const char *text = getenv ("FLASH_TARGET");
  unsigned device_major, device_minor;

  if (!text || sscanf (text, "%u:%u", &device_major, &device_minor) != 2) {
    report_error (ERROR_BUILD_MISMATCH, "FLASH_TARGET is not MAJOR:MINOR");
    return -1;
  }
  *target = makedev (device_major, device_minor);
  return 0;
}

/* The old system's programs get its usual environment and nothing of ours: no
 * pipe that they could hold open, and signals as they expect them.  An alarm
 * outlasts exec. */
static int
forget_session (void)
{
  static char *const environment[] = {
    (char *) "PATH=" OLD_PATH, (char *) "HOME=/root", (char *) "LC_ALL=C",
    NULL
  };
  struct sigaction standard = { .sa_handler = SIG_DFL };
  const char *status_fd = getenv ("FLASH_STATUS_FD");
  extern char **environ;

  if (status_fd)
    close (atoi (status_fd));
  sigaction (SIGPIPE, &standard, NULL);
  sigaction (SIGALRM, &standard, NULL);
  alarm (PROGRAM_TIMEOUT);
  environ = (char **) environment;
  return chdir ("/");
}

int
on_old_root_command (int argc, char **argv)
{
  if (argc < 2) {
    report_error (ERROR_BUILD_MISMATCH, "usage: on-old-root COMMAND...");
    return 1;
  }
  if (old_root_enter () == -1)
    return 1;
  if (forget_session () == -1) {
    fprintf (stderr, "the old root: %s\n", strerror (errno));
    return 1;
  }
  execvp (argv[1], &argv[1]);
  const int status = errno == ENOENT ? 127 : 126;
  fprintf (stderr, "%s: %s\n", argv[1], strerror (errno));
  return status;
}

/* File systems that a remount concerns: those on a block device. */
static bool
is_on_device (const struct mount_entry *entry)
{
  return major (entry->dev) != 0;
}

struct writable_list
{
  dev_t seen[NAMESPACES_MAX];
  size_t nr_seen;
};

/* One mount point for each file system is enough to remount it. */
static int
print_writable (void *opaque, const struct mount_entry *entry)
{
  struct writable_list *list = opaque;

  if (!is_on_device (entry) || entry->read_only || entry->read_only_here)
    return 0;
  for (size_t i = 0; i < list->nr_seen; i++)
    if (list->seen[i] == entry->dev)
      return 0;
  if (list->nr_seen == NAMESPACES_MAX || strchr (entry->mount_point, '\n')) {
    report_error (ERROR_READ_ONLY_FAILED, "%s: cannot be remembered for a remount",
                  entry->mount_point);
    return 1;
  }
  list->seen[list->nr_seen++] = entry->dev;
  return printf ("%s\n", entry->mount_point) < 0;
}

int
read_write_command (int argc, char **argv)
{
  struct writable_list list = { .nr_seen = 0 };

  (void) argc;
  (void) argv;
  if (old_root_enter () == -1)
    return 1;
  int r = mount_table_read ("/proc/self/mountinfo", print_writable, &list);
  if (r == -1)
    report_error (ERROR_SESSION_FAILED, "/proc/self/mountinfo: %s", strerror (errno));
  return r != 0 || fflush (stdout) == EOF;
}

struct writable_search
{
  dev_t target;
  ino_t namespaces[NAMESPACES_MAX];     /* looked at in this round */
  size_t nr_namespaces;
  char found[512];              /* "" or what is still writable */
};

static int
find_writable (void *opaque, const struct mount_entry *entry)
{
  struct writable_search *search = opaque;

  if (entry->read_only || !is_on_device (entry)
      || !mount_entry_on_disk (entry, search->target))
    return 0;
  snprintf (search->found, sizeof search->found, "%s (%s, %u:%u)",
            entry->mount_point, entry->type, major (entry->dev),
            minor (entry->dev));
  return 1;
}

static bool
is_new_namespace (struct writable_search *search, const char *pid)
{
  char path[64];
  struct stat st;

  snprintf (path, sizeof path, "/proc/%.20s/ns/mnt", pid);
  if (stat (path, &st) == -1)
    return false;               /* the process has ended */
  for (size_t i = 0; i < search->nr_namespaces; i++)
    if (search->namespaces[i] == st.st_ino)
      return false;
  if (search->nr_namespaces < NAMESPACES_MAX)
    search->namespaces[search->nr_namespaces++] = st.st_ino;
  return true;
}

/* A service with mounts of its own may hold a file system that this namespace
 * does not show, so every namespace is looked at.  A process that ends
 * meanwhile has nothing mounted. */
static int
look_everywhere (struct writable_search *search)
{
  DIR *dir = opendir ("/proc");

  if (!dir) {
    report_error (ERROR_SESSION_FAILED, "/proc: %s", strerror (errno));
    return -1;
  }
  search->nr_namespaces = 0;
  search->found[0] = '\0';
  for (struct dirent *entry = readdir (dir); entry && !search->found[0];
       entry = readdir (dir)) {
    char path[64];

    if (entry->d_name[0] < '1' || entry->d_name[0] > '9'
        || !is_new_namespace (search, entry->d_name))
      continue;
    snprintf (path, sizeof path, "/proc/%.20s/mountinfo", entry->d_name);
    if (mount_table_read (path, find_writable, search) == -1
        && errno != ENOENT && errno != ESRCH && errno != EINVAL) {
      report_error (ERROR_SESSION_FAILED, "%s: %s", path, strerror (errno));
      closedir (dir);
      return -1;
    }
  }
  closedir (dir);
  return 0;
}

int
wait_read_only_command (int argc, char **argv)
{
  struct writable_search search;

  (void) argc;
  (void) argv;
  if (old_root_target (&search.target) == -1 || old_root_enter () == -1)
    return 1;
  for (int waited = 0;; waited++) {
    if (look_everywhere (&search) == -1)
      return 1;
    if (!search.found[0])
      return 0;
    if (waited == READ_ONLY_TIMEOUT * 10)
      break;
    usleep (100000);
  }
  report_error (ERROR_READ_ONLY_FAILED,
                "%s is still writable after %d s", search.found,
                READ_ONLY_TIMEOUT);
  return 1;
}
