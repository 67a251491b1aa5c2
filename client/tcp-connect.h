/* SPDX-License-Identifier: MIT */
/* A TCP connection to the first address of a host that answers.  (libssh tries
 * only the first address.) */

#ifndef FLASH_TCP_CONNECT_H
#define FLASH_TCP_CONNECT_H

/* FAMILY: AF_UNSPEC or one.  BIND_ADDRESS may be NULL.  The timeout, in seconds,
 * covers all addresses.  Returns the socket, blocking, or -1 after a report. */
int tcp_connect (const char *host, unsigned port, int family,
                 const char *bind_address, unsigned timeout);

/* Make the kernel give a silent peer up after SECONDS.  Not a TCP socket: no
 * effect. */
void tcp_detect_dead_peer (int fd, unsigned seconds);

#endif
