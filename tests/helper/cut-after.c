/* SPDX-License-Identifier: MIT */
/* cut-after BYTES COMMAND: a tunnel that breaks.
 *
 * Runs COMMAND by sh with a socket as its stdin and stdout, and relays it to our
 * own stdin and stdout, which are one socket.  After BYTES from the command the
 * connection is cut in both directions. */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file-io.h"

static pid_t
start (const char *command, int *fd)
{
  int sockets[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == -1)
    return -1;
  pid_t pid = fork ();
  if (pid == 0) {
    setpgid (0, 0);
    dup2 (sockets[1], STDIN_FILENO);
    dup2 (sockets[1], STDOUT_FILENO);
    execl ("/bin/sh", "sh", "-c", command, (char *) NULL);
    _exit (127);
  }
  close (sockets[1]);
  *fd = sockets[0];
  return pid;
}

/* Relay what is there, at most LIMIT bytes.  Returns them, 0 at the end. */
static size_t
relay (int from, int to, size_t limit)
{
  static char buf[65536];
  ssize_t r = read (from, buf, limit < sizeof buf ? limit : sizeof buf);

  if (r <= 0 || full_write (to, buf, (size_t) r) == -1)
    return 0;
  return (size_t) r;
}

int
main (int argc, char **argv)
{
  int fd = -1;

  signal (SIGPIPE, SIG_IGN);
  if (argc != 3)
    return 2;
  size_t left = strtoul (argv[1], NULL, 10);
  pid_t pid = start (argv[2], &fd);
  if (pid == -1)
    return 1;

  while (left > 0) {
    struct pollfd fds[2] = {
      { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN },
    };
    if (poll (fds, 2, -1) == -1)
      break;
    if (fds[0].revents && relay (STDIN_FILENO, fd, 65536) == 0)
      break;
    if (fds[1].revents) {
      size_t n = relay (fd, STDOUT_FILENO, left);
      if (n == 0)
        break;
      left -= n;
    }
  }
  shutdown (STDOUT_FILENO, SHUT_RDWR);
  kill (-pid, SIGKILL);
  waitpid (pid, NULL, 0);
  return 0;
}
