/* SPDX-License-Identifier: MIT */
/* The transport of --local: this machine is the board. */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "child-command.h"
#include "report.h"

static void
close_connection (struct board_connection *c)
{
  child_connection_release ((struct child_connection *) c);
  free (c);
}

static int
service (struct board_connection *c)
{
  child_connection_service ((struct child_connection *) c);
  return 0;
}

static const char *
last_error (const struct board_connection *c)
{
  (void) c;
  return "this machine starts no further programs";
}

static struct remote_command *
start (struct board_connection *c, const char *command)
{
  char *const argv[] = {
    (char *) "/bin/sh", (char *) "-c", (char *) command, NULL
  };

  return child_command_start ((struct child_connection *) c, argv);
}

static const struct transport_operations operations = {
  .close = close_connection, .service = service, .error = last_error,
  .start = start, CHILD_COMMAND_OPERATIONS
};

struct board_connection *
local_connection_open (enum connection_failure *why)
{
  struct child_connection *c = calloc (1, sizeof *c);

  *why = CONNECTION_REFUSED;
  if (geteuid () != 0) {
    report_error (ERROR_ROOT_NEEDED, "--local must be run as root on the board");
    free (c);
    return NULL;
  }
  *why = CONNECTION_UNREACHABLE;
  if (!c) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  if (child_connection_init (c, &operations) == -1) {
    close_connection (&c->head);
    return NULL;
  }
  c->head.host_key = (char *) "";       /* there is none */
  return &c->head;
}
