/* SPDX-License-Identifier: MIT */
/* File descriptors over a unix socket (SCM_RIGHTS). */

#ifndef FLASH_HELPER_FD_PASSING_H
#define FLASH_HELPER_FD_PASSING_H

#include <stddef.h>
#include <sys/types.h>

#define FD_PASSING_MAX 3

/* Send LEN bytes of TEXT, together with NR_FDS descriptors: 0, or -1 with errno
 * (a short send is EMSGSIZE: texts are a few bytes). */
int fd_passing_send (int sock, const char *text, size_t len,
                     const int *fds, size_t nr_fds);

/* Receive up to SIZE bytes into BUF, and up to FD_PASSING_MAX descriptors
 * (close-on-exec) into FDS; *NR_FDS tells how many.  Surplus ones are closed.
 * Returns like recvmsg; after -1 there are no descriptors. */
ssize_t fd_passing_receive (int sock, char *buf, size_t size,
                            int fds[FD_PASSING_MAX], size_t *nr_fds);

#endif
