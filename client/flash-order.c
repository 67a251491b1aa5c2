/* SPDX-License-Identifier: MIT */
/* The orders `go` and `abort`, beside the tunnel. */
#include <config.h>

#include "board-privilege.h"
#include "cleanup.h"
#include "clock.h"
#include "flash-run-state.h"
#include "messages.h"
#include "progress.h"
#include "report.h"

#define QUIET_SECONDS 2         /* then a channel has repeated everything */

static bool
send_request (struct flash_run *r, const char *verb)
{
  CLEANUP_FREE char *command = flash_job_helper_command (r->job, verb, true);

  ssh_exec_free (r->request);
  r->request = command ? ssh_exec_new (r->job->connection, command,
                                       board_privilege_input (r->job), 1)
                       : NULL;
  if (!r->request)
    flash_run_leave (r);
  return r->request != NULL;
}

void
flash_order_abort (struct flash_run *r)
{
  if (r->abort_sent || !send_request (r, "abort"))
    return;
  r->abort_sent = true;
  r->abort_since = clock_seconds ();
}

/* The write has failed.  A channel begins with everything that was ever said,
 * so it counts only once the board is quiet. */
static bool
is_stopped (const struct flash_run *r)
{
  return r->status.stopped && clock_seconds () - r->status.heard >= QUIET_SECONDS;
}

/* Whether everything is proven, or was before a write that has stopped. */
static bool
waits_for_go (const struct flash_run *r)
{
  return r->status.writing ? is_stopped (r) : r->status.ready;
}

/* --local: the board's own disk takes this program's pages with it. */
static void
say_farewell (const struct flash_job *job)
{
  if (job->options->transport != TRANSPORT_LOCAL || !flash_job_is_root_disk (job))
    return;
  progress_end ();
  message_always ("From here on the board goes on by itself. This program is stopped "
                  "with everything else on it and can tell no more; the board's "
                  "console may.\n%s is written and read back%s. Do not switch the "
                  "board off.", job->board.disk, job->reboots
                  ? ", then the board reboots into the new system"
                  : ", and the board is left running without its old system");
}

/* `go` as soon as everything is proven: in stream mode on a channel that nobody
 * has used yet, for the write needs it at once. */
void
flash_order_consider_go (struct flash_run *r)
{
  struct flash_status *s = &r->status;

  if (!waits_for_go (r) || !s->greeted || !r->tunnel || r->go_sent
      || r->abort_sent || r->request)
    return;
  if (flash_run_is_ramfs (r) && (!s->staged || s->staged_differs)) {
    if (!s->staged)
      report_error (ERROR_BOARD_ANSWER,
                    "the board says that it is ready without having proven its "
                    "copy of the image");
    flash_order_abort (r);
    return;
  }
  if (r->job->options->rehearse && !s->writing) {
    message_detail ("Everything is proven");
    r->rehearsed = true;
    flash_order_abort (r);
    return;
  }
  if (!flash_run_is_ramfs (r) && tunnel_is_used (r->tunnel))
    return;
  message_detail ("Everything is proven: go");
  say_farewell (r->job);
  s->stopped = false;
  r->go_sent = send_request (r, "go");
  if (r->go_sent && !s->writing)
    board_state_record (WRITTEN_MAYBE, true, r->job->board.disk);
}

/* It has stopped after a `go` of ours. */
void
flash_order_check_stopped (struct flash_run *r)
{
  if (is_stopped (r) && r->go_taken && !r->request)
    flash_run_finish (r, STATUS_PARTLY_WRITTEN);
}

/* The answer to `go` or `abort` is in. */
static void
take_answer (struct flash_run *r)
{
  const bool taken = ssh_exec_status (r->request) == 0;

  if (!taken) {
    progress_end ();
    message_verbatim ("board: ", ssh_exec_stdout (r->request));
    message_verbatim ("board: ", ssh_exec_stderr (r->request));
  }
  ssh_exec_free (r->request);
  r->request = NULL;
  if (r->abort_sent && !taken) {
    /* Too late: it is writing, and only its end counts now. */
    r->abort_sent = r->abort_wanted = r->rehearsed = false;
    if (flash_run_may_be_writing (r))
      message_always ("Interrupt once more to leave the board alone.");
    else
      flash_run_finish (r, STATUS_NOT_WRITTEN);
  }
  else if (!r->abort_sent && taken)
    r->go_taken = true;
  else if (!r->abort_sent) {
    report_error (ERROR_ORDER_NOT_TAKEN, "the board did not take the order to go");
    r->go_sent = false;
    if (r->status.writing)
      flash_run_leave (r);
    else
      flash_order_abort (r);
  }
}

void
flash_order_step (struct flash_run *r)
{
  if (!r->request)
    return;
  switch (ssh_exec_step (r->request)) {
  case EXEC_RUNNING:
    break;
  case EXEC_ENDED:
    take_answer (r);
    break;
  case EXEC_REFUSED:
    flash_loss_of_channel (r, "the board starts no further commands");
    break;
  }
}
