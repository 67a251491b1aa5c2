/* SPDX-License-Identifier: MIT */
/* What a transport does for board-connection.h and remote-command.h, whose
 * contracts count here, too.  Only they and the transports include this. */

#ifndef FLASH_BOARD_TRANSPORT_H
#define FLASH_BOARD_TRANSPORT_H

#include "board-connection.h"
#include "remote-command.h"

struct transport_operations
{
  /* The connection. */
  void (*close) (struct board_connection *c);
  int (*fd) (const struct board_connection *c);
  short (*events) (const struct board_connection *c);
  int (*service) (struct board_connection *c);
  const char *(*error) (const struct board_connection *c);
  uint64_t (*arrivals) (const struct board_connection *c);
  struct remote_command *(*start) (struct board_connection *c,
                                   const char *command);
  /* A command. */
  void (*free) (struct remote_command *rc);
  enum remote_command_state (*step) (struct remote_command *rc);
  size_t (*read) (struct remote_command *rc, enum remote_stream stream,
                  void *buf, size_t size);
  bool (*eof) (struct remote_command *rc, enum remote_stream stream);
  size_t (*writable) (struct remote_command *rc);
  ssize_t (*write) (struct remote_command *rc, const void *buf, size_t size);
  void (*send_eof) (struct remote_command *rc);
};

/* The head of each transport's own struct. */
struct board_connection
{
  const struct transport_operations *operations;
  char *host_key;               /* fingerprint; the transport's to free */
};

struct remote_command
{
  const struct transport_operations *operations;
  int exit_status;              /* -1: none */
};

/* Open one; NULL after a report, with WHY (CONNECTION_UNREACHABLE before). */
struct board_connection *libssh_connection_open (const struct ssh_config *config,
                                                 enum connection_failure *why);
struct board_connection *openssh_connection_open (const struct ssh_config *config,
                                                  enum connection_failure *why);
struct board_connection *local_connection_open (enum connection_failure *why);

#endif
