/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "available-memory.h"
#include "capability.h"
#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "flash-settings.h"
#include "pin.h"
#include "process-table.h"
#include "report.h"
#include "say.h"

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4           /* Linux 4.4; older kernels refuse it */
#endif

#define FILES_MAX 512
#define SHARE 4                 /* of the available memory, one part in SHARE */
#define MIB (1u << 20)
#define END_TIMEOUT 200         /* of 10 ms, for the process to end */

struct pinned_file
{
  dev_t dev;
  ino_t ino;
  uint64_t size;
  bool first;                   /* a program itself, or its C library */
  void *map;
};

struct file_list
{
  size_t nr;
  struct pinned_file files[FILES_MAX];
};

/* What the process that stays behind tells the one that started it. */
struct pin_result
{
  uint32_t files, left_out, failed;
  uint64_t bytes, bytes_left_out;
  struct process keeper;
};

/* Where a limit holds, an allocation beyond it would fail instead of going
 * unlocked. */
int
pin_own_memory (void)
{
  if (!capability_is_effective (CAP_IPC_LOCK)) {
    errno = EPERM;
    return -1;
  }
  return mlockall (MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

/* What lies in RAM anyway need not be kept there. */
static bool
is_on_medium (int fd, const struct stat *st)
{
  struct statfs fs;

  if (!S_ISREG (st->st_mode) || st->st_size <= 0 || fstatfs (fd, &fs) == -1)
    return false;
  return fs.f_type != TMPFS_MAGIC
         && fs.f_type != (__fsword_t) RAMFS_MAGIC
         && fs.f_type != (__fsword_t) HUGETLBFS_MAGIC;
}

static bool
is_known (const struct file_list *list, const struct stat *st)
{
  for (size_t i = 0; i < list->nr; i++)
    if (list->files[i].dev == st->st_dev && list->files[i].ino == st->st_ino)
      return true;
  return false;
}

/* By proc's link to the mapping, not by the path: it leads to the very file, in
 * whatever namespace it lies and even when its name is gone. */
static void
add_file (struct file_list *list, const char *link, bool first)
{
  struct stat st;

  CLEANUP_CLOSE int fd = open (link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd == -1 || fstat (fd, &st) == -1 || list->nr == FILES_MAX
      || !is_on_medium (fd, &st) || is_known (list, &st))
    return;
  void *map = mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED)
    return;
  list->files[list->nr++] = (struct pinned_file) {
    .dev = st.st_dev, .ino = st.st_ino, .size = (uint64_t) st.st_size,
    .first = first, .map = map,
  };
}

/* libc.so.6, libc-2.36.so, ld-linux-*.so.*, ld-musl-*.so.1, libc.musl-*.so.1 */
static bool
is_libc (const char *path)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash ? slash + 1 : path;

  return strncmp (name, "libc.", 5) == 0 || strncmp (name, "libc-", 5) == 0
         || strncmp (name, "ld-", 3) == 0;
}

/* START-END PERMISSIONS OFFSET DEVICE INODE PATH (proc_pid_maps(5)) */
static void
add_mappings (struct file_list *list, pid_t pid)
{
  char path[128], line[PATH_MAX + 128], range[40];
  unsigned long long inode;
  int at;

  snprintf (path, sizeof path, "/proc/%ld/exe", (long) pid);
  add_file (list, path, true);
  snprintf (path, sizeof path, "/proc/%ld/maps", (long) pid);
  FILE *file = fopen (path, "re");
  if (!file)
    return;
  while (fgets (line, sizeof line, file)) {
    line[strcspn (line, "\n")] = '\0';
    if (sscanf (line, "%39s %*s %*s %*s %llu %n", range, &inode, &at) < 2
        || inode == 0)
      continue;
    snprintf (path, sizeof path, "/proc/%ld/map_files/%s", (long) pid, range);
    add_file (list, path, is_libc (line + at));
  }
  fclose (file);
}

static int
find_files (struct file_list *list)
{
  struct process_table table = { 0, NULL };

  if (process_table_read (&table) == -1) {
    free (table.processes);
    return -1;
  }
  for (size_t i = 0; i < table.nr; i++) {
    const struct process *process = &table.processes[i];

    if (process->pid == 1 || process_serves_network (process)
        || process_owns_watchdog (process))
      add_mappings (list, process->pid);
  }
  free (table.processes);
  return 0;
}

/* The programs before their libraries, small before large. */
static int
compare_benefit (const void *a, const void *b)
{
  const struct pinned_file *left = a, *right = b;

  if (left->first != right->first)
    return left->first ? -1 : 1;
  return left->size < right->size ? -1 : left->size > right->size;
}

