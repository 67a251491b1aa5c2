/* SPDX-License-Identifier: MIT */
/* The sshd in the RAM root, as deploy.sh has described it: started for each
 * connection, as inetd does. */

#ifndef FLASH_HELPER_LIFEBOAT_DAEMON_H
#define FLASH_HELPER_LIFEBOAT_DAEMON_H

#include <sys/types.h>

struct lifeboat_daemon;

/* Read the file PATH: lines of KEY=VALUE, in any order.
 *
 *   exe=PATH       the board's daemon, for finding who listens; plain
 *   pid=PID        the process that listened at the deployment, or 0
 *   argument=WORD  the command in the RAM root, a line a word; the first is the
 *                  program's path
 *
 * NULL after a report. */
struct lifeboat_daemon *lifeboat_daemon_read (const char *path);
void lifeboat_daemon_free (struct lifeboat_daemon *daemon);     /* or NULL */

const char *lifeboat_daemon_exe (const struct lifeboat_daemon *daemon);
pid_t lifeboat_daemon_pid (const struct lifeboat_daemon *daemon);

/* Serve the connection SOCK in a child of this process, which leads a group and
 * a session of its own; what it says goes to the file LOG, of about 64 KiB at
 * most.  SOCK stays the caller's.  Its PID, or -1 with errno. */
pid_t lifeboat_daemon_start (const struct lifeboat_daemon *daemon, int sock,
                             const char *log);

#endif
