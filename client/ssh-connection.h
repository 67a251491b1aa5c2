/* SPDX-License-Identifier: MIT */
/* The one SSH connection to the board: its host key checked, the user logged in.
 * From then on it is nonblocking: whoever waits polls ssh_connection_fd. */

#ifndef FLASH_SSH_CONNECTION_H
#define FLASH_SSH_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <libssh/libssh.h>

#include "ssh-config.h"

struct ssh_connection;

/* Connect, check the host key, log in.  CONFIG is not needed afterwards.  What is
 * wrong is reported; NULL then. */
struct ssh_connection *ssh_connection_open (const struct ssh_config *config);

enum ssh_failure
{
  SSH_UNREACHABLE,              /* no connection, or it broke */
  SSH_HOST_KEY,                 /* unknown, changed or revoked */
  SSH_REFUSED                   /* the login */
};
/* The same; WHY tells what went wrong. */
struct ssh_connection *ssh_connection_try (const struct ssh_config *config,
                                           enum ssh_failure *why);
void ssh_connection_close (struct ssh_connection *c);   /* NULL is allowed */

ssh_session ssh_connection_session (const struct ssh_connection *c);

/* "SHA256:...", the fingerprint of the key that the host showed. */
const char *ssh_connection_host_key (const struct ssh_connection *c);

/* For poll: the socket and the events to wait for. */
int ssh_connection_fd (const struct ssh_connection *c);
short ssh_connection_events (const struct ssh_connection *c);

/* Handle what has arrived, send what waits, ask a silent host for a sign of life;
 * never blocks.  -1: the connection is lost, ssh_connection_error says why.  To be
 * called at least every other second. */
int ssh_connection_service (struct ssh_connection *c);
const char *ssh_connection_error (const struct ssh_connection *c);

/* Packets received so far.  Every call into libssh may take some in, for any
 * channel: a loop over channels goes round once more when this has changed,
 * before it polls. */
uint64_t ssh_connection_packets (const struct ssh_connection *c);

/* Whether everything written so far has left this program, so that writing more
 * does not pile up in memory. */
bool ssh_connection_is_drained (const struct ssh_connection *c);

#endif
