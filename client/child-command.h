/* SPDX-License-Identifier: MIT */
/* Commands that are child processes: what the transports openssh and local share. */

#ifndef FLASH_CHILD_COMMAND_H
#define FLASH_CHILD_COMMAND_H

#include "board-transport.h"

/* The head of a connection whose commands are children. */
struct child_connection
{
  struct board_connection head;
  int epoll;                    /* -1: none.  Watches the commands' sockets and
                                 * whatever the transport adds, data.ptr NULL */
  uint64_t arrivals;
  int lost_status;              /* a command that ends so was cut off; -1: none */
};

/* 0, or -1 after a report; to be released either way. */
int child_connection_init (struct child_connection *c,
                           const struct transport_operations *operations);
void child_connection_release (struct child_connection *c);

/* Take note of what has happened to the sockets since the last call. */
void child_connection_service (struct child_connection *c);

/* Start ARGV as a command.  NULL after a report. */
struct remote_command *child_command_start (struct child_connection *c,
                                            char *const argv[]);

/* The operations, as board-transport.h has them. */
int child_connection_fd (const struct board_connection *c);
short child_connection_events (const struct board_connection *c);
uint64_t child_connection_arrivals (const struct board_connection *c);
void child_command_free (struct remote_command *rc);
enum remote_command_state child_command_step (struct remote_command *rc);
size_t child_command_read (struct remote_command *rc, enum remote_stream stream,
                           void *buf, size_t size);
bool child_command_eof (struct remote_command *rc, enum remote_stream stream);
size_t child_command_writable (struct remote_command *rc);
ssize_t child_command_write (struct remote_command *rc, const void *buf,
                             size_t size);
void child_command_send_eof (struct remote_command *rc);

#define CHILD_COMMAND_OPERATIONS                                        \
  .fd = child_connection_fd, .events = child_connection_events,         \
  .arrivals = child_connection_arrivals, .free = child_command_free,    \
  .step = child_command_step, .read = child_command_read,               \
  .eof = child_command_eof, .writable = child_command_writable,         \
  .write = child_command_write, .send_eof = child_command_send_eof

#endif
