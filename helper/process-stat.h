/* SPDX-License-Identifier: MIT */
/* A process, as /proc shows it. */

#ifndef FLASH_HELPER_PROCESS_STAT_H
#define FLASH_HELPER_PROCESS_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The parent of PID by /proc/PID/stat (proc_pid_stat(5)), 0 for PID 1.  -1: PID
 * is gone. */
pid_t process_stat_parent (pid_t pid);

/* The program of PID by /proc/PID/exe, as the root of its own mount namespace
 * names it; the mark of a deleted file is cut off.  False: PID is gone, a kernel
 * thread, or the path does not fit. */
bool process_stat_program (pid_t pid, char *path, size_t size);

#endif
