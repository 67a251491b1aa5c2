/* SPDX-License-Identifier: MIT */
/* Tells a daemon that answers new connections from the process that serves one. */

#ifndef FLASH_HELPER_LISTENING_SOCKET_H
#define FLASH_HELPER_LISTENING_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether PID holds a TCP socket that listens, by /proc/PID/net/tcp and tcp6
 * (proc(5): state 0A) and /proc/PID/fd.  False when it cannot be told. */
bool listening_socket_of (pid_t pid);

/* The numbers of such descriptors of PID into FDS, MAX at most: how many there
 * are, which may be more than MAX. */
size_t listening_sockets_list (pid_t pid, int fds[], size_t max);

#endif
