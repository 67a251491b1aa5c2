/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "interrupt.h"
#include "remote-command.h"
#include "report.h"
#include "ssh-exec.h"

struct capture
{
  char *text;
  size_t len;
};

struct ssh_exec
{
  struct board_connection *connection;
  struct remote_command *command;
  const struct exec_input *inputs;
  size_t nr_inputs, input;      /* input: the one being sent */
  size_t offset;                /* within it */
  size_t sent;
  struct capture captured[2];   /* by enum remote_stream */
  exec_output_fn take;          /* NULL: it is captured */
  void *opaque;
  bool taken_enough;            /* TAKE does not want any more */
  unsigned interrupts;          /* that came before */
};

struct ssh_exec *
ssh_exec_new (struct board_connection *c, const char *command,
              const struct exec_input *inputs, size_t nr)
{
  struct ssh_exec *e = calloc (1, sizeof *e);

  if (!e || !(e->captured[0].text = calloc (1, EXEC_OUTPUT_MAX + 1))
      || !(e->captured[1].text = calloc (1, EXEC_OUTPUT_MAX + 1))) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    ssh_exec_free (e);
    return NULL;
  }
  e->connection = c;
  e->inputs = inputs;
  e->nr_inputs = nr;
  e->command = remote_command_new (c, command);
  if (!e->command) {
    ssh_exec_free (e);
    return NULL;
  }
  return e;
}

void
ssh_exec_free (struct ssh_exec *e)
{
  if (!e)
    return;
  remote_command_free (e->command);
  free (e->captured[0].text);
  free (e->captured[1].text);
  free (e);
}

static void
capture_add (struct capture *c, const char *data, size_t len)
{
  for (size_t i = 0; i < len && c->len < EXEC_OUTPUT_MAX; i++)
    if (data[i])
      c->text[c->len++] = data[i];
  c->text[c->len] = '\0';
}

static void
receive (struct ssh_exec *e, enum remote_stream stream)
{
  char buf[16384];
  size_t n;

  while ((n = remote_command_read (e->command, stream, buf, sizeof buf)) > 0)
    if (!e->take)
      capture_add (&e->captured[stream], buf, n);
    else if (!e->taken_enough && e->take (e->opaque, stream, buf, n) != 0)
      e->taken_enough = true;
}

void
ssh_exec_pass_output (struct ssh_exec *e, exec_output_fn take, void *opaque)
{
  e->take = take;
  e->opaque = opaque;
  e->interrupts = interrupt_count ();
}

static void
send_input (struct ssh_exec *e)
{
  while (e->input < e->nr_inputs) {
    const struct exec_input *in = &e->inputs[e->input];
    ssize_t n = in->size == e->offset ? 0
                : remote_command_write (e->command,
                                        (const char *) in->data + e->offset,
                                        in->size - e->offset);
    if (n < 0) {                /* it does not read any more: let it end */
      e->input = e->nr_inputs;
      return;
    }
    e->offset += (size_t) n;
    e->sent += (size_t) n;
    if (e->offset < in->size)
      return;
    e->input++;
    e->offset = 0;
  }
  remote_command_send_eof (e->command);
}

enum exec_state
ssh_exec_step (struct ssh_exec *e)
{
  enum remote_command_state state = remote_command_step (e->command);

  if (state == REMOTE_REFUSED)
    return EXEC_REFUSED;
  if (state == REMOTE_RUNNING)
    send_input (e);
  if (state == REMOTE_RUNNING || state == REMOTE_ENDED) {
    receive (e, REMOTE_STDOUT);
    receive (e, REMOTE_STDERR);
    state = remote_command_step (e->command);
  }
  return state == REMOTE_ENDED ? EXEC_ENDED : EXEC_RUNNING;
}

int
ssh_exec_wait (struct ssh_exec *e, unsigned timeout, bool interruptible)
{
  long deadline = clock_seconds () + (long) timeout;

  for (;;) {
    uint64_t arrivals = board_connection_arrivals (e->connection);
    enum exec_state state = ssh_exec_step (e);
    struct pollfd fds[2] = {
      { .fd = board_connection_fd (e->connection),
        .events = board_connection_events (e->connection) },
      { .fd = interruptible ? interrupt_fd () : -1, .events = POLLIN }
    };

    if (e->taken_enough)
      return -2;
    if (state == EXEC_ENDED)
      return 0;
    if (state == EXEC_REFUSED) {
      report_error (ERROR_BOARD_SHELL, "the board does not start commands: %s",
                    board_connection_error (e->connection));
      return -1;
    }
    if (interruptible && interrupt_count () > e->interrupts)
      return -2;
    int patience = board_connection_arrivals (e->connection) == arrivals ? 500 : 0;
    if (poll (fds, 2, patience) == -1 && errno != EINTR) {
      report_error (ERROR_SYSTEM_FAILED, "poll: %s", strerror (errno));
      return -1;
    }
    if (board_connection_service (e->connection) == -1) {
      report_error (ERROR_CONNECTION_LOST, "the connection to the board was lost: %s",
                    board_connection_error (e->connection));
      return -1;
    }
    if (clock_seconds () > deadline) {
      report_error (ERROR_BOARD_SILENT,
                    "the board did not answer for %u seconds", timeout);
      return -1;
    }
  }
}

const char *
ssh_exec_stdout (const struct ssh_exec *e)
{
  return e->captured[REMOTE_STDOUT].text;
}

const char *
ssh_exec_stderr (const struct ssh_exec *e)
{
  return e->captured[REMOTE_STDERR].text;
}

int
ssh_exec_status (const struct ssh_exec *e)
{
  return remote_command_exit_status (e->command);
}

size_t
ssh_exec_sent (const struct ssh_exec *e)
{
  return e->sent;
}
