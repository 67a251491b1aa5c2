/* SPDX-License-Identifier: MIT */
/* A tunnel: one SSH channel that carries one NBD connection.  The session
 * process owns the attached channel and lends it out, once. */

#ifndef FLASH_HELPER_TUNNEL_H
#define FLASH_HELPER_TUNNEL_H

struct tunnel
{
  int in;                       /* from the client's NBD server */
  int out;                      /* to the client's NBD server */
  int control;                  /* open as long as the tunnel is in use */
};

#define TUNNEL_NONE { -1, -1, -1 }

/* Wait until the session has an unused attached channel, and take it.  All
 * descriptors are blocking and close-on-exec.  0, or -1 when the session is
 * over or does not answer (errno set, nothing reported: in an aborted session
 * that is no error). */
int tunnel_take (struct tunnel *t);

/* Close the three descriptors: the channel is used up.  A tunnel that was never
 * taken (TUNNEL_NONE) is allowed, and so is a second call. */
void tunnel_give_back (struct tunnel *t);

#endif
