/* SPDX-License-Identifier: MIT */
/* A session process that takes the place of one that died: what that one knew.
 *
 * The records tell the state.  The journal tells whether writing has begun,
 * even where the record of it was never read, or is forgotten.  flash.sh holds
 * the lifeboat before each write, and nobody takes it back from there. */
#include <config.h>

#include <stdio.h>

#include "journal.h"
#include "session-process.h"

/* The port first: from the death of the other on, nobody could log in. */
static void
restore_lifeboat (struct session *session)
{
  const bool made = session_make_lifeboat (session) == 0;
  char text[256] = "", note[300];

  session->lifeboat_proven = session->started_writing;
  if (!session->started_writing
      || (made
          && lifeboat_take (session->lifeboat, true, text, sizeof text) == 0))
    return;
  snprintf (note, sizeof note, "the lifeboat is lost: %s", text);
  session_say (session, "note", "text", note, NULL);
}

void
session_restore (struct session *session)
{
  session->started_writing = journal_is_begun ("/journal");
  session_replay (session);
  if (session->started_writing
      && (session->state == SESSION_PREPARING
          || session->state == SESSION_READY))
    session->state = SESSION_WRITING;
  session->go = session->started_writing && session->state != SESSION_STOPPED;
  if (session_file_says (session->file, "lifeboat", "yes"))
    restore_lifeboat (session);
}
