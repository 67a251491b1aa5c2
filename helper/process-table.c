/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "process-table.h"
#include "report.h"

#define PROCESSES_MAX 32768
#define KERNEL_THREAD 0x00200000u       /* PF_KTHREAD */
#define WATCHDOG_DEVICE "/dev/watchdog"

/* The kernel cuts names to 15 bytes.  Avahi answers for NAME.local, by which
 * the client comes back; dnsmasq gives it its address where the board is the
 * access point.  OpenWrt's netifd waits for ubusd. */
static const char *const network_names[] = {
  "NetworkManager", "nm-dispatcher", "wpa_supplicant", "iwd", "hostapd",
  "dhclient", "dhcpcd", "udhcpc", "udhcpc6", "odhcp6c", "netifd", "pppd",
  "systemd-network", "systemd-resolve", "connmand", "ModemManager",
  "openvpn", "tailscaled", "charon", "charon-systemd", "zerotier-one",
  "wireguard-go", "boringtun", "nebula", "cloudflared",
  "avahi-daemon", "dnsmasq",
  "dbus-daemon", "dbus-broker", "dbus-broker-lau", "ubusd", NULL
};

static const char *const watchdog_names[] = {
  "watchdog", "wd_keepalive", "watchdogd", NULL
};

/* PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS ... STARTTIME, where a
 * name may hold anything, parentheses too. */
bool
process_read (pid_t pid, struct process *process)
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

bool
process_program (pid_t pid, char *path, size_t size)
{
  static const char deleted[] = " (deleted)";
  const size_t mark = sizeof deleted - 1;
  char link[64];

  snprintf (link, sizeof link, "/proc/%ld/exe", (long) pid);
  ssize_t len = readlink (link, path, size);
  if (len <= 0 || (size_t) len == size)
    return false;
  path[len] = '\0';
  if ((size_t) len > mark && strcmp (path + len - mark, deleted) == 0)
    path[(size_t) len - mark] = '\0';
  return true;
}

int
process_write_mark (int fd, const struct process *process)
{
  char line[80];
  const int len = snprintf (line, sizeof line, "%ld %llu\n",
                            (long) process->pid, process->start_time);

  return full_write (fd, line, (size_t) len);
}

bool
process_parse_mark (const char *line, struct process *mark)
{
  unsigned long long start_time;
  long pid;

  if (sscanf (line, "%ld %llu", &pid, &start_time) != 2 || pid <= 1)
    return false;
  *mark = (struct process) { .pid = (pid_t) pid, .start_time = start_time };
  return true;
}

bool
process_find_marked (const struct process *mark, struct process *now)
{
  return process_read (mark->pid, now) && now->start_time == mark->start_time;
}

int
process_table_read (struct process_table *table)
{
  if (!table->processes)
    table->processes = malloc (PROCESSES_MAX * sizeof *table->processes);
  DIR *dir = table->processes ? opendir ("/proc") : NULL;
  if (!dir) {
    report_error (ERROR_SESSION_FAILED,
                  "looking for the board's processes: %s", strerror (errno));
    return -1;
  }
  table->nr = 0;
  for (struct dirent *entry = readdir (dir);
       entry && table->nr < PROCESSES_MAX; entry = readdir (dir))
    if (isdigit ((unsigned char) entry->d_name[0])
        && process_read ((pid_t) atol (entry->d_name),
                         &table->processes[table->nr]))
      table->nr++;
  closedir (dir);
  return 0;
}

struct process *
process_table_find (const struct process_table *table, pid_t pid)
{
  for (size_t i = 0; i < table->nr; i++)
    if (table->processes[i].pid == pid)
      return &table->processes[i];
  return NULL;
}

static bool
is_named (const struct process *process, const char *const names[])
{
  for (size_t i = 0; names[i]; i++)
    if (strcmp (process->name, names[i]) == 0)
      return true;
  return false;
}

bool
process_serves_network (const struct process *process)
{
  return is_named (process, network_names);
}

static bool
is_watchdog (const char *descriptor)
{
  char target[sizeof WATCHDOG_DEVICE];
  ssize_t r = readlink (descriptor, target, sizeof target - 1);

  return r == sizeof target - 1
         && memcmp (target, WATCHDOG_DEVICE, sizeof target - 1) == 0;
}

bool
process_owns_watchdog (const struct process *process)
{
  char path[PATH_MAX];
  bool found = is_named (process, watchdog_names);

  snprintf (path, sizeof path, "/proc/%ld/fd", (long) process->pid);
  DIR *dir = found ? NULL : opendir (path);
  if (!dir)
    return found;
  for (struct dirent *entry = readdir (dir); entry && !found;
       entry = readdir (dir)) {
    snprintf (path, sizeof path, "/proc/%ld/fd/%.20s", (long) process->pid,
              entry->d_name);
    found = is_watchdog (path);
  }
  closedir (dir);
  return found;
}
