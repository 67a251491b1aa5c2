/* SPDX-License-Identifier: MIT */
/* What connections ask of the lifeboat (docs/protocol.md, "The lifeboat"). */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "session-process.h"

int
session_make_lifeboat (struct session *session)
{
  if (!session_file_says (session->file, "lifeboat", "yes"))
    return 0;
  session->lifeboat = lifeboat_new (
    (unsigned) session_file_number (session->file, "lifeboat-port"));
  return session->lifeboat ? 0 : -1;
}

/* Whether the process at the other end of SOCK runs in the RAM root. */
static bool
is_inside (int sock)
{
  struct ucred peer;
  socklen_t len = sizeof peer;

  return getsockopt (sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0
         && lifeboat_has (peer.pid);
}

static void
take_port (struct session *session, struct connection *connection, bool hold)
{
  char text[256], line[300] = "ok\n";

  if (lifeboat_take (session->lifeboat, hold, text, sizeof text) == -1)
    snprintf (line, sizeof line, "error %s\n", text);
  connection_answer (connection, line);
}

/* Only the second connection, through the lifeboat, can say that it works. */
static void
prove_lifeboat (struct session *session, struct connection *connection)
{
  if (!is_inside (connection->fd)) {
    connection_answer (connection, "error this did not come through the"
                       " lifeboat\n");
    return;
  }
  session->lifeboat_proven = true;
  if (lifeboat_get_state (session->lifeboat) == LIFEBOAT_OPEN)
    lifeboat_give_back (session->lifeboat);
  connection_answer (connection, "ok\n");
}

/* VERB begins with "lifeboat-"; open and close are the client's, hold and release
 * are flash.sh's. */
void
session_answer_lifeboat (struct session *session,
                         struct connection *connection, const char *verb,
                         const char *id)
{
  const bool opens = strcmp (verb, "lifeboat-open") == 0;
  const bool closes = strcmp (verb, "lifeboat-close") == 0;

  if (!session->lifeboat)
    connection_answer (connection, "error this session has no lifeboat\n");
  else if ((opens || closes)
           && !session_file_says (session->file, "session", id))
    connection_answer (connection, "error this is another session\n");
  else if (opens)
    take_port (session, connection, false);
  else if (closes)
    prove_lifeboat (session, connection);
  else if (!is_inside (connection->fd))
    connection_answer (connection, "error only the session itself may\n");
  else if (strcmp (verb, "lifeboat-hold") == 0)
    take_port (session, connection, true);
  else if (strcmp (verb, "lifeboat-release") == 0) {
    lifeboat_give_back (session->lifeboat);
    connection_answer (connection, "ok\n");
  }
  else
    connection_answer (connection, "error no such request\n");
}

/* Once the disk is written, only what came through the lifeboat lives on. */
const char *
session_refuse_outside (const struct session *session,
                        const struct connection *connection)
{
  if (!session->lifeboat)
    return NULL;
  if (!session->lifeboat_proven)
    return "error nobody has come in through the lifeboat yet\n";
  if (!is_inside (connection->fd))
    return "error go did not come through the lifeboat\n";
  if (session_file_says (session->file, "mode", "stream") && session->channel
      && !is_inside (channel_control (session->channel)))
    return "error the attached channel did not come through the lifeboat\n";
  return NULL;
}

const char *
session_lifeboat_state (const struct session *session)
{
  static const char *const words[] = {
    [LIFEBOAT_CLOSED] = "closed", [LIFEBOAT_OPEN] = "open",
    [LIFEBOAT_HELD] = "held",
  };

  return session->lifeboat ? words[lifeboat_get_state (session->lifeboat)]
                           : "no";
}
