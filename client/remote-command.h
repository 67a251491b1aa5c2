/* SPDX-License-Identifier: MIT */
/* A command on the board, never blocking.  The caller polls the connection, calls
 * board_connection_service, then these. */

#ifndef FLASH_REMOTE_COMMAND_H
#define FLASH_REMOTE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "board-connection.h"

struct remote_command;

/* The connection must outlive it.  NULL after a report. */
struct remote_command *remote_command_new (struct board_connection *c,
                                           const char *command);
/* Ends the command, if it still runs; NULL is allowed. */
void remote_command_free (struct remote_command *rc);

enum remote_command_state
{
  REMOTE_STARTING, REMOTE_RUNNING,
  REMOTE_ENDED,                 /* the board closed it, everything was read */
  REMOTE_REFUSED                /* it is not started */
};
/* Bring it forward. */
enum remote_command_state remote_command_step (struct remote_command *rc);

enum remote_stream { REMOTE_STDOUT = 0, REMOTE_STDERR = 1 };
/* What has arrived, 0: nothing now or no more. */
size_t remote_command_read (struct remote_command *rc, enum remote_stream stream,
                            void *buf, size_t size);
/* Whether that stream has ended and was read to its end. */
bool remote_command_eof (struct remote_command *rc, enum remote_stream stream);

/* How many bytes remote_command_write would take now; 0 while earlier ones have
 * not left this program. */
size_t remote_command_writable (struct remote_command *rc);
/* Bytes taken, maybe 0; -1: the board closed its end. */
ssize_t remote_command_write (struct remote_command *rc, const void *buf,
                              size_t size);
void remote_command_send_eof (struct remote_command *rc);

/* After REMOTE_ENDED; -1: it was killed, or the board did not say. */
int remote_command_exit_status (const struct remote_command *rc);

#endif
