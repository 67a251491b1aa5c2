/* SPDX-License-Identifier: MIT */
/* Getting back to a session on the board after the connection was lost. */

#ifndef FLASH_RECONNECT_H
#define FLASH_RECONNECT_H

#include "flash-job.h"

enum reconnect_outcome
{
  RECONNECT_BACK,               /* job->connection leads to the session again */
  RECONNECT_GONE,               /* the board answers: the session is not there */
  RECONNECT_NEW_HOST_KEY,       /* with another host key, and no session known */
  RECONNECT_UNPROVEN,           /* it is there, but its lifeboat is not (reported):
                                 * nothing was written */
  RECONNECT_INTERRUPTED         /* more interrupts than before */
};

struct reconnect_wish
{
  const char *reason;           /* why the connection was lost */
  unsigned interrupts;          /* that were answered already */
  bool written;                 /* the board may have begun to write */
  bool may_have_rebooted;       /* into a system with another host key */
};

/* Try again for ever, with pauses that grow up to half a minute.
 * job->connection was closed by the caller; it stays NULL unless the outcome is
 * RECONNECT_BACK or RECONNECT_UNPROVEN. */
enum reconnect_outcome reconnect (struct flash_job *job,
                                  const struct reconnect_wish *wish);

#endif
