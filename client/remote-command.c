/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <libssh/callbacks.h>

#include "remote-command.h"
#include "report.h"

struct remote_command
{
  struct ssh_connection *connection;
  ssh_channel channel;
  char *command;
  enum { OPENING, REQUESTING, RUNNING, REFUSED } stage;
  bool eof_sent;
  bool closed;                  /* by the board */
  int exit_status;
  /* libssh's own getter waits; these are told as the message comes. */
  struct ssh_channel_callbacks_struct callbacks;
};

static void
take_exit_status (ssh_session session, ssh_channel channel, int status,
                  void *opaque)
{
  struct remote_command *rc = opaque;

  (void) session;
  (void) channel;
  rc->exit_status = status;
}

static void
take_close (ssh_session session, ssh_channel channel, void *opaque)
{
  struct remote_command *rc = opaque;

  (void) session;
  (void) channel;
  rc->closed = true;
}

struct remote_command *
remote_command_new (struct ssh_connection *c, const char *command)
{
  struct remote_command *rc = calloc (1, sizeof *rc);

  if (!rc || !(rc->command = strdup (command))
      || !(rc->channel = ssh_channel_new (ssh_connection_session (c)))) {
    report_error ("out of memory");
    remote_command_free (rc);
    return NULL;
  }
  rc->connection = c;
  rc->exit_status = -1;
  rc->callbacks.userdata = rc;
  rc->callbacks.channel_exit_status_function = take_exit_status;
  rc->callbacks.channel_close_function = take_close;
  ssh_callbacks_init (&rc->callbacks);
  ssh_set_channel_callbacks (rc->channel, &rc->callbacks);
  return rc;
}

void
remote_command_free (struct remote_command *rc)
{
  if (!rc)
    return;
  if (rc->channel) {
    ssh_remove_channel_callbacks (rc->channel, &rc->callbacks);
    ssh_channel_free (rc->channel);     /* sends the close */
  }
  free (rc->command);
  free (rc);
}

static bool
is_drained (struct remote_command *rc)
{
  return ssh_channel_poll (rc->channel, REMOTE_STDOUT) <= 0
         && ssh_channel_poll (rc->channel, REMOTE_STDERR) <= 0;
}

enum remote_command_state
remote_command_step (struct remote_command *rc)
{
  int r;

  if (rc->stage == OPENING) {
    r = ssh_channel_open_session (rc->channel);
    rc->stage = r == SSH_OK ? REQUESTING : r == SSH_AGAIN ? OPENING : REFUSED;
  }
  if (rc->stage == REQUESTING) {
    r = ssh_channel_request_exec (rc->channel, rc->command);
    rc->stage = r == SSH_OK ? RUNNING : r == SSH_AGAIN ? REQUESTING : REFUSED;
  }
  if (rc->stage == REFUSED)
    return REMOTE_REFUSED;
  if (rc->stage != RUNNING)
    return REMOTE_STARTING;
  /* On a lost connection every channel looks closed; that is another matter,
   * which ssh_connection_service tells. */
  if (rc->closed && is_drained (rc))
    return REMOTE_ENDED;
  return REMOTE_RUNNING;
}

size_t
remote_command_read (struct remote_command *rc, enum remote_stream stream,
                     void *buf, size_t size)
{
  int r;

  if (rc->stage != RUNNING)
    return 0;
  r = ssh_channel_poll (rc->channel, stream);
  if (r <= 0)
    return 0;
  if ((size_t) r < size)
    size = (size_t) r;
  r = ssh_channel_read_nonblocking (rc->channel, buf, (uint32_t) size, stream);
  return r > 0 ? (size_t) r : 0;
}

bool
remote_command_eof (struct remote_command *rc, enum remote_stream stream)
{
  return rc->stage == RUNNING && ssh_channel_poll (rc->channel, stream) <= 0
         && (ssh_channel_is_eof (rc->channel) || rc->closed);
}

size_t
remote_command_writable (struct remote_command *rc)
{
  if (rc->stage != RUNNING || rc->eof_sent || rc->closed
      || !ssh_connection_is_drained (rc->connection))
    return 0;
  return ssh_channel_window_size (rc->channel);
}

ssize_t
remote_command_write (struct remote_command *rc, const void *buf, size_t size)
{
  size_t room = remote_command_writable (rc);
  int r;

  if (size > room)
    size = room;
  if (size == 0)
    return rc->closed ? -1 : 0;
  r = ssh_channel_write (rc->channel, buf, (uint32_t) size);
  return r < 0 ? -1 : r;
}

void
remote_command_send_eof (struct remote_command *rc)
{
  if (rc->stage == RUNNING && !rc->eof_sent && !rc->closed)
    ssh_channel_send_eof (rc->channel);
  rc->eof_sent = true;
}

int
remote_command_exit_status (const struct remote_command *rc)
{
  return rc->exit_status;
}
