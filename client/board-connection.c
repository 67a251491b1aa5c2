/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "board-transport.h"

struct board_connection *
board_connection_try (const struct ssh_config *config,
                      enum connection_failure *why)
{
  *why = CONNECTION_UNREACHABLE;
  switch (config->options->transport) {
  case TRANSPORT_LIBSSH: return libssh_connection_open (config, why);
  case TRANSPORT_OPENSSH: return openssh_connection_open (config, why);
  case TRANSPORT_LOCAL: return local_connection_open (why);
  }
  return NULL;
}

struct board_connection *
board_connection_open (const struct ssh_config *config)
{
  enum connection_failure why;

  return board_connection_try (config, &why);
}

void
board_connection_close (struct board_connection *c)
{
  if (c)
    c->operations->close (c);
}

const char *
board_connection_host_key (const struct board_connection *c)
{
  return c->host_key;
}

int
board_connection_fd (const struct board_connection *c)
{
  return c->operations->fd (c);
}

short
board_connection_events (const struct board_connection *c)
{
  return c->operations->events (c);
}

int
board_connection_service (struct board_connection *c)
{
  return c->operations->service (c);
}

const char *
board_connection_error (const struct board_connection *c)
{
  return c->operations->error (c);
}

uint64_t
board_connection_arrivals (const struct board_connection *c)
{
  return c->operations->arrivals (c);
}
