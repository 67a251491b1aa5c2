/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "lifeboat-port.h"
#include "listening-socket.h"
#include "ssh-daemon.h"

/* Not every libc knows them; the numbers are the same on every machine that has
 * the newer system calls (asm-generic/unistd.h), Alpha's are higher by 110. */
#if !defined SYS_pidfd_open && !defined __alpha__
# define SYS_pidfd_open 434
#endif
#if !defined SYS_pidfd_getfd && !defined __alpha__
# define SYS_pidfd_getfd 438
#endif
#if !defined SYS_pidfd_send_signal && !defined __alpha__
# define SYS_pidfd_send_signal 424
#endif

#define OWN_PORT "give the lifeboat a port of its own (--lifeboat-port PORT)"
#define BACKLOG 8
#define GUARD_FDS 1024          /* the session process has far fewer */

static void
clear (struct lifeboat_port *port)
{
  port->nr = 0;
  port->stopped = -1;
  port->guard = 0;
  port->guard_pipe = -1;
}

/* -- a port of its own ---------------------------------------------------- */

static int
bind_any (int family, unsigned number)
{
  const struct sockaddr_in6 six = {
    .sin6_family = AF_INET6, .sin6_port = htons ((in_port_t) number),
    .sin6_addr = IN6ADDR_ANY_INIT
  };
  const struct sockaddr_in four = {
    .sin_family = AF_INET, .sin_port = htons ((in_port_t) number)
  };
  const int on = 1, off = 0;
  CLEANUP_CLOSE int sock =
    socket (family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (sock == -1
      || setsockopt (sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
    return -1;
  if (family == AF_INET6
      && (setsockopt (sock, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == -1
          || bind (sock, (const struct sockaddr *) &six, sizeof six) == -1))
    return -1;
  if (family == AF_INET
      && bind (sock, (const struct sockaddr *) &four, sizeof four) == -1)
    return -1;
  if (listen (sock, BACKLOG) == -1)
    return -1;

  const int bound = sock;
  sock = -1;
  return bound;
}

int
lifeboat_port_listen (struct lifeboat_port *port, unsigned number, char *text,
                      size_t size)
{
  clear (port);
  int sock = bind_any (AF_INET6, number);
  if (sock == -1)
    sock = bind_any (AF_INET, number);
  if (sock == -1) {
    snprintf (text, size, "the lifeboat cannot listen on port %u: %s; choose"
              " another by --lifeboat-port", number, strerror (errno));
    return -1;
  }
  port->sockets[port->nr] = sock;
  port->blocking[port->nr++] = false;
  return 0;
}

/* -- the board's port ----------------------------------------------------- */

/* It must have stayed a listening socket between the look and the copy. */
static int
copy_socket (struct lifeboat_port *port, int process, int fd)
{
  int listens = 0;
  socklen_t len = sizeof listens;
  CLEANUP_CLOSE int sock = (int) syscall (SYS_pidfd_getfd, process, fd, 0);

  if (sock == -1)
    return -1;
  const int flags = fcntl (sock, F_GETFL);
  if (flags == -1 || getsockopt (sock, SOL_SOCKET, SO_ACCEPTCONN, &listens,
                                 &len) == -1)
    return -1;
  if (!listens) {
    errno = EINVAL;
    return -1;
  }
  port->blocking[port->nr] = !(flags & O_NONBLOCK);
  port->sockets[port->nr++] = sock;
  sock = -1;
  return 0;
}

/* What the board's daemon or its kernel does not allow. */
static void
explain_copy (int error, char *text, size_t size)
{
  if (error == ENOSYS)
    snprintf (text, size, "this board's kernel is older than 5.6 and cannot lend"
              " the port of its ssh daemon: " OWN_PORT);
  else
    snprintf (text, size, "the port of the board's ssh daemon cannot be taken"
              " (%s): " OWN_PORT, strerror (error));
}

static pid_t
find_listener (const char *exe, pid_t preferred, char *text, size_t size)
{
  const pid_t pid = ssh_daemon_find_listener (exe, preferred);

  if (pid == 0)
    snprintf (text, size, "no process that runs %s listens: " OWN_PORT, exe);
  if (pid == -1)
    snprintf (text, size, "several processes that run %s listen, and none of"
              " them is known: " OWN_PORT, exe);
  return pid;
}

int
lifeboat_port_copy (struct lifeboat_port *port, const char *exe,
                    pid_t preferred, char *text, size_t size)
{
  int fds[LIFEBOAT_POLLS];

  clear (port);
  const pid_t pid = find_listener (exe, preferred, text, size);
  if (pid <= 0)
    return -1;
  const int process = (int) syscall (SYS_pidfd_open, pid, 0);
  if (process == -1) {
    explain_copy (errno, text, size);
    return -1;
  }
  port->stopped = process;
  const size_t nr = listening_sockets_list (pid, fds, LIFEBOAT_POLLS);
  if (nr == 0 || nr > LIFEBOAT_POLLS) {
    snprintf (text, size, "%s listens on %zu sockets, which is not between 1 and"
              " %d: " OWN_PORT, exe, nr, LIFEBOAT_POLLS);
    lifeboat_port_give_back (port);
    return -1;
  }
  for (size_t i = 0; i < nr; i++)
    if (copy_socket (port, process, fds[i]) == -1) {
      explain_copy (errno, text, size);
      lifeboat_port_give_back (port);
      return -1;
    }
  return 0;
}

/* The status flags belong to the open socket, which the board's daemon shares:
 * one that it left blocking is only borrowed. */
static void
set_blocking (const struct lifeboat_port *port, bool as_before)
{
  for (size_t i = 0; i < port->nr; i++) {
    const int flags = fcntl (port->sockets[i], F_GETFL);

    if (port->blocking[i] && flags != -1
        && fcntl (port->sockets[i], F_SETFL,
                  as_before ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == -1)
      return;
  }
}

static int
signal_board (const struct lifeboat_port *port, int signo)
{
  return (int) syscall (SYS_pidfd_send_signal, port->stopped, signo, NULL, 0);
}

/* Until the pipe's other end is gone, which is this process's parent's.  A pidfd
 * names that very process, however often its number was used since. */
_Noreturn static void
guard (const struct lifeboat_port *port, int pipe_end)
{
  sigset_t all;
  char byte;

  setsid ();
  prctl (PR_SET_NAME, LIFEBOAT_PORT_GUARD_NAME);
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  for (int fd = 0; fd < GUARD_FDS; fd++)
    if (fd != pipe_end && fd != port->stopped)
      close (fd);
  while (read (pipe_end, &byte, 1) == -1 && errno == EINTR)
    ;
  _exit (signal_board (port, SIGCONT) == -1);
}

static int
start_guard (struct lifeboat_port *port)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) == -1)
    return -1;
  port->guard = fork ();
  if (port->guard == 0)
    guard (port, ends[0]);
  close (ends[0]);
  port->guard_pipe = ends[1];
  return port->guard == -1 ? -1 : 0;
}

int
lifeboat_port_stop_board (struct lifeboat_port *port, char *text, size_t size)
{
  if (start_guard (port) == 0) {
    set_blocking (port, false);
    if (signal_board (port, SIGSTOP) == 0)
      return 0;
  }
  snprintf (text, size, "the board's ssh daemon cannot be stopped: %s: "
            OWN_PORT, strerror (errno));
  return -1;
}

/* The guard goes last: at no moment is the daemon stopped without one. */
void
lifeboat_port_give_back (struct lifeboat_port *port)
{
  if (port->guard > 0) {
    set_blocking (port, true);
    signal_board (port, SIGCONT);
    kill (port->guard, SIGKILL);
  }
  if (port->guard_pipe >= 0)
    close (port->guard_pipe);
  if (port->stopped >= 0)
    close (port->stopped);
  while (port->nr > 0)
    close (port->sockets[--port->nr]);
  clear (port);
}
