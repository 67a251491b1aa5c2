/* SPDX-License-Identifier: MIT */
/* Programs that this one starts beside it. */

#ifndef FLASH_CHILD_PROCESS_H
#define FLASH_CHILD_PROCESS_H

#include <sys/types.h>

#include "confinement.h"

enum child_kind
{
  CHILD_APART,                  /* a session of its own: no terminal, no ^C */
  /* It may ask on the terminal.  A ^C there is this program's business; the child
   * gets SIGTERM when this program ends, however it does. */
  CHILD_ON_TERMINAL
};

/* Start ARGV (found on PATH) with FDS, which stay open here, as its stdin, stdout
 * and stderr; -1: this program's.  -1 with errno, also when it cannot be executed;
 * else the caller waits for it in the end. */
pid_t child_process_start (char *const argv[], const int fds[3],
                           enum child_kind kind);

/* The same, APART and confined.  *GATE (-1: there is none) is the caller's to close;
 * until then it calls confinement_allow_exec, or nothing that the child becomes can
 * start a program. */
pid_t child_process_start_confined (char *const argv[], const int fds[3],
                                    enum confinement confinement, int *gate);

/* TERM, and KILL for one that has not ended 2 s later; waits.  0 is no process. */
void child_process_end (pid_t pid);

/* "ended with status 1", "was killed by signal 9 (Killed)": TEXT, SIZE bytes. */
const char *child_process_fate (int wait_status, char *text, size_t size);

#endif
