/* SPDX-License-Identifier: MIT */
/* The processes of the board, as /proc shows them (proc_pid_stat(5)), and which
 * of them the board can't do without. */

#ifndef FLASH_HELPER_PROCESS_TABLE_H
#define FLASH_HELPER_PROCESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process
{
  pid_t pid;
  pid_t parent;
  unsigned long long start_time;        /* tells a reused number */
  bool stopped;                 /* by whomever, or dead */
  bool spared;                  /* for the caller's use; false when read */
  char name[17];
};

struct process_table
{
  size_t nr;
  struct process *processes;    /* the caller frees it */
};

/* False: there is no such process, or it is a kernel thread. */
bool process_read (pid_t pid, struct process *process);

/* All but kernel threads; what TABLE holds is used again.  It begins as
 * { 0, NULL }.  -1: reported. */
int process_table_read (struct process_table *table);

/* The program of PID by /proc/PID/exe, as the root of its own mount namespace
 * names it; the mark of a deleted file is cut off.  False: PID is gone, a
 * kernel thread, or the path does not fit. */
bool process_program (pid_t pid, char *path, size_t size);

/* A line "PID START_TIME" in a file names a process for good.  Append it to FD;
 * -1 with errno. */
int process_write_mark (int fd, const struct process *process);
/* Pid and start time from such a line; false: it is none. */
bool process_parse_mark (const char *line, struct process *mark);
/* False: the process of MARK is gone, whoever has its number.  Else it is as it
 * is NOW. */
bool process_find_marked (const struct process *mark, struct process *now);

struct process *process_table_find (const struct process_table *table,
                                    pid_t pid);

/* What must go on while the rest is stopped: the daemons of the network, the
 * message bus by which they and PID 1 talk, and whoever holds the watchdog, for
 * otherwise the board would reset. */
bool process_serves_network (const struct process *process);
bool process_owns_watchdog (const struct process *process);

#endif
