/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "host-hint.h"
#include "interrupt.h"
#include "report.h"
#include "tcp-connect.h"

static long
now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
bind_to (int fd, int family, const char *address)
{
  struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found;
  int r;

  if (!address)
    return 0;
  if (getaddrinfo (address, NULL, &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  r = bind (fd, found->ai_addr, found->ai_addrlen);
  freeaddrinfo (found);
  return r;
}

/* Wait until the connect on FD is decided: 0, or -1 with errno.  EINTR: an
 * interrupt has come that the caller is to answer. */
static int
wait_for_connect (int fd, long deadline)
{
  struct pollfd p[2] = {
    { .fd = fd, .events = POLLOUT }, { .fd = interrupt_fd (), .events = POLLIN }
  };
  int error = 0, r;
  socklen_t len = sizeof error;

  do {
    long left = deadline - now_ms ();
    r = poll (p, 2, left > 0 ? (int) left : 0);
  } while (r == -1 && errno == EINTR);
  if (r == -1)
    return -1;
  if (r == 0)
    error = ETIMEDOUT;
  else if (p[0].revents == 0)
    error = EINTR;
  else if (getsockopt (fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
    return -1;
  errno = error;
  return error == 0 ? 0 : -1;
}

/* A connected socket or -1 with errno. */
static int
try_address (const struct addrinfo *a, const char *bind_address, long deadline)
{
  CLEANUP_CLOSE int fd = socket (a->ai_family,
                                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int one = 1, result;

  if (fd == -1 || bind_to (fd, a->ai_family, bind_address) == -1)
    return -1;
  if (connect (fd, a->ai_addr, a->ai_addrlen) == -1
      && (errno != EINPROGRESS || wait_for_connect (fd, deadline) == -1))
    return -1;
  /* Commands are small packets that wait for answers. */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (fcntl (fd, F_SETFL, 0) == -1)
    return -1;
  result = fd;
  fd = -1;
  return result;
}

int
tcp_connect (const char *host, unsigned port, int family,
             const char *bind_address, unsigned timeout)
{
  struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found;
  char service[16];
  long start = now_ms (), share;
  int fd = -1, nr = 0, last_error = 0;

  snprintf (service, sizeof service, "%u", port);
  int r = getaddrinfo (host, service, &hints, &found);
  if (r != 0) {
    report_error (ERROR_HOST_NOT_FOUND, "%s: %s%s", host,
                  r == EAI_SYSTEM ? strerror (errno) : gai_strerror (r),
                  host_hint (host));
    return -1;
  }
  const struct addrinfo *last = found;
  do
    nr++;
  while ((last = last->ai_next) != NULL);
  /* A dead first address must leave time for the second one. */
  share = (long) timeout * 1000 / nr;
  int i = 1;
  for (const struct addrinfo *a = found; a && fd == -1 && last_error != EINTR;
       a = a->ai_next, i++) {
    fd = try_address (a, bind_address, start + share * i);
    if (fd == -1)
      last_error = errno;
  }
  freeaddrinfo (found);
  if (fd == -1)
    report_error (ERROR_HOST_UNREACHABLE,
                  "cannot connect to %s port %u: %s", host, port,
                  last_error == ETIMEDOUT ? "no answer" : strerror (last_error));
  return fd;
}

void
tcp_detect_dead_peer (int fd, unsigned seconds)
{
  int on = 1, idle = (int) seconds / 3, interval = (int) seconds / 6, count = 4;
  unsigned timeout = seconds * 1000;

  /* A proxy command's pipe is no TCP socket: then the proxy looks after it. */
  if (setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == -1)
    return;
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}
