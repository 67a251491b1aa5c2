/* SPDX-License-Identifier: MIT */
/* The guardian: the parent of the session process.  It stands in the RAM root
 * too, and does nothing but wait: nobody speaks to it, and what may crash is in
 * its child.  A session process that dies before it is over is replaced by
 * another one, which goes on from the records and the journal
 * (session-restore.c); five times in a row at most.  Whoever kills the guardian
 * itself leaves the session process unguarded. */

#ifndef FLASH_HELPER_SESSION_GUARDIAN_H
#define FLASH_HELPER_SESSION_GUARDIAN_H

#include "session-process.h"

/* The session process: says on READY, and closes it, when it stands.  Its exit
 * status: 0 when the session is over. */
typedef int (*session_fn) (struct session *session, int ready);

/* Guard RUN, called in a child with SESSION as it is now but for `death'; a
 * byte on STARTED tells that the first one stands.  Returns when the session is
 * over, or given up: the exit status. */
int session_guardian_run (struct session *session, session_fn run, int started);

#endif
