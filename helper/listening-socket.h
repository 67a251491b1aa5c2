/* SPDX-License-Identifier: MIT */
/* Tells a daemon that answers new connections from the process that serves one. */

#ifndef FLASH_HELPER_LISTENING_SOCKET_H
#define FLASH_HELPER_LISTENING_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether PID holds a TCP socket that listens, by /proc/PID/net/tcp and tcp6
 * (proc(5): state 0A) and /proc/PID/fd.  False when it cannot be told. */
bool listening_socket_of (pid_t pid);

#endif
