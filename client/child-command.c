/* SPDX-License-Identifier: MIT */
/* Each command has one socket for its stdin and stdout, as under sshd, and one for
 * its stderr.  An epoll instance makes one descriptor of all; it is edge-triggered,
 * so that bytes which nobody wants yet do not keep the caller's poll from waiting. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child-command.h"
#include "child-process.h"
#include "report.h"

#define EVENTS_AT_ONCE 16
#define WRITE_MAX (256 * 1024)  /* bytes that one write is offered */
#define LEAVE_SECONDS 2         /* for a command that is not wanted any more */

struct child_command
{
  struct remote_command head;
  struct child_connection *connection;
  int sockets[2];               /* by enum remote_stream; [0] is stdin, too */
  bool ended[2];                /* the command has closed it, and it is read */
  bool full;                    /* the last write found no room */
  bool eof_sent;
  int process;                  /* a pidfd, to be woken by its end; -1: none */
  pid_t pid;                    /* 0: not running, waited for */
};

/* -- The connection -------------------------------------------------------- */

int
child_connection_init (struct child_connection *c,
                       const struct transport_operations *operations)
{
  c->head.operations = operations;
  c->lost_status = -1;
  c->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (c->epoll >= 0)
    return 0;
  report_error (ERROR_SYSTEM_FAILED, "epoll: %s", strerror (errno));
  return -1;
}

void
child_connection_release (struct child_connection *c)
{
  if (c->epoll >= 0)
    close (c->epoll);
  c->epoll = -1;
}

int
child_connection_fd (const struct board_connection *c)
{
  return ((const struct child_connection *) c)->epoll;
}

short
child_connection_events (const struct board_connection *c)
{
  (void) c;
  return POLLIN;
}

uint64_t
child_connection_arrivals (const struct board_connection *c)
{
  return ((const struct child_connection *) c)->arrivals;
}

void
child_connection_service (struct child_connection *c)
{
  struct epoll_event events[EVENTS_AT_ONCE];
  int n;

  while ((n = epoll_wait (c->epoll, events, EVENTS_AT_ONCE, 0)) > 0)
    for (int i = 0; i < n; i++) {
      struct child_command *cc = events[i].data.ptr;

      if (cc && (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        cc->full = false;
    }
}

/* -- Start and end --------------------------------------------------------- */

static int
watch (struct child_command *cc, int fd, uint32_t events)
{
  struct epoll_event event = { .events = events, .data.ptr = cc };

  return epoll_ctl (cc->connection->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* THEIRS: its ends of the sockets. */
static int
start (struct child_command *cc, char *const argv[], int theirs[2])
{
  for (int i = 0; i < 2; i++) {
    int pair[2];

    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
      return -1;
    cc->sockets[i] = pair[0];
    theirs[i] = pair[1];
    if (watch (cc, pair[0], EPOLLIN | EPOLLRDHUP | EPOLLET
                            | (i == REMOTE_STDOUT ? EPOLLOUT : 0)) == -1)
      return -1;
  }
  const int fds[3] = { theirs[0], theirs[0], theirs[1] };
  const pid_t pid = child_process_start (argv, fds, CHILD_APART);

  if (pid == -1)
    return -1;
  cc->pid = pid;
  /* Without it, the end is noticed a little later. */
  cc->process = (int) syscall (SYS_pidfd_open, pid, 0);
  return cc->process >= 0 ? watch (cc, cc->process, EPOLLIN | EPOLLET) : 0;
}

struct remote_command *
child_command_start (struct child_connection *c, char *const argv[])
{
  struct child_command *cc = calloc (1, sizeof *cc);
  int theirs[2] = { -1, -1 }, result;

  if (!cc) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  cc->head.operations = c->head.operations;
  cc->head.exit_status = -1;
  cc->connection = c;
  cc->sockets[0] = cc->sockets[1] = cc->process = -1;
  result = start (cc, argv, theirs);
  if (result == -1)
    report_error (ERROR_SYSTEM_FAILED,
                  "cannot start %s: %s", argv[0], strerror (errno));
  for (int i = 0; i < 2; i++)
    if (theirs[i] >= 0)
      close (theirs[i]);
  if (result == 0)
    return &cc->head;
  child_command_free (&cc->head);
  return NULL;
}

static void
note_end (struct child_command *cc)
{
  int status;
  pid_t ended = cc->pid ? waitpid (cc->pid, &status, WNOHANG) : 0;

  if (ended == 0 || (ended == -1 && errno == EINTR))
    return;
  cc->pid = 0;
  cc->connection->arrivals++;
  if (ended > 0 && WIFEXITED (status)
      && WEXITSTATUS (status) != cc->connection->lost_status)
    cc->head.exit_status = WEXITSTATUS (status);
}

/* As when a channel is closed: the command finds its descriptors closed.  What it
 * still has to put in order is not cut short. */
static void
leave (struct child_command *cc)
{
  const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

  note_end (cc);
  if (cc->pid == 0)
    return;
  kill (cc->pid, SIGTERM);
  for (int i = 0; i < LEAVE_SECONDS * 100 && cc->pid; i++) {
    nanosleep (&pause, NULL);
    note_end (cc);
  }
}

void
child_command_free (struct remote_command *rc)
{
  struct child_command *cc = (struct child_command *) rc;
  int *const fds[] = { &cc->sockets[0], &cc->sockets[1], &cc->process };

  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (*fds[i] >= 0)
      close (*fds[i]);
  leave (cc);
  free (cc);
}

/* -- While it runs --------------------------------------------------------- */

enum remote_command_state
child_command_step (struct remote_command *rc)
{
  struct child_command *cc = (struct child_command *) rc;

  note_end (cc);
  return cc->pid == 0 && cc->ended[0] && cc->ended[1] ? REMOTE_ENDED
                                                      : REMOTE_RUNNING;
}

size_t
child_command_read (struct remote_command *rc, enum remote_stream stream,
                    void *buf, size_t size)
{
  struct child_command *cc = (struct child_command *) rc;
  ssize_t n;

  if (cc->ended[stream] || size == 0)
    return 0;
  do
    n = recv (cc->sockets[stream], buf, size, MSG_DONTWAIT);
  while (n == -1 && errno == EINTR);
  if (n == -1 && errno == EAGAIN)
    return 0;
  cc->connection->arrivals++;
  if (n > 0)
    return (size_t) n;
  /* ECONNRESET: it has not read everything, which is its affair. */
  cc->ended[stream] = true;
  return 0;
}

bool
child_command_eof (struct remote_command *rc, enum remote_stream stream)
{
  return ((struct child_command *) rc)->ended[stream];
}

size_t
child_command_writable (struct remote_command *rc)
{
  const struct child_command *cc = (struct child_command *) rc;

  return cc->full || cc->eof_sent || cc->ended[REMOTE_STDOUT] ? 0 : WRITE_MAX;
}

ssize_t
child_command_write (struct remote_command *rc, const void *buf, size_t size)
{
  struct child_command *cc = (struct child_command *) rc;
  ssize_t n;

  if (cc->ended[REMOTE_STDOUT])
    return -1;
  if (cc->full || cc->eof_sent || size == 0)
    return 0;
  do
    n = send (cc->sockets[0], buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n == -1 && errno == EINTR);
  if (n >= 0)
    return n;
  cc->full = errno == EAGAIN;
  return cc->full ? 0 : -1;
}

void
child_command_send_eof (struct remote_command *rc)
{
  struct child_command *cc = (struct child_command *) rc;

  if (!cc->eof_sent)
    shutdown (cc->sockets[0], SHUT_WR);
  cc->eof_sent = true;
}
