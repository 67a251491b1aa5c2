/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd-passing.h"

/* Room for more than we take, so that a surplus arrives here and is closed. */
#define FD_ROOM 16

union control_buffer
{
  char bytes[CMSG_SPACE (FD_ROOM * sizeof (int))];
  struct cmsghdr aligned;
};

int
fd_passing_send (int sock, const char *text, size_t len,
                 const int *fds, size_t nr_fds)
{
  union control_buffer control;
  struct iovec iov = { .iov_base = (char *) text, .iov_len = len };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
  ssize_t r;

  memset (&control, 0, sizeof control);
  message.msg_control = control.bytes;
  message.msg_controllen = CMSG_SPACE (nr_fds * sizeof (int));
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (nr_fds * sizeof (int));
  memcpy (CMSG_DATA (header), fds, nr_fds * sizeof (int));

  do
    r = sendmsg (sock, &message, MSG_NOSIGNAL);
  while (r == -1 && errno == EINTR);
  if (r == -1)
    return -1;
  if ((size_t) r != len) {
    errno = EMSGSIZE;
    return -1;
  }
  return 0;
}

static void
take_descriptors (struct cmsghdr *header, int fds[FD_PASSING_MAX],
                  size_t *nr_fds)
{
  const size_t count = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);

  for (size_t i = 0; i < count; i++) {
    int fd;

    memcpy (&fd, CMSG_DATA (header) + i * sizeof (int), sizeof fd);
    if (*nr_fds < FD_PASSING_MAX)
      fds[(*nr_fds)++] = fd;
    else
      close (fd);
  }
}

ssize_t
fd_passing_receive (int sock, char *buf, size_t size,
                    int fds[FD_PASSING_MAX], size_t *nr_fds)
{
  union control_buffer control;
  struct iovec iov = { .iov_base = buf, .iov_len = size };
  struct msghdr message = {
    .msg_iov = &iov,
    .msg_iovlen = 1,
    .msg_control = control.bytes,
    .msg_controllen = sizeof control.bytes,
  };
  ssize_t r;

  *nr_fds = 0;
  do
    r = recvmsg (sock, &message, MSG_CMSG_CLOEXEC);
  while (r == -1 && errno == EINTR);
  if (r == -1)
    return -1;

  for (struct cmsghdr *header = CMSG_FIRSTHDR (&message); header;
       header = CMSG_NXTHDR (&message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
      take_descriptors (header, fds, nr_fds);
  return r;
}
