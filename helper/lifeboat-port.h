/* SPDX-License-Identifier: MIT */
/* The port that the lifeboat answers on: one of its own, or the sockets that the
 * board's ssh daemon listens on, while that daemon is stopped. */

#ifndef FLASH_HELPER_LIFEBOAT_PORT_H
#define FLASH_HELPER_LIFEBOAT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lifeboat.h"

#define LIFEBOAT_PORT_GUARD_NAME "flash-port"   /* of the guard's process */

struct lifeboat_port
{
  int sockets[LIFEBOAT_POLLS];  /* listening, nonblocking, close-on-exec */
  size_t nr;
  /* Of the board's daemon: what was blocking before, the process that is
   * stopped (-1: none), and who wakes it when this process dies. */
  bool blocking[LIFEBOAT_POLLS];
  int stopped;
  pid_t guard;
  int guard_pipe;
};

/* Listen on PORT, for IPv6 and IPv4.  0, or -1 with a sentence in TEXT. */
int lifeboat_port_listen (struct lifeboat_port *port, unsigned number,
                          char *text, size_t size);

/* Copy the sockets of the process that runs EXE and listens (PREFERRED, where
 * several do), by pidfd_getfd(2).  Nothing is stopped yet.  0, or -1 with a
 * sentence in TEXT. */
int lifeboat_port_copy (struct lifeboat_port *port, const char *exe,
                        pid_t preferred, char *text, size_t size);

/* Stop that process; from here on its sockets are ours.  A guard, a child of this
 * process, wakes it when this process dies.  0, or -1 with a sentence in TEXT. */
int lifeboat_port_stop_board (struct lifeboat_port *port, char *text,
                              size_t size);

/* Close everything; the board's daemon goes on.  Also for one that is half taken;
 * all of it must have been set by one of the first two. */
void lifeboat_port_give_back (struct lifeboat_port *port);

#endif
