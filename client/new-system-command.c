/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file-io.h"
#include "line-reader.h"
#include "message-sink.h"
#include "messages.h"
#include "new-system-command.h"
#include "report.h"
#include "ssh-exec.h"

#define PIECE_MAX 16384         /* bytes of a line in one record */

struct output
{
  struct line_reader lines[2];  /* by enum remote_stream; of records */
};

static const char *
stream_name (enum remote_stream stream)
{
  return stream == REMOTE_STDOUT ? "stdout" : "stderr";
}

/* In pieces that fit the lines between this program's processes. */
static void
record_line (enum remote_stream stream, const char *line)
{
  size_t len = strlen (line);

  do {
    char piece[PIECE_MAX + 1];
    const size_t n = len < PIECE_MAX ? len : PIECE_MAX;

    memcpy (piece, line, n);
    piece[n] = '\0';
    message_record ("output", "stream", stream_name (stream), "text", piece, NULL);
    line += n;
    len -= n;
  } while (len > 0);
}

static void
record_stdout (void *opaque, char *line)
{
  (void) opaque;
  record_line (REMOTE_STDOUT, line);
}

static void
record_stderr (void *opaque, char *line)
{
  (void) opaque;
  record_line (REMOTE_STDERR, line);
}

static line_fn
recorder_of (enum remote_stream stream)
{
  return stream == REMOTE_STDOUT ? record_stdout : record_stderr;
}

static int
pass_on (void *opaque, enum remote_stream stream, const char *data, size_t len)
{
  struct output *o = opaque;

  if (!message_sink_is_text ()) {
    line_reader_add (&o->lines[stream], data, len, recorder_of (stream), NULL);
    return 0;
  }
  if (full_write (stream == REMOTE_STDOUT ? STDOUT_FILENO : STDERR_FILENO, data, len)
      == 0)
    return 0;
  report_error (ERROR_OUTPUT_FAILED,
                "%s: %s; the command is left", stream_name (stream), strerror (errno));
  return -1;
}

/* What has no newline at its end is a line, too. */
static void
end_output (struct output *o)
{
  for (int s = REMOTE_STDOUT; s <= REMOTE_STDERR; s++) {
    if (o->lines[s].len > 0)
      line_reader_add (&o->lines[s], "\n", 1, recorder_of ((enum remote_stream) s),
                       NULL);
    line_reader_release (&o->lines[s]);
  }
}

/* Its exit status, or NEW_SYSTEM_COMMAND_LOST. */
static int
run (struct board_connection *c, const char *command)
{
  struct output output = { .lines[0].text = NULL };
  struct ssh_exec *exec = ssh_exec_new (c, command, NULL, 0);
  int status = -1;

  if (exec) {
    ssh_exec_pass_output (exec, pass_on, &output);
    if (ssh_exec_wait (exec, EXEC_NO_TIMEOUT, true) == 0)
      status = ssh_exec_status (exec);
  }
  ssh_exec_free (exec);
  end_output (&output);
  return status >= 0 && status <= 255 ? status : NEW_SYSTEM_COMMAND_LOST;
}

enum exit_status
new_system_command_run (struct board_connection *c, const char *command,
                        int *exit_status)
{
  const long begun = clock_seconds ();

  message_phase ("run", "Running: %s", command);
  *exit_status = run (c, command);
  message_record ("command", "command", command, "exit_status",
                  RECORD_NUMBER ((uint64_t) *exit_status), "seconds",
                  RECORD_NUMBER ((uint64_t) (clock_seconds () - begun)), NULL);
  if (*exit_status == 0)
    return STATUS_DONE;
  if (*exit_status == NEW_SYSTEM_COMMAND_LOST)
    report_error (ERROR_RUN_FAILED,
                  "the command did not end by itself, or with status 255");
  else
    report_error (ERROR_RUN_FAILED,
                  "the command has ended with status %d", *exit_status);
  return STATUS_COMMAND_FAILED;
}
