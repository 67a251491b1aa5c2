/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "cleanup.h"
#include "fd-passing.h"
#include "file-io.h"
#include "request.h"
#include "tunnel.h"

static const char tunnel_request[] = "tunnel\n";

int
tunnel_take (struct tunnel *t)
{
  CLEANUP_CLOSE int control = request_connect ();
  int fds[FD_PASSING_MAX];
  size_t nr_fds;
  char answer[4];

  if (control == -1
      || full_write (control, tunnel_request, sizeof tunnel_request - 1) == -1)
    return -1;
  ssize_t r = fd_passing_receive (control, answer, sizeof answer, fds, &nr_fds);
  if (r <= 0 || nr_fds != 2) {
    while (r > 0 && nr_fds > 0)
      close (fds[--nr_fds]);
    if (r >= 0)
      errno = EPIPE;
    return -1;
  }
  t->in = fds[0];
  t->out = fds[1];
  t->control = control;
  control = -1;
  return 0;
}

static void
close_descriptor (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* The data descriptors first: when the session sees the control connection
 * close, nothing of ours holds the channel open any more. */
void
tunnel_give_back (struct tunnel *t)
{
  close_descriptor (&t->in);
  close_descriptor (&t->out);
  close_descriptor (&t->control);
}
