/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nbd-connection.h"

int
(nbd_fail) (struct nbd_connection *c, int error, const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  vsnprintf (c->failure, sizeof c->failure, fmt, args);
  va_end (args);
  errno = error;
  return -1;
}

/* A channel's descriptor may have been left non-blocking by whoever made it. */
static void
wait_for (int fd, short events)
{
  struct pollfd p = { .fd = fd, .events = events };

  poll (&p, 1, -1);
}

static int
lost (struct nbd_connection *c, const char *doing)
{
  return nbd_fail (c, EPIPE, "the tunnel broke while %s: %s", doing,
                   strerror (errno));
}

int
nbd_send (struct nbd_connection *c, const void *buf, size_t len)
{
  size_t done = 0;

  while (done < len) {
    ssize_t r = write (c->out, (const char *) buf + done, len - done);
    if (r == -1 && errno == EAGAIN)
      wait_for (c->out, POLLOUT);
    else if (r == -1 && errno != EINTR)
      return lost (c, "sending");
    else if (r > 0)
      done += (size_t) r;
  }
  return 0;
}

static int
receive (struct nbd_connection *c, void *buf, size_t len, uint64_t *count)
{
  size_t done = 0;

  while (done < len) {
    ssize_t r = read (c->in, (char *) buf + done, len - done);
    if (r == -1 && errno == EAGAIN)
      wait_for (c->in, POLLIN);
    else if (r == -1 && errno != EINTR)
      return lost (c, "receiving");
    else if (r == 0)
      return nbd_fail (c, EPIPE, "the image server closed the connection");
    else if (r > 0) {
      done += (size_t) r;
      if (count)
        *count += (uint64_t) r;
    }
  }
  return 0;
}

int
nbd_receive (struct nbd_connection *c, void *buf, size_t len)
{
  return receive (c, buf, len, NULL);
}

int
nbd_receive_data (struct nbd_connection *c, void *buf, size_t len)
{
  return receive (c, buf, len, c->received);
}

int
nbd_skip (struct nbd_connection *c, uint64_t len)
{
  char waste[4096];

  while (len > 0) {
    size_t n = len < sizeof waste ? (size_t) len : sizeof waste;
    if (nbd_receive (c, waste, n) == -1)
      return -1;
    len -= n;
  }
  return 0;
}

int
nbd_receive_text (struct nbd_connection *c, uint32_t len, char *text,
                  size_t size)
{
  size_t n = len < size ? len : size - 1;

  if (nbd_receive (c, text, n) == -1)
    return -1;
  for (size_t i = 0; i < n; i++)
    if (text[i] < ' ' || text[i] > '~')
      text[i] = '?';
  text[n] = '\0';
  return nbd_skip (c, len - n);
}