static void
lock_files (struct file_list *list, struct pin_result *result)
{
  uint64_t room = available_memory () / SHARE;

  qsort (list->files, list->nr, sizeof list->files[0], compare_benefit);
  for (size_t i = 0; i < list->nr; i++) {
    const struct pinned_file *file = &list->files[i];

    if (file->size > room) {
      result->left_out++;
      result->bytes_left_out += file->size;
    }
    else if (mlock (file->map, (size_t) file->size) == -1)
      result->failed++;
    else {
      result->files++;
      result->bytes += file->size;
      room -= file->size;
    }
  }
}

/* The process that stays behind: it holds the maps, and no descriptor that
 * others wait for. */
_Noreturn static void
keep_files (int answer)
{
  static struct file_list list;
  struct pin_result result = { .files = 0 };

  setsid ();
  prctl (PR_SET_NAME, PIN_KEEPER_NAME);
  if (find_files (&list) == 0 && process_read (getpid (), &result.keeper)) {
    lock_files (&list, &result);
    (void) pin_own_memory ();
    if (full_write (answer, &result, sizeof result) == 0) {
      for (int fd = 0; fd < 1024; fd++)
        close (fd);
      for (;;)
        pause ();
    }
  }
  _exit (1);
}

/* The process that RAM_ROOT/pins names, if it still is that one. */
static bool
find_keeper (const char *path, struct process *keeper)
{
  char line[80];
  struct process mark;
  FILE *file = fopen (path, "re");

  if (!file)
    return false;
  const bool found = fgets (line, sizeof line, file)
                     && process_parse_mark (line, &mark)
                     && process_find_marked (&mark, keeper);
  fclose (file);
  return found;
}

static int
unpin (void)
{
  char path[PATH_MAX];
  struct process keeper;

  ram_root_path (path, "pins");
  for (int i = 0; i < END_TIMEOUT && find_keeper (path, &keeper); i++) {
    kill (keeper.pid, SIGKILL);
    if (keeper.stopped)
      break;                    /* its parent has not heard of it yet */
    usleep (10000);
  }
  if (unlink (path) == 0 || errno == ENOENT)
    return 0;
  report_error (ERROR_PIN_FAILED, "%s: %s", path, strerror (errno));
  return -1;
}

static int
set_down_keeper (const struct process *keeper)
{
  char path[PATH_MAX];

  ram_root_path (path, "pins");
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                               0600);
  if (fd >= 0 && process_write_mark (fd, keeper) == 0)
    return 0;
  report_error (ERROR_PIN_FAILED, "%s: %s", path, strerror (errno));
  kill (keeper->pid, SIGKILL);
  return -1;
}

static void
say_pinned (const struct pin_result *result)
{
  char text[256];
  int n = snprintf (text, sizeof text, "%u files (%" PRIu64 " MB) of the programs"
                    " that stay alive are kept in memory", result->files,
                    result->bytes / MIB);

  if (result->left_out > 0)
    n += snprintf (text + n, sizeof text - (size_t) n, "; %u files (%" PRIu64
                   " MB) are left out for want of memory", result->left_out,
                   result->bytes_left_out / MIB);
  if (result->failed > 0)
    snprintf (text + n, sizeof text - (size_t) n, "; %u can't be locked",
              result->failed);
  say ("note", "text", text, NULL);
}

int
pin_command (int argc, char **argv)
{
  struct pin_result result;
  int ends[2];

  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  if (unpin () == -1)
    return 1;
  const pid_t pid = pipe2 (ends, O_CLOEXEC) == 0 ? fork () : -1;
  if (pid == -1) {
    report_error (ERROR_PIN_FAILED, "a process that pins: %s", strerror (errno));
    return 1;
  }
  if (pid == 0)
    keep_files (ends[1]);
  close (ends[1]);
  const ssize_t r = full_read (ends[0], &result, sizeof result);
  close (ends[0]);
  if (r != (ssize_t) sizeof result
      || set_down_keeper (&result.keeper) == -1)
    return 1;
  say_pinned (&result);
  if (result.failed == 0 || result.files > 0)
    return 0;                   /* one bad sector is no reason to stop */
  report_error (ERROR_PIN_FAILED,
                "nothing can be kept in memory: this process may not lock it"
                " (CAP_IPC_LOCK)");
  return 1;
}

int
unpin_command (int argc, char **argv)
{
  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  return unpin () == -1;
}
