/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "flash-settings.h"
#include "freeze.h"
#include "process-table.h"
#include "report.h"

#define ROUNDS_MAX 20
#define ROUND_PAUSE 20000       /* microseconds */
#define LIST_ROOM 65536         /* bytes; about 4000 processes */

/* RAM_ROOT/frozen. */
struct frozen_list
{
  int fd;                       /* to append to */
  size_t nr, room;
  struct process *processes;    /* only their marks count */
};

static int
remember (struct frozen_list *list, const struct process *process)
{
  if (list->nr == list->room) {
    const size_t room = list->room ? 2 * list->room : 256;
    struct process *more = realloc (list->processes, room * sizeof *more);

    if (!more)
      return -1;
    list->processes = more;
    list->room = room;
  }
  list->processes[list->nr++] = *process;
  return 0;
}

static bool
is_listed (const struct frozen_list *list, const struct process *process)
{
  for (size_t i = 0; i < list->nr; i++)
    if (list->processes[i].pid == process->pid
        && list->processes[i].start_time == process->start_time)
      return true;
  return false;
}

static void
close_list (struct frozen_list *list)
{
  cleanup_close (&list->fd);
  free (list->processes);
}

/* What is started after the first write must find its place in a RAM root that
 * has filled up by then.  Best effort: not every file system can reserve. */
static void
take_room (int fd)
{
  if (fallocate (fd, FALLOC_FL_KEEP_SIZE, 0, LIST_ROOM) == -1)
    return;
}

/* FLAGS: O_CREAT when there need not be one.  -1 with errno. */
static int
open_list (struct frozen_list *list, int flags)
{
  char path[PATH_MAX], line[80];
  struct process mark;
  int r = 0;

  *list = (struct frozen_list) { .fd = -1 };
  ram_root_path (path, "frozen");
  list->fd = open (path, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600);
  if (list->fd == -1)
    return -1;
  if (flags & O_CREAT)
    take_room (list->fd);
  FILE *file = fopen (path, "re");
  if (!file)
    return -1;
  while (r == 0 && fgets (line, sizeof line, file))
    if (process_parse_mark (line, &mark))
      r = remember (list, &mark);
  fclose (file);
  return r;
}

/* Set down first: a process that is listed and runs is harmless, one that is
 * stopped and forgotten is not. */
static int
list_and_stop (struct frozen_list *list, const struct process *process)
{
  if (!is_listed (list, process)
      && (process_write_mark (list->fd, process) == -1
          || remember (list, process) == -1))
    return -1;
  if (kill (process->pid, SIGSTOP) == -1 && errno != ESRCH)
    return -1;
  return 0;
}

/* And the guardian, its parent.  The parent of a process found later may stand
 * before it in the table, so sweep until nothing changes. */
static void
spare_descendants (const struct process_table *table, pid_t session)
{
  struct process *root = process_table_find (table, session);
  bool changed = root != NULL;

  if (root)
    root->spared = true;
  while (changed) {
    changed = false;
    for (size_t i = 0; i < table->nr; i++) {
      struct process *process = &table->processes[i];
      struct process *parent =
        process->spared ? NULL : process_table_find (table, process->parent);

      if (parent && parent->spared)
        changed = process->spared = true;
    }
  }
  struct process *guardian =
    root ? process_table_find (table, root->parent) : NULL;
  if (guardian)
    guardian->spared = true;
}

/* The descendants of the session before PID 1, whose descendants are all. */
static void
spare_needed (const struct process_table *table, bool network_too)
{
  const char *session = getenv ("FLASH_SESSION_PID");

  spare_descendants (table, session ? (pid_t) atol (session) : getppid ());
  for (size_t i = 0; i < table->nr; i++) {
    struct process *process = &table->processes[i];

    if (process->spared || process->stopped)
      continue;
    if (process->pid == 1 || process->pid == getpid ()
        || (!network_too && process_serves_network (process))
        || process_owns_watchdog (process))
      process->spared = true;
  }
}

/* Stop what is not spared; how many that were, or -1. */
static int
freeze_round (struct frozen_list *list, const struct process_table *table)
{
  int count = 0;

  for (size_t i = 0; i < table->nr; i++) {
    const struct process *process = &table->processes[i];

    if (process->spared || process->stopped)
      continue;
    if (list_and_stop (list, process) == -1) {
      report_error (ERROR_READ_ONLY_FAILED,
                    "freezing the old system's %s (%ld): %s", process->name,
                    (long) process->pid, strerror (errno));
      return -1;
    }
    count++;
  }
  return count;
}

static int
freeze_rounds (struct frozen_list *list, bool network_too)
{
  struct process_table table = { 0, NULL };
  int total = 0;

  for (int round = 0; round < ROUNDS_MAX; round++) {
    int count = -1;

    if (process_table_read (&table) == 0) {
      spare_needed (&table, network_too);
      count = freeze_round (list, &table);
    }
    total = count == -1 ? -1 : total + count;
    if (count <= 0)
      break;
    usleep (ROUND_PAUSE);       /* a process in the kernel stops a bit later */
  }
  free (table.processes);
  return total;
}

static int
freeze (bool network_too)
{
  struct frozen_list list;
  int r = -1;

  if (open_list (&list, O_CREAT) == 0)
    r = freeze_rounds (&list, network_too);
  else
    report_error (ERROR_READ_ONLY_FAILED,
                  "the list of what is frozen: %s", strerror (errno));
  close_list (&list);
  return r;
}

int
freeze_others (void)
{
  return freeze (false);
}

int
freeze_network (void)
{
  return freeze (true);
}

static void
thaw_list (const struct frozen_list *list, bool only_network)
{
  for (size_t i = 0; i < list->nr; i++) {
    struct process now;

    if (process_find_marked (&list->processes[i], &now)
        && (!only_network || process_serves_network (&now)))
      kill (now.pid, SIGCONT);
  }
}

/* They stay listed: the next freeze or thaw knows what to do with them. */
void
thaw_network (void)
{
  struct frozen_list list;

  if (open_list (&list, 0) == 0)
    thaw_list (&list, true);
  close_list (&list);
}

int
thaw_others (void)
{
  struct frozen_list list;
  char path[PATH_MAX];
  int r = open_list (&list, 0);

  if (r == 0) {
    thaw_list (&list, false);
    ram_root_path (path, "frozen");
    r = unlink (path);
  }
  close_list (&list);
  if (r == -1 && errno != ENOENT) {
    report_error (ERROR_READ_ONLY_FAILED,
                  "letting the old system go on: %s", strerror (errno));
    return -1;
  }
  return 0;
}

int
freeze_command (int argc, char **argv)
{
  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  return freeze_others () == -1;
}

int
thaw_command (int argc, char **argv)
{
  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  return thaw_others () == -1;
}
