/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file-io.h"
#include "fleet-member.h"
#include "line-reader.h"
#include "message-sink.h"
#include "messages.h"
#include "prompt.h"
#include "status-record.h"

#define SECRET_MAX 1024

struct fleet_member
{
  const struct fleet_member_wish *wish;
  struct line_reader control;
  struct image_loan loan;
  bool go, stop, unserved;
  bool has_answer, answer_given;
  char answer[3 * SECRET_MAX + 1];      /* encoded, then decoded */
};

/* There is one in its process; the prompts have no place for it. */
static struct fleet_member self;

/* -- The parent's words ---------------------------------------------------- */

static void
take_line (void *opaque, char *line)
{
  struct fleet_member *m = opaque;
  static const char answer[] = "answer ";

  if (strcmp (line, "go") == 0)
    m->go = true;
  else if (strcmp (line, "stop") == 0)
    m->stop = true;
  else if (strcmp (line, "unserved") == 0)
    m->unserved = true;
  else if (strcmp (line, "no-answer") == 0)
    m->has_answer = true;
  else if (strncmp (line, answer, sizeof answer - 1) == 0) {
    m->has_answer = true;
    snprintf (m->answer, sizeof m->answer, "%s", line + sizeof answer - 1);
    m->answer_given = status_decode (m->answer);
    explicit_bzero (line, strlen (line));
  }
}

/* What is there, or the next word if WAIT.  The end of the pipe is a stop. */
static void
read_control (struct fleet_member *m, bool wait)
{
  struct pollfd fd = { .fd = m->wish->control, .events = POLLIN };

  while (!m->stop && poll (&fd, 1, wait ? -1 : 0) > 0) {
    if (line_reader_read (&m->control, fd.fd, take_line, m) != 1)
      m->stop = m->unserved = true;
    wait = false;
  }
}

static bool
is_served (void *opaque)
{
  struct fleet_member *m = opaque;

  read_control (m, false);
  return !m->unserved;
}

static void
tell (const struct fleet_member *m, const char *type, const char *const fields[])
{
  char line[STATUS_RECORD_MAX + 1];
  const size_t n = status_format (line, type, fields);

  if (full_write (m->wish->records, line, n) == -1)
    return;                     /* the parent is gone; so is this process soon */
}

/* One at a time: the parent answers in the order in which it is asked. */
static int
ask_parent (const char *question, bool echo, char *answer, size_t size)
{
  struct fleet_member *m = &self;
  int result = -1;

  m->has_answer = m->answer_given = false;
  tell (m, "ask", (const char *[]) { "question", question, "echo",
                                     record_bool (echo), NULL });
  while (!m->has_answer && !m->stop)
    read_control (m, true);
  if (m->answer_given && strlen (m->answer) < size) {
    strcpy (answer, m->answer);
    result = 0;
  }
  explicit_bzero (m->answer, sizeof m->answer);
  return result;
}

/* -- For flash_command ----------------------------------------------------- */

int
fleet_member_equip (struct fleet_member *m, struct flash_job *job)
{
  job->image = *m->wish->image;
  job->server = image_server_borrow (&m->loan);
  return job->server ? 0 : -1;
}

static void
serve_connection (struct flash_job *job)
{
  if (!job->connection || board_connection_service (job->connection) == 0)
    return;
  message_detail ("The connection was lost before the flash has begun: %s",
                  board_connection_error (job->connection));
  board_connection_close (job->connection);
  job->connection = NULL;
}

int
fleet_member_await_go (struct fleet_member *m, struct flash_job *job)
{
  tell (m, "await-go", (const char *[]) { NULL });
  for (;;) {
    struct pollfd fds[2] = { { .fd = m->wish->control, .events = POLLIN },
                             { .fd = -1 } };

    read_control (m, false);
    if (m->go || m->stop)
      break;
    serve_connection (job);
    if (job->connection) {
      fds[1].fd = board_connection_fd (job->connection);
      fds[1].events = board_connection_events (job->connection);
    }
    if (poll (fds, 2, 1000) == -1 && errno != EINTR)
      return -1;
  }
  /* The person has other things to look at from now on. */
  prompt_set_way (NULL);
  return m->go ? 0 : -1;
}

enum exit_status
fleet_member_run (const struct fleet_member_wish *wish)
{
  enum exit_status status;
  int command_status;           /* its record has told the parent */

  self.wish = wish;
  self.loan = (struct image_loan) { .socket = wish->socket, .fd = wish->control,
                                    .served = is_served, .opaque = &self };
  message_sink_set (message_sink_pipe (wish->records));
  message_init (wish->options->verbosity);
  prompt_set_way (wish->can_ask ? ask_parent : NULL);
  status = flash_command (wish->options, &self, &command_status);
  line_reader_release (&self.control);
  return status;
}
