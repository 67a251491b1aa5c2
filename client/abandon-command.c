/* SPDX-License-Identifier: MIT */
/* flash-live-remote abandon HOST: give up the flash that a board is at. */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "board-privilege.h"
#include "clock.h"
#include "session-status.h"
#include "cleanup.h"
#include "commands.h"
#include "interrupt.h"
#include "message-sink.h"
#include "messages.h"
#include "plan.h"
#include "report.h"
#include "session-record.h"
#include "session-store.h"
#include "session-summary.h"
#include "ssh-exec.h"

#define END_SECONDS 180         /* for services to start again, at the worst */
#define SILENCE_SECONDS 15      /* of a board that was reset */
#define PAUSE 500               /* ms between two looks */

static int
check_confirmation (const struct options *o)
{
  if (o->confirm && strcmp (o->confirm, o->host) != 0) {
    report_error (ERROR_NOT_CONFIRMED,
                  "--confirm %s: the host is %s, so this is not confirmed",
                  o->confirm, o->host);
    return -1;
  }
  if (!o->confirm && !isatty (STDIN_FILENO)) {
    report_error (ERROR_CONFIRMATION_MISSING,
                  "to abandon a flash must be confirmed, and there is no terminal "
                  "to ask on.\nGive --confirm %s, or look first with the command "
                  "status.", o->host);
    return -1;
  }
  return 0;
}

static bool
will_reset (const struct session_report *r)
{
  return session_status_stage (r) != STAGE_UNWRITTEN
         && session_status_says (r, "root-disk", "yes");
}

static void
explain (const struct session_report *r)
{
  const char *disk = session_status_get (r, "target-name");

  switch (session_status_stage (r)) {
  case STAGE_UNWRITTEN:
    message_always ("Nothing was written to %s. The flash stops and cleans up; the "
                    "board goes on as it was, its services running.", disk);
    break;
  case STAGE_PARTLY_WRITTEN:
    if (will_reset (r))
      message_always ("%s IS PARTLY WRITTEN. The board is reset at once AND WILL "
                      "NOT BOOT.\nIts disk must then be written elsewhere: the card "
                      "in a reader, or the board's own way to boot from USB.", disk);
    else
      message_always ("%s is partly written and is left so: its content is of no "
                      "use. The board goes on running.", disk);
    break;
  case STAGE_WRITTEN:
    if (will_reset (r))
      message_always ("%s holds the whole image%s. The board is reset at once, into "
                      "the new system.", disk, session_status_says (r, "verify", "full")
                      ? ", verified" : "");
    else
      message_always ("%s holds the whole image. The flash is removed from the "
                      "board, which goes on running.", disk);
    break;
  }
}

/* The person has taken a while to answer: is what they were told still true? */
static int
check_unchanged (struct flash_job *job)
{
  struct session_report now;
  int result = -1;

  if (flash_job_ask_status (job, &now) == 1
      && session_status_says (&now, "session", job->session)
      && session_status_stage (&now) == session_status_stage (&job->report))
    result = 0;
  else
    report_error (ERROR_FLASH_GONE_ON, "the flash has gone on meanwhile: look again");
  session_report_release (&now);
  return result;
}

/* -- The end ----------------------------------------------------------- */

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_NONE };

/* Whether the session still answers; ANSWER_NONE: nothing does, as after a
 * reset, which sends no goodbye. */
