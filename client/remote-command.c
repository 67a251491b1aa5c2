/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "board-transport.h"
#include "messages.h"

struct remote_command *
remote_command_new (struct board_connection *c, const char *command)
{
  message_debug ("ssh: run: %s", command);
  return c->operations->start (c, command);
}

void
remote_command_free (struct remote_command *rc)
{
  if (!rc)
    return;
  message_debug ("ssh: a command is over, exit status %d", rc->exit_status);
  rc->operations->free (rc);
}

enum remote_command_state
remote_command_step (struct remote_command *rc)
{
  return rc->operations->step (rc);
}

size_t
remote_command_read (struct remote_command *rc, enum remote_stream stream,
                     void *buf, size_t size)
{
  return rc->operations->read (rc, stream, buf, size);
}

bool
remote_command_eof (struct remote_command *rc, enum remote_stream stream)
{
  return rc->operations->eof (rc, stream);
}

size_t
remote_command_writable (struct remote_command *rc)
{
  return rc->operations->writable (rc);
}

ssize_t
remote_command_write (struct remote_command *rc, const void *buf, size_t size)
{
  return rc->operations->write (rc, buf, size);
}

void
remote_command_send_eof (struct remote_command *rc)
{
  rc->operations->send_eof (rc);
}

int
remote_command_exit_status (const struct remote_command *rc)
{
  return rc->exit_status;
}
