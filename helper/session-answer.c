/* SPDX-License-Identifier: MIT */
/* The session's socket (docs/protocol.md, section 4): who asks for what. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session-process.h"

#define SPEAK_TIMEOUT 10000     /* milliseconds for a line to arrive */
/* Milliseconds.  What has left here is given so long to leave the board. */
#define HEARD_DELAY 2000
#define HEARD_TIMEOUT 5000
#define STUCK_TIMEOUT 10000     /* then a channel counts as broken */
#define SILENCE_TIMEOUT 60000   /* the same, for one that is to bring data */

static struct connection **
free_slot (struct session *session)
{
  const int64_t now = session_now ();

  for (size_t i = 0; i < SESSION_CONNECTIONS; i++)
    if (!session->connections[i])
      return &session->connections[i];
  for (size_t i = 0; i < SESSION_CONNECTIONS; i++)
    if (session->connections[i]->wants == WANTS_TO_SPEAK
        && now - session->connections[i]->since > SPEAK_TIMEOUT) {
      session_close_connection (session, &session->connections[i]);
      return &session->connections[i];
    }
  return NULL;
}

void
session_accept (struct session *session)
{
  const int fd = accept4 (session->listener, NULL, NULL,
                          SOCK_NONBLOCK | SOCK_CLOEXEC);
  struct connection **slot;

  if (fd == -1)
    return;                     /* gone before we came to it */
  slot = free_slot (session);
  if (slot)
    *slot = connection_new (fd, session_now ());
  else
    close (fd);
}

void
session_close_connection (struct session *session, struct connection **slot)
{
  if (session->holder == *slot)
    session->holder = NULL;
  connection_close (*slot);
  *slot = NULL;
}

static void
want (struct connection *connection, enum connection_wants wants)
{
  connection->wants = wants;
  connection->since = session_now ();
}

/* A channel that works is not taken from its client; one that is broken is. */
static bool
is_occupied (struct session *session)
{
  const int64_t now = session_now ();

  if (!session->channel || channel_is_hung_up (session->channel))
    return false;
  if (session->holder && now - session->last_activity > SILENCE_TIMEOUT)
    return false;
  return channel_stuck_for (session->channel, now) < STUCK_TIMEOUT;
}

/* The client may have gone without a word, as when its machine lost its power:
 * what is sent to it now tells sshd, and the next attempt succeeds. */
static void
wake_channel (struct session *session)
{
  static const char *const fields[] = {
    "text", "another client wanted to attach", NULL
  };
  char line[STATUS_RECORD_MAX + 1];
  size_t len = status_format (line, "note", fields);

  if (channel_send (session->channel, line, len) == -1)
    session_lose_channel (session);
}

/* Turn the connection into the channel's control; its slot becomes free. */
static void
attach (struct session *session, struct connection **slot)
{
  struct connection *connection = *slot;

  if (connection->nr_fds != 3) {
    session_close_connection (session, slot);
    return;
  }
  if (is_occupied (session)) {
    connection_answer (connection, "refused: a client is attached already\n");
    session_close_connection (session, slot);
    wake_channel (session);
    return;
  }
  channel_close (session->channel);
  session->channel = channel_new (connection->fds, connection->fd);
  connection->nr_fds = 0;
  connection->fd = -1;
  session_close_connection (session, slot);
  session->channel_used = false;
  session->holder = NULL;
  session->expects_channel = false;
  session->channel_since = session->last_activity = session_now ();
  if (session->channel)
    session_greet (session);
}

static const char *
refuse_go (const struct session *session, const struct connection *connection,
           const char *id)
{
  if (!session_file_says (session->file, "session", id))
    return "error this is another session\n";
  if (session->go)
    return NULL;
  if ((session->state != SESSION_READY && session->state != SESSION_STOPPED)
      || session->aborting || session->undoing)
    return "error the session is not ready\n";
  if (session_file_says (session->file, "mode", "stream")
      && (!session->channel || session->channel_used))
    return "error no unused channel is attached\n";
  return session_refuse_outside (session, connection);
}

static void
answer_go (struct session *session, struct connection *connection,
           const char *id)
{
  const char *refusal = refuse_go (session, connection, id);

  if (!refusal && !session->go) {
    session->go = true;
    session->restarts = 0;
    session->phase[0] = '\0';   /* what is tried again is said again */
    session->last_activity = session_now ();
  }
  connection_answer (connection, refusal ? refusal : "ok\n");
}

/* A session that stays, after its end or stopped, may be sent away, unless the
 * board runs from the disk that it wrote. */
static void
answer_abort (struct session *session, struct connection *connection,
              const char *id)
{
  const bool stays = session->state == SESSION_STOPPED
                     || (session->ended && session->script == 0);

  if (!session_file_says (session->file, "session", id))
    connection_answer (connection, "error this is another session\n");
  else if (session_is_revocable (session)) {
    connection_answer (connection, "ok\n");
    session_abort (session, NULL);
  }
  else if (stays && session_file_says (session->file, "root-disk", "no")) {
    connection_answer (connection, "ok\n");
    session_abandon (session);
  }
  else
    connection_answer (connection, "error the disk is being overwritten or"
                       " already is: too late to abort\n");
}