static enum answer
ask_session (struct flash_job *job)
{
  CLEANUP_FREE char *command = flash_job_helper_command (job, "status", false);
  struct ssh_exec *exec;
  const long end = clock_seconds () + SILENCE_SECONDS;
  enum answer answer = ANSWER_NONE;
  enum exec_state state;

  message_hold_errors ();       /* no answer is one, too */
  exec = command ? ssh_exec_new (job->connection, command,
                                 board_privilege_input (job), 1) : NULL;
  message_release_errors ();
  state = exec ? EXEC_RUNNING : EXEC_REFUSED;
  while (state == EXEC_RUNNING && clock_seconds () < end) {
    struct pollfd fd = { .fd = board_connection_fd (job->connection),
                         .events = board_connection_events (job->connection) };
    const uint64_t arrivals = board_connection_arrivals (job->connection);

    state = ssh_exec_step (exec);
    if (state != EXEC_RUNNING)
      break;
    if (poll (&fd, 1, board_connection_arrivals (job->connection) == arrivals
                      ? PAUSE : 0) == -1 && errno != EINTR)
      break;
    if (board_connection_service (job->connection) == -1)
      break;
  }
  if (state == EXEC_ENDED)
    answer = ssh_exec_status (exec) == 0 ? ANSWER_YES : ANSWER_NO;
  ssh_exec_free (exec);
  return answer;
}

/* Until the session is gone.  0, or -1 after a report. */
static int
await_end (struct flash_job *job, bool reset)
{
  const long end = clock_seconds () + END_SECONDS;
  enum answer answer;

  while ((answer = ask_session (job)) == ANSWER_YES && clock_seconds () < end
         && interrupt_count () == 0)
    poll (NULL, 0, PAUSE);
  if (answer == ANSWER_YES) {
    report_error (ERROR_ABANDON_UNCERTAIN,
                  "the board took the order, but %s; look with the command status",
                  reset ? "has not reset itself" : "has not cleaned up yet");
    return -1;
  }
  if (answer == ANSWER_NONE && !reset && !job->in_lifeboat) {
    report_error (ERROR_ABANDON_UNCERTAIN,
                  "the board took the order, then the connection was lost; look "
                  "with the command status");
    return -1;
  }
  if (answer == ANSWER_NO && reset)
    message_warning ("the flash is gone, but the board still answers: look whether "
                     "it was reset");
  if (!reset)
    flash_job_await_clean_up (job);
  return 0;
}

static enum exit_status
abandon (struct flash_job *job)
{
  const struct session_report *r = &job->report;
  const bool reset = will_reset (r);

  if (message_sink_is_text ()) {
    session_summary_print (stdout, job->options->host, r);
    fflush (stdout);
  }
  else
    session_record (r);
  explain (r);
  if (plan_confirm (job->options) == -1 || check_unchanged (job) == -1) {
    report_error (ERROR_NOT_ABANDONED,
                  "the flash on %s was not abandoned", job->options->host);
    return STATUS_NOT_WRITTEN;
  }
  interrupt_defer ();
  if (flash_job_tell_session (job, "abandon") == -1) {
    report_error (ERROR_ABANDON_UNCERTAIN,
                  "whether the board has taken the order is not known; look with "
                  "the command status");
    return STATUS_NOT_WRITTEN;
  }
  if (await_end (job, reset) == -1)
    return STATUS_NOT_WRITTEN;
  session_store_remove (job->session);
  message_info (reset ? "Abandoned: %s answers no more; it resets."
                      : "Abandoned: nothing of the flash is left on %s.",
                job->options->host);
  return STATUS_DONE;
}

enum exit_status
abandon_command (const struct options *options)
{
  struct flash_job job = { .options = options };
  enum exit_status status = STATUS_NOT_WRITTEN;
  struct ssh_config *config;
  int found;

  if (check_confirmation (options) == -1)
    return STATUS_NOT_WRITTEN;
  job.config = config = ssh_config_read (options);
  if (!config)
    return STATUS_USAGE;
  found = session_status_open (&job);
  if (found == 1)
    status = abandon (&job);
  else if (found == 0)
    report_error (ERROR_NOTHING_TO_ABANDON,
                  "no flash is under way on %s: there is nothing to abandon",
                  options->host);
  else
    report_error (ERROR_NOT_ABANDONED, "nothing was abandoned on %s", options->host);
  flash_job_release (&job);
  ssh_config_free (config);
  return status;
}
