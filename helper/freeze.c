/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "freeze.h"
#include "listening-socket.h"
#include "report.h"

#define PROCESSES_MAX 32768
#define ROUNDS_MAX 20
#define KERNEL_THREAD 0x00200000u       /* PF_KTHREAD in proc_pid_stat(5) */

/* What keeps the network up (the kernel cuts names to 15 bytes). */
static const char *const network_names[] = {
  "NetworkManager", "nm-dispatcher", "wpa_supplicant", "iwd", "hostapd",
  "dhclient", "dhcpcd", "udhcpc", "udhcpc6", "odhcp6c", "netifd", "pppd",
  "systemd-network", "systemd-resolve", "connmand", "ModemManager",
  "openvpn", "tailscaled", "charon", "charon-systemd", "zerotier-one",
  "wireguard-go", "boringtun", "nebula", "cloudflared", NULL
};

/* A frozen owner of the watchdog would let the board reset. */
static const char *const watchdog_names[] = {
  "watchdog", "wd_keepalive", "watchdogd", NULL
};

struct process
{
  pid_t pid;
  pid_t parent;
  unsigned long long start_time;        /* tells a reused number */
  bool stopped;                 /* already, by whomever */
  bool spared;
  char name[17];
};

struct process_table
{
  size_t nr;
  struct process *processes;    /* PROCESSES_MAX of them */
};

/* What we stopped. */
static struct process *frozen;
static size_t nr_frozen;

/* PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS ... STARTTIME, where a name
 * may hold anything, parentheses too.  False: gone, or a kernel thread. */
static bool
read_process (pid_t pid, struct process *process)
{
  char path[64], text[1024], state;
  unsigned flags;
  int parent;

  snprintf (path, sizeof path, "/proc/%ld/stat", (long) pid);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    return false;
  ssize_t r = full_read (fd, text, sizeof text - 1);
  if (r <= 0)
    return false;
  text[r] = '\0';
  char *open_mark = strchr (text, '('), *close_mark = strrchr (text, ')');
  if (!open_mark || !close_mark || close_mark < open_mark)
    return false;
  *close_mark = '\0';
  if (sscanf (close_mark + 1, " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u"
              " %*u %*d %*d %*d %*d %*d %*d %llu", &state, &parent, &flags,
              &process->start_time) != 4)
    return false;
  process->pid = pid;
  process->parent = parent;
  process->stopped = state == 'T' || state == 't' || state == 'Z'
                     || state == 'X';
  process->spared = false;
  snprintf (process->name, sizeof process->name, "%.16s", open_mark + 1);
  return !(flags & KERNEL_THREAD);
}

static int
read_table (struct process_table *table)
{
  DIR *dir = opendir ("/proc");

  if (!dir) {
    report_error ("/proc: %s", strerror (errno));
    return -1;
  }
  table->nr = 0;
  for (struct dirent *entry = readdir (dir);
       entry && table->nr < PROCESSES_MAX; entry = readdir (dir))
    if (isdigit ((unsigned char) entry->d_name[0])
        && read_process ((pid_t) atol (entry->d_name),
                         &table->processes[table->nr]))
      table->nr++;
  closedir (dir);
  return 0;
}

static struct process *
find_process (const struct process_table *table, pid_t pid)
{
  for (size_t i = 0; i < table->nr; i++)
    if (table->processes[i].pid == pid)
      return &table->processes[i];
  return NULL;
}

/* PID and whoever started it, up to PID 1. */
static void
spare_ancestors (const struct process_table *table, pid_t pid)
{
  for (size_t depth = 0; depth < table->nr; depth++) {
    struct process *process = find_process (table, pid);

    if (!process)
      return;
    process->spared = true;
    pid = process->parent;
  }
}

/* The parent of a spared process found later may stand before it in the table,
 * so sweep until nothing changes. */
