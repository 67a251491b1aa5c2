/* SPDX-License-Identifier: MIT */
/* A flash whose connection is lost: coming back, or leaving. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "flash-outcome.h"
#include "flash-run-state.h"
#include "interrupt.h"
#include "messages.h"
#include "progress.h"
#include "reconnect.h"
#include "report.h"

#define FAILURES_MAX 5          /* channels that do not greet, before the write */

/* What was going on over the connection is void. */
static void
drop_connection (struct flash_run *r)
{
  flash_run_close_tunnel (r);
  ssh_exec_free (r->request);
  r->request = NULL;
  board_connection_close (r->job->connection);
  r->job->connection = NULL;
  /* An order without an answer may have been taken, and may be given again. */
  r->go_unsure = r->go_unsure || r->go_sent;
  r->go_sent = r->go_taken;
}

/* Interrupted while there was no connection. */
static void
leave_unreachable (struct flash_run *r)
{
  r->interrupts = interrupt_count ();
  flash_outcome_explain_interruption (r->job, &r->status, flash_run_may_be_writing (r));
  flash_run_finish (r, flash_run_may_be_writing (r) ? STATUS_INTERRUPTED : STATUS_NOT_WRITTEN);
}

static void
take_connection (struct flash_run *r)
{
  free (r->attach_command);     /* another login, another way to be root */
  r->attach_command = flash_job_helper_command (r->job, "attach", false);
  if (!r->attach_command)
    flash_run_leave (r);
}

static void
come_back (struct flash_run *r, const char *reason)
{
  const bool writing = flash_run_may_be_writing (r);
  const struct reconnect_wish wish = {
    .reason = reason, .interrupts = r->interrupts, .written = writing,
    .may_have_rebooted = writing && flash_outcome_reboots (r->job)
                         && (flash_run_is_ramfs (r) || r->status.copied)
  };

  switch (reconnect (r->job, &wish)) {
  case RECONNECT_BACK:
    r->status.summary.reconnects++;
    take_connection (r);
    /* Else a `go` whose answer was lost would be given again. */
    if (!r->is_over && r->abort_wanted)
      flash_order_abort (r);
    break;
  case RECONNECT_GONE:
  case RECONNECT_NEW_HOST_KEY:
    r->session_gone = true;
    flash_run_finish (r, flash_outcome_of_lost_session (r->job, &r->status, writing));
    break;
  case RECONNECT_UNPROVEN:
    take_connection (r);
    if (!r->is_over)
      flash_order_abort (r);
    break;
  case RECONNECT_INTERRUPTED:
    leave_unreachable (r);
    break;
  }
}

/* REASON is copied. */
void
flash_loss_of_connection (struct flash_run *r, const char *reason)
{
  char why[256];

  progress_end ();
  if (r->is_over)
    return;
  if (r->rebooting_since || r->status.rebooting
      || (r->status.verified && flash_outcome_reboots (r->job))) {
    message_info ("The board holds %s for good, and reboots.", r->job->board.disk);
    flash_run_finish (r, STATUS_DONE);
    return;
  }
  snprintf (why, sizeof why, "%s", reason);
  drop_connection (r);
  if (r->abort_sent && !flash_run_may_be_writing (r)) {
    report_error (ERROR_CONNECTION_LOST,
                  "the connection to the board was lost: %s", why);
    flash_outcome_explain_interruption (r->job, &r->status, false);
    flash_run_finish (r, STATUS_NOT_WRITTEN);
    return;
  }
  r->abort_sent = false;
  come_back (r, why);
}

/* The connection stands, and the helper does not do as it should: before the
 * write that ends the flash, if it does not pass. */
void
flash_loss_of_channel (struct flash_run *r, const char *reason)
{
  if (!r->status.greeted)
    r->failures++;
  if (r->failures < FAILURES_MAX || flash_run_may_be_writing (r)) {
    flash_loss_of_connection (r, reason);
    return;
  }
  progress_end ();
  report_error (ERROR_SESSION_FAILED, "%s", reason);
  flash_run_finish (r, STATUS_NOT_WRITTEN);
  flash_job_tell_session (r->job, "abort");
}
