/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "history.h"

/* A whole history and much more. */
#define QUEUE_MAX (HISTORY_MAX + 80 * 1024)

struct channel
{
  int in, out, status, control;
  int64_t stuck_since;          /* 0: not stuck */
  size_t len;
  char queue[QUEUE_MAX];
};

struct channel *
channel_new (const int fds[3], int control)
{
  struct channel *channel = calloc (1, sizeof *channel);

  if (!channel) {
    for (size_t i = 0; i < 3; i++)
      close (fds[i]);
    close (control);
    return NULL;
  }
  channel->in = fds[0];
  channel->out = fds[1];
  channel->status = fds[2];
  channel->control = control;
  return channel;
}

void
channel_close (struct channel *channel)
{
  if (!channel)
    return;
  close (channel->in);
  close (channel->out);
  close (channel->status);
  close (channel->control);
  free (channel);
}

int
channel_in (const struct channel *channel)
{
  return channel->in;
}

int
channel_out (const struct channel *channel)
{
  return channel->out;
}

int
channel_status (const struct channel *channel)
{
  return channel->status;
}

int
channel_control (const struct channel *channel)
{
  return channel->control;
}

/* One write that does not block.  The descriptor is shared with `attach` and
 * maybe with the NBD directions, so its flags are left alone: a socket takes
 * MSG_DONTWAIT, and a pipe that is ready takes PIPE_BUF bytes at once. */
static ssize_t
write_now (int fd, const char *buf, size_t len)
{
  ssize_t r = send (fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (r >= 0 || errno != ENOTSOCK)
    return r;
  struct pollfd ready = { .fd = fd, .events = POLLOUT };
  if (poll (&ready, 1, 0) <= 0) {
    errno = EAGAIN;
    return -1;
  }
  return write (fd, buf, len < PIPE_BUF ? len : PIPE_BUF);
}

int
channel_flush (struct channel *channel)
{
  while (channel->len > 0) {
    ssize_t r = write_now (channel->status, channel->queue, channel->len);

    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    channel->len -= (size_t) r;
    memmove (channel->queue, channel->queue + r, channel->len);
    channel->stuck_since = 0;
  }
  return 0;
}

int
channel_send (struct channel *channel, const char *line, size_t len)
{
  if (channel_flush (channel) == -1)
    return -1;
  if (len > QUEUE_MAX - channel->len) {
    errno = ENOBUFS;
    return -1;
  }
  memcpy (channel->queue + channel->len, line, len);
  channel->len += len;
  return channel_flush (channel);
}

bool
channel_is_behind (const struct channel *channel)
{
  return channel->len > 0;
}

int64_t
channel_stuck_for (struct channel *channel, int64_t now)
{
  if (channel->len == 0)
    return 0;
  if (channel->stuck_since == 0)
    channel->stuck_since = now;
  return now - channel->stuck_since;
}

/* The NBD directions tell nothing: they end with the NBD connection. */
bool
channel_is_hung_up (const struct channel *channel)
{
  struct pollfd ends[] = {
    { .fd = channel->status }, { .fd = channel->control },
  };

  if (poll (ends, 2, 0) <= 0)
    return false;
  for (size_t i = 0; i < 2; i++)
    if (ends[i].revents & (POLLERR | POLLHUP | POLLNVAL))
      return true;
  return false;
}
