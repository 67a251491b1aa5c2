/* SPDX-License-Identifier: MIT */
/* A connection to the session's socket: first one line, perhaps with
 * descriptors, then a wait for what it asked. */

#ifndef FLASH_HELPER_CONNECTION_H
#define FLASH_HELPER_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "fd-passing.h"

enum connection_wants
{
  WANTS_TO_SPEAK,               /* its line is not complete */
  WANTS_TUNNEL,
  HOLDS_TUNNEL,
  WANTS_GO,
  WANTS_HEARD,
};

struct connection
{
  int fd;
  enum connection_wants wants;
  int64_t since;                /* milliseconds, when it came to want that */
  char line[160];
  size_t len;
  int fds[FD_PASSING_MAX];
  size_t nr_fds;
};

/* Take FD (nonblocking) over.  NULL with errno: FD is closed then, as it is when
 * the peer is not root (EPERM). */
struct connection *connection_new (int fd, int64_t now);
void connection_close (struct connection *connection);  /* NULL is allowed */

/* Receive what is there.  1: the line is complete (its newline is cut off);
 * 0: not yet; -1: the peer hung up or does not keep to the protocol. */
int connection_receive (struct connection *connection);

/* Answer with TEXT, best effort: a peer that does not listen is its own loss. */
void connection_answer (struct connection *connection, const char *text);

#endif
