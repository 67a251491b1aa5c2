/* SPDX-License-Identifier: MIT */
/* What a child that decodes foreign bytes, or speaks to a foreign server, can never
 * do again: gain privileges, leave a core dump, start a program once it serves, look
 * into other processes, change mounts, load code into the kernel, open sockets that
 * it does not need.  By no_new_privs, a limit and a seccomp filter. */

#ifndef FLASH_CONFINEMENT_H
#define FLASH_CONFINEMENT_H

enum confinement
{
  CONFINED_LOCAL,               /* unix sockets only */
  CONFINED_NETWORK              /* and the Internet's */
};

/* In the child, once it is forked: confine it and all that it becomes.  What decides
 * about its next programs goes through CHANNEL, a unix socket.  A kernel without such
 * filters gives the rest of it.  0, or -1 with errno. */
int confinement_enter (enum confinement kind, int channel);

/* In the parent: the descriptor that decides, from the other end of CHANNEL, once the
 * child has entered.  -1: there is no filter, or no child any more.  While it is
 * open every program waits for confinement_allow_exec; after its close none starts
 * (ENOSYS). */
int confinement_take_gate (int channel);

/* Let the programs start that the child becomes, until FD can be read (-1: none) or
 * TIMEOUT ms have passed.  GATE may be -1: only the waiting then. */
void confinement_allow_exec (int gate, int fd, int timeout);

#endif
