/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <libssh/callbacks.h>

#include "libssh-connection.h"
#include "report.h"

/* dropbear (2022.83 for one) closes a channel that has no command yet when at that
 * moment another channel's command ends.  The answer to the request comes before the
 * close (RFC 4254, section 5.4, and messages stay in order): a channel that is closed
 * without one has started nothing, and another may be opened in its place. */
#define CHANNELS_MAX 5          /* for one command */

struct libssh_channel
{
  struct remote_command head;
  struct board_connection *connection;
  ssh_channel channel;
  char *command;
  enum { OPENING, REQUESTING, RUNNING, REFUSED } stage;
  unsigned channels;            /* so far */
  bool eof_sent;
  bool closed;                  /* by the board */
  /* libssh's own getter waits; these are told as the message comes. */
  struct ssh_channel_callbacks_struct callbacks;
};

static void
take_exit_status (ssh_session session, ssh_channel channel, int status,
                  void *opaque)
{
  struct libssh_channel *lc = opaque;

  (void) session;
  (void) channel;
  lc->head.exit_status = status;
}

static void
take_close (ssh_session session, ssh_channel channel, void *opaque)
{
  struct libssh_channel *lc = opaque;

  (void) session;
  (void) channel;
  lc->closed = true;
}

static int
make_channel (struct libssh_channel *lc)
{
  lc->channel = ssh_channel_new (libssh_connection_session (lc->connection));
  if (!lc->channel)
    return -1;
  lc->channels++;
  lc->closed = false;
  ssh_set_channel_callbacks (lc->channel, &lc->callbacks);
  return 0;
}

static void
free_channel (struct libssh_channel *lc)
{
  if (!lc->channel)
    return;
  ssh_remove_channel_callbacks (lc->channel, &lc->callbacks);
  ssh_channel_free (lc->channel);       /* sends the close */
  lc->channel = NULL;
}

struct remote_command *
libssh_channel_start (struct board_connection *c, const char *command)
{
  struct libssh_channel *lc = calloc (1, sizeof *lc);

  if (lc) {
    lc->head.operations = c->operations;
    lc->connection = c;
    lc->head.exit_status = -1;
    lc->callbacks.userdata = lc;
    lc->callbacks.channel_exit_status_function = take_exit_status;
    lc->callbacks.channel_close_function = take_close;
    ssh_callbacks_init (&lc->callbacks);
    lc->command = strdup (command);
    if (lc->command && make_channel (lc) == 0)
      return &lc->head;
  }
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  libssh_channel_free (lc ? &lc->head : NULL);
  return NULL;
}

void
libssh_channel_free (struct remote_command *rc)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;

  if (!lc)
    return;
  free_channel (lc);
  free (lc->command);
  free (lc);
}

static bool
is_drained (struct libssh_channel *lc)
{
  return ssh_channel_poll (lc->channel, REMOTE_STDOUT) <= 0
         && ssh_channel_poll (lc->channel, REMOTE_STDERR) <= 0;
}

/* Until it runs, is refused, or an answer of the board is awaited. */
static void
bring_up (struct libssh_channel *lc)
{
  while (lc->stage == OPENING || lc->stage == REQUESTING) {
    int r = SSH_OK;

    if (lc->stage == OPENING)
      r = ssh_channel_open_session (lc->channel);
    if (r == SSH_OK) {
      lc->stage = REQUESTING;
      r = lc->closed ? SSH_ERROR
          : ssh_channel_request_exec (lc->channel, lc->command);
    }
    if (r == SSH_AGAIN && !lc->closed)
      return;
    if (r == SSH_OK)
      lc->stage = RUNNING;
    else if (lc->closed && lc->channels < CHANNELS_MAX) {
      free_channel (lc);
      lc->stage = make_channel (lc) == 0 ? OPENING : REFUSED;
    }
    else
      lc->stage = REFUSED;
  }
}

enum remote_command_state
libssh_channel_step (struct remote_command *rc)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;

  bring_up (lc);
  if (lc->stage == REFUSED)
    return REMOTE_REFUSED;
  if (lc->stage != RUNNING)
    return REMOTE_STARTING;
  /* On a lost connection every channel looks closed; that is another matter,
   * which board_connection_service tells. */
  if (lc->closed && is_drained (lc))
    return REMOTE_ENDED;
  return REMOTE_RUNNING;
}

size_t
libssh_channel_read (struct remote_command *rc, enum remote_stream stream,
                     void *buf, size_t size)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;
  int r;

  if (lc->stage != RUNNING)
    return 0;
  r = ssh_channel_poll (lc->channel, stream);
  if (r <= 0)
    return 0;
  if ((size_t) r < size)
    size = (size_t) r;
  r = ssh_channel_read_nonblocking (lc->channel, buf, (uint32_t) size, stream);
  return r > 0 ? (size_t) r : 0;
}

bool
libssh_channel_eof (struct remote_command *rc, enum remote_stream stream)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;

  return lc->stage == RUNNING && ssh_channel_poll (lc->channel, stream) <= 0
         && (ssh_channel_is_eof (lc->channel) || lc->closed);
}

size_t
libssh_channel_writable (struct remote_command *rc)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;

  if (lc->stage != RUNNING || lc->eof_sent || lc->closed
      || !libssh_connection_is_drained (lc->connection))
    return 0;
  return ssh_channel_window_size (lc->channel);
}

ssize_t
libssh_channel_write (struct remote_command *rc, const void *buf, size_t size)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;
  size_t room = libssh_channel_writable (rc);
  int r;

  if (size > room)
    size = room;
  if (size == 0)
    return lc->closed ? -1 : 0;
  r = ssh_channel_write (lc->channel, buf, (uint32_t) size);
  return r < 0 ? -1 : r;
}

void
libssh_channel_send_eof (struct remote_command *rc)
{
  struct libssh_channel *lc = (struct libssh_channel *) rc;

  if (lc->stage == RUNNING && !lc->eof_sent && !lc->closed)
    ssh_channel_send_eof (lc->channel);
  lc->eof_sent = true;
}
