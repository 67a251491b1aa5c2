/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

static int
check_peer (int fd)
{
  struct ucred peer;
  socklen_t len = sizeof peer;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
    return -1;
  if (peer.uid != 0) {
    errno = EPERM;
    return -1;
  }
  return 0;
}

struct connection *
connection_new (int fd, int64_t now)
{
  struct connection *connection = NULL;

  if (check_peer (fd) == 0)
    connection = calloc (1, sizeof *connection);
  if (!connection) {
    const int saved_errno = errno;

    close (fd);
    errno = saved_errno;
    return NULL;
  }
  connection->fd = fd;
  connection->wants = WANTS_TO_SPEAK;
  connection->since = now;
  return connection;
}

void
connection_close (struct connection *connection)
{
  if (!connection)
    return;
  while (connection->nr_fds > 0)
    close (connection->fds[--connection->nr_fds]);
  if (connection->fd >= 0)
    close (connection->fd);
  free (connection);
}

/* Descriptors come once, with one of the pieces of the line. */
static int
keep_descriptors (struct connection *connection, const int *fds, size_t nr_fds)
{
  if (nr_fds > 0 && connection->nr_fds > 0) {
    while (nr_fds > 0)
      close (fds[--nr_fds]);
    return -1;
  }
  for (size_t i = 0; i < nr_fds; i++)
    connection->fds[connection->nr_fds++] = fds[i];
  return 0;
}

int
connection_receive (struct connection *connection)
{
  const size_t room = sizeof connection->line - connection->len;
  int fds[FD_PASSING_MAX];
  size_t nr_fds;
  ssize_t r = fd_passing_receive (connection->fd,
                                  connection->line + connection->len, room,
                                  fds, &nr_fds);

  if (r == -1)
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
  if (keep_descriptors (connection, fds, nr_fds) == -1)
    return -1;
  if (r == 0 || connection->wants != WANTS_TO_SPEAK)
    return -1;                  /* hung up, or talks out of turn */
  connection->len += (size_t) r;
  char *newline = memchr (connection->line, '\n', connection->len);
  if (newline) {
    *newline = '\0';
    return 1;
  }
  return connection->len == sizeof connection->line ? -1 : 0;
}

void
connection_answer (struct connection *connection, const char *text)
{
  if (send (connection->fd, text, strlen (text), MSG_DONTWAIT | MSG_NOSIGNAL)
      == -1)
    return;                     /* the close tells it the same */
}