static void
answer_abandon (struct session *session, struct connection *connection,
                const char *id)
{
  if (!session_file_says (session->file, "session", id)) {
    connection_answer (connection, "error this is another session\n");
    return;
  }
  connection_answer (connection, "ok\n");
  if (session_is_revocable (session))
    session_abort (session, NULL);
  else if (session->started_writing)
    session_abandon (session);
}

static void
answer_status (struct session *session, struct connection *connection)
{
  const struct session_file *file = session->file;
  char done[24], total[24], line[STATUS_RECORD_MAX + 1];

  snprintf (done, sizeof done, "%llu", (unsigned long long) session->done);
  snprintf (total, sizeof total, "%llu", (unsigned long long) session->total);
  const char *fields[] = {
    "session", session_file_get (file, "session"),
    "state", session_state_name (session->state),
    "attached", session->channel ? "yes" : "no",
    "mode", session_file_get (file, "mode"),
    "target", session_file_get (file, "target"),
    "target-name", session_file_get (file, "target-name"),
    "target-size", session_file_get (file, "target-size"),
    "root-disk", session_file_get (file, "root-disk"),
    "reboot", session_file_get (file, "reboot"),
    "image", session_file_get (file, "image"),
    "format", session_file_get (file, "format"),
    "stored-size", session_file_get (file, "stored-size"),
    "disk-size", session_file_get (file, "disk-size"),
    "stored-digest", session_file_get (file, "stored-digest"),
    "verify", session_file_get (file, "verify"),
    "patch", session_file_get (file, "patch"),
    "patch-options", session_file_get (file, "patch-options"),
    "lifeboat", session_lifeboat_state (session),
    "phase", session->phase,
    "done", done, "total", total,
    NULL
  };
  status_format (line, "session", fields);
  connection_answer (connection, line);
}

/* The connection's line is complete. */
static void
answer (struct session *session, struct connection **slot)
{
  struct connection *connection = *slot;
  char *argument = strchr (connection->line, ' ');

  if (argument)
    *argument++ = '\0';
  const char *id = argument ? argument : "";
  const char *verb = connection->line;

  if (strcmp (verb, "attach") == 0) {
    attach (session, slot);
    return;
  }
  if (strcmp (verb, "tunnel") == 0) {
    want (connection, WANTS_TUNNEL);
    return;
  }
  if (strcmp (verb, "wait-for-go") == 0) {
    want (connection, WANTS_GO);
    return;
  }
  if (strcmp (verb, "wait-until-heard") == 0) {
    want (connection, WANTS_HEARD);
    return;
  }
  if (strcmp (verb, "go") == 0)
    answer_go (session, connection, id);
  else if (strncmp (verb, "lifeboat-", 9) == 0)
    session_answer_lifeboat (session, connection, verb, id);
  else if (strcmp (verb, "abort") == 0)
    answer_abort (session, connection, id);
  else if (strcmp (verb, "abandon") == 0)
    answer_abandon (session, connection, id);
  else if (strcmp (verb, "status") == 0)
    answer_status (session, connection);
  else
    connection_answer (connection, "error no such request\n");
  session_close_connection (session, slot);
}

void
session_hear (struct session *session, struct connection **slot)
{
  int r = connection_receive (*slot);

  if (r == 1)
    answer (session, slot);
  else if (r == -1)
    session_close_connection (session, slot);
}

/* Lend the channel to the first who waits; a used one makes room for another. */
static void
serve_tunnel (struct session *session, struct connection *connection)
{
  if (!session->channel || session->holder)
    return;
  if (session->channel_used) {
    session_dismiss_channel (session);
    return;
  }
  const int fds[2] = {
    channel_in (session->channel), channel_out (session->channel)
  };
  if (fd_passing_send (connection->fd, "ok\n", 3, fds, 2) == -1)
    return;                     /* it hung up; poll tells */
  session->channel_used = true;
  session->holder = connection;
  want (connection, HOLDS_TUNNEL);
}

/* Nobody listens any more, or all was said a while ago.  The client does not hang
 * up first: an sshd that ends a connection looks files up on the old root. */
static bool
is_heard (const struct session *session, int64_t waited)
{
  return !session->channel || waited > HEARD_TIMEOUT
         || (waited > HEARD_DELAY && !channel_is_behind (session->channel));
}

void
session_serve_waiting (struct session *session)
{
  for (size_t i = 0; i < SESSION_CONNECTIONS; i++) {
    struct connection **slot = &session->connections[i];

    if (!*slot)
      continue;
    if ((*slot)->wants == WANTS_TUNNEL)
      serve_tunnel (session, *slot);
    else if ((*slot)->wants == WANTS_GO && (session->go || session->aborting)) {
      if (!session->aborting)
        connection_answer (*slot, "go\n");
      session_close_connection (session, slot);
    }
    else if ((*slot)->wants == WANTS_HEARD
             && is_heard (session, session_now () - (*slot)->since)) {
      connection_answer (*slot, "ok\n");
      session_close_connection (session, slot);
    }
  }
}
