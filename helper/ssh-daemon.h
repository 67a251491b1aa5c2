/* SPDX-License-Identifier: MIT */
/* The board's own ssh daemon: which it is, and the process that listens. */

#ifndef FLASH_HELPER_SSH_DAEMON_H
#define FLASH_HELPER_SSH_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SSH_DAEMON_PATH_MAX 256 /* with the NUL */
#define SSH_DAEMON_KEYS 8

enum ssh_daemon_kind { SSH_DAEMON_OPENSSH, SSH_DAEMON_DROPBEAR };

struct ssh_daemon
{
  enum ssh_daemon_kind kind;
  pid_t pid;
  bool listening;               /* PID answers new connections */
  char exe[SSH_DAEMON_PATH_MAX];
  char config[SSH_DAEMON_PATH_MAX];     /* of its -f; "": the default */
  /* Of its -h (OpenSSH) or -r (dropbear). */
  char keys[SSH_DAEMON_KEYS][SSH_DAEMON_PATH_MAX];
  size_t nr_keys;
};

/* Whether PATH is absolute and plain: letters, digits and _ . + - only, no ".."
 * as a component, and shorter than SSH_DAEMON_PATH_MAX. */
bool ssh_daemon_is_plain_path (const char *path);

/* The words of a daemon's command line (/proc/PID/cmdline, LEN bytes): its -f and
 * its keys into DAEMON, whose kind is set.  OpenSSH's listener overwrites its
 * words by one title with blanks between them.  0, or -1 after a report: a path is
 * not plain. */
int ssh_daemon_parse_words (struct ssh_daemon *daemon, const char *words,
                            size_t len);

/* The topmost ssh daemon among PID and its ancestors: the listener, or, where
 * PID 1 or inetd listens, the process of the connection.  -1 after a report. */
int ssh_daemon_find_above (pid_t pid, struct ssh_daemon *daemon);

/* The process that runs EXE and listens; one whose parent runs EXE too serves a
 * connection (and listens for a forwarded port).  PREFERRED, where several do.
 * 0: there is none; -1: several, and PREFERRED is not one of them. */
pid_t ssh_daemon_find_listener (const char *exe, pid_t preferred);

#endif
