/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child-process.h"
#include "cleanup.h"
#include "proxy.h"
#include "report.h"
#include "shell-quote.h"

/* ssh://[USER@]HOST:PORT, the only way in which ssh takes a port with its host. */
static char *
destination_of (const char *hop)
{
  char *uri;

  if (strncmp (hop, "ssh://", 6) == 0 || !strchr (hop, ':'))
    return strdup (hop);
  return asprintf (&uri, "ssh://%s", hop) == -1 ? NULL : uri;
}

/* The last hop connects to the board, and is itself reached through the others. */
char *
proxy_jump_command (const char *hops, const char *config_file)
{
  const char *comma = strrchr (hops, ',');
  CLEANUP_FREE char *before = comma ? strndup (hops, (size_t) (comma - hops))
                                    : strdup ("");
  CLEANUP_FREE char *last = destination_of (comma ? comma + 1 : hops);
  CLEANUP_FREE char *quoted_before = before ? shell_quote (before) : NULL;
  CLEANUP_FREE char *quoted_last = last ? shell_quote (last) : NULL;
  CLEANUP_FREE char *quoted_file = shell_quote (config_file ? config_file : "");
  char *command;

  if (!quoted_before || !quoted_last || !quoted_file
      || asprintf (&command, "ssh %s%s%s%s -W '[%%h]:%%p' -- %s",
                   config_file ? "-F " : "", config_file ? quoted_file : "",
                   *before ? " -J " : "", *before ? quoted_before : "",
                   quoted_last) == -1)
    return NULL;
  return command;
}

int
proxy_start (const char *command, pid_t *pid)
{
  CLEANUP_FREE char *line = NULL;
  int pair[2];

  if (asprintf (&line, "exec %s", command) == -1
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
    report_error (ERROR_PROXY_FAILED,
                  "the proxy cannot be started: %s", strerror (errno));
    return -1;
  }
  char *const argv[] = { (char *) "/bin/sh", (char *) "-c", line, NULL };
  const int fds[3] = { pair[1], pair[1], -1 };

  *pid = child_process_start (argv, fds, CHILD_ON_TERMINAL);
  if (*pid == -1)
    report_error (ERROR_PROXY_FAILED,
                  "the proxy cannot be started: %s", strerror (errno));
  close (pair[1]);
  if (*pid > 0)
    return pair[0];
  close (pair[0]);
  *pid = 0;
  return -1;
}
