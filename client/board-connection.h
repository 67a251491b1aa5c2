/* SPDX-License-Identifier: MIT */
/* The connection to the board: remote-command.h runs commands on it.  What carries
 * it (libssh, the system's ssh, or nothing when this machine is the board) is the
 * business of board-transport.h; who uses a connection does not know.  Never
 * blocks once it is open: whoever waits polls board_connection_fd.  One thread. */

#ifndef FLASH_BOARD_CONNECTION_H
#define FLASH_BOARD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ssh-config.h"

struct board_connection;

/* Reach the board as CONFIG says, check that it is the right one, log in.  CONFIG
 * is not needed afterwards.  What is wrong is reported; NULL then. */
struct board_connection *board_connection_open (const struct ssh_config *config);

enum connection_failure
{
  CONNECTION_UNREACHABLE,       /* no connection, or it broke */
  CONNECTION_HOST_KEY,          /* unknown, changed or revoked */
  CONNECTION_REFUSED            /* the login */
};
/* The same; WHY tells what went wrong. */
struct board_connection *board_connection_try (const struct ssh_config *config,
                                               enum connection_failure *why);
void board_connection_close (struct board_connection *c);  /* NULL is allowed */

/* "SHA256:...", the fingerprint of the key that the host showed. */
const char *board_connection_host_key (const struct board_connection *c);

/* For poll: a descriptor and the events to wait for. */
int board_connection_fd (const struct board_connection *c);
short board_connection_events (const struct board_connection *c);

/* Handle what has arrived, send what waits, ask a silent host for a sign of life.
 * -1: the connection is lost, board_connection_error says why.  To be called at
 * least every other second. */
int board_connection_service (struct board_connection *c);
const char *board_connection_error (const struct board_connection *c);

/* Grows with what has arrived.  Every call that steps or reads a command may take
 * something in, for any command: a loop over commands goes round once more when
 * this has changed, before it polls, and reads each until nothing comes. */
uint64_t board_connection_arrivals (const struct board_connection *c);

#endif