static void
spare_descendants (const struct process_table *table, pid_t session)
{
  struct process *root = find_process (table, session);
  bool changed = root != NULL;
  bool *below = calloc (table->nr, sizeof *below);

  if (!root || !below) {
    free (below);
    return;
  }
  below[root - table->processes] = true;
  while (changed) {
    changed = false;
    for (size_t i = 0; i < table->nr; i++) {
      struct process *parent;

      if (below[i])
        continue;
      parent = find_process (table, table->processes[i].parent);
      if (parent && below[parent - table->processes])
        changed = below[i] = true;
    }
  }
  for (size_t i = 0; i < table->nr; i++)
    if (below[i])
      table->processes[i].spared = true;
  free (below);
}

static bool
is_named (const struct process *process, const char *const names[])
{
  for (size_t i = 0; names[i]; i++)
    if (strcmp (process->name, names[i]) == 0)
      return true;
  return false;
}

/* The way in: `attach` and whoever started it, but not the daemon that would
 * answer others, for each answer looks files up on the old root. */
static void
spare_way_in (const struct process_table *table)
{
  for (size_t i = 0; i < table->nr; i++)
    if (strcmp (table->processes[i].name, "flash-helper") == 0)
      spare_ancestors (table, table->processes[i].pid);
  for (size_t i = 0; i < table->nr; i++) {
    struct process *process = &table->processes[i];

    if (process->spared && process->pid != 1
        && listening_socket_of (process->pid))
      process->spared = false;
  }
}

static void
spare_needed (const struct process_table *table, bool with_way_in)
{
  const char *session = getenv ("FLASH_SESSION_PID");

  if (with_way_in)
    spare_way_in (table);
  for (size_t i = 0; i < table->nr; i++) {
    struct process *process = &table->processes[i];

    if (process->pid == 1 || is_named (process, watchdog_names)
        || (with_way_in && is_named (process, network_names)))
      process->spared = true;
  }
  spare_ancestors (table, getpid ());
  spare_descendants (table, session ? (pid_t) atol (session) : getppid ());
}

static int
remember_frozen (const struct process *process)
{
  struct process *more =
    realloc (frozen, (nr_frozen + 1) * sizeof *frozen);

  if (!more)
    return -1;
  frozen = more;
  frozen[nr_frozen++] = *process;
  return 0;
}

/* Stop what is not spared; how many that were, or -1. */
static int
freeze_round (const struct process_table *table)
{
  int count = 0;

  for (size_t i = 0; i < table->nr; i++) {
    const struct process *process = &table->processes[i];

    if (process->spared || process->stopped)
      continue;
    if (kill (process->pid, SIGSTOP) == -1)
      continue;                 /* it has ended */
    if (remember_frozen (process) == -1) {
      kill (process->pid, SIGCONT);
      report_error ("freezing the old system: %s", strerror (errno));
      return -1;
    }
    count++;
  }
  return count;
}

static int
freeze (bool with_way_in)
{
  struct process_table table = { 0, NULL };
  int total = 0;

  table.processes = malloc (PROCESSES_MAX * sizeof *table.processes);
  if (!table.processes) {
    report_error ("freezing the old system: %s", strerror (errno));
    return -1;
  }
  for (int round = 0; round < ROUNDS_MAX; round++) {
    int count = -1;

    if (read_table (&table) == 0) {
      spare_needed (&table, with_way_in);
      count = freeze_round (&table);
    }
    if (count == -1) {
      free (table.processes);
      thaw_others ();
      return -1;
    }
    if (count == 0)
      break;
    total += count;
    usleep (20000);             /* a process in the kernel stops a bit later */
  }
  free (table.processes);
  return total;
}

int
freeze_others (void)
{
  return freeze (true);
}

int
freeze_connections (void)
{
  return freeze (false);
}

void
thaw_others (void)
{
  for (size_t i = 0; i < nr_frozen; i++) {
    struct process now;

    if (read_process (frozen[i].pid, &now)
        && now.start_time == frozen[i].start_time)
      kill (frozen[i].pid, SIGCONT);
  }
  free (frozen);
  frozen = NULL;
  nr_frozen = 0;
}
