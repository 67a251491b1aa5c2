/* SPDX-License-Identifier: MIT */
/* flash-live-remote HOST IMAGE: the main job, phase by phase. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-login.h"
#include "board-privilege.h"
#include "board-return.h"
#include "command-hint.h"
#include "commands.h"
#include "deploy.h"
#include "flash-job.h"
#include "flash-outcome.h"
#include "flash-run.h"
#include "fleet-member.h"
#include "found-session.h"
#include "helper-choice.h"
#include "helper-files.h"
#include "interrupt.h"
#include "local-image.h"
#include "message-sink.h"
#include "messages.h"
#include "new-host-key.h"
#include "plan.h"
#include "plan-record.h"
#include "report.h"
#include "session-status.h"
#include "session-store.h"
#include "target-checks.h"

/* Phase 0 on the board. */
static int
reach_board (struct flash_job *job)
{
  const struct ssh_config *c = job->config;

  if (job->options->transport != TRANSPORT_LOCAL)
    message_phase ("connect", "Connecting to %s@%s", c->user, c->host);
  switch (board_login (job, false)) {
  case LOGIN_FAILED:
    return -1;
  case LOGIN_ORDINARY:
    message_phase ("probe", "Probing the board");
    return target_probe_run (job->connection, job->options->device, PROBE_FLASH,
                             &job->board) == -1
           || board_privilege_obtain (job) == -1 ? -1 : 0;
  case LOGIN_LIFEBOAT:
    message_info ("The board lets the key of an earlier flash in: it is being "
                  "flashed, and this leads into its memory");
    target_probe_parse ("", &job->board);       /* all empty */
    return 0;
  }
  return -1;
}

/* Whether the board's programs are there, before anybody is asked anything. */
static int
check_helper (const struct flash_job *job)
{
  struct helper_file busybox = { .data = NULL };
  struct helper_choice choice;
  int result = helper_choice_make (job, true, &choice);

  if (result == 0 && job->options->busybox)
    result = helper_file_read_path (job->options->busybox, &busybox);
  helper_file_release (&busybox);
  return result;
}

/* -- Beginning ------------------------------------------------------------ */

/* From here on a session may be on the board, so its key must be on this disk. */
static int
prepare_session (struct flash_job *job)
{
  if (deploy_name_session (job) == -1)
    return -1;
  job->at_work = true;
  if (!flash_job_wants_lifeboat (job))
    return 0;
  job->stored = calloc (1, sizeof *job->stored);
  if (!job->stored) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (session_store_create (job, board_connection_host_key (job->connection),
                            job->stored) == 0)
    return 0;
  free (job->stored);
  job->stored = NULL;
  return -1;
}

/* The session is there, and cannot be used. */
static enum exit_status
give_up (struct flash_job *job)
{
  if (interrupt_count () > 0)
    message_always ("Interrupted: the board cleans up.");
  flash_job_tell_session (job, "abort");
  flash_job_await_clean_up (job);
  return STATUS_NOT_WRITTEN;
}

static enum exit_status
deploy_and_run (struct flash_job *job)
{
  if (prepare_session (job) == -1)
    return STATUS_NOT_WRITTEN;
  message_phase ("deploy", "Deploying the helper into the board's memory");
  switch (deploy_run (job)) {
  case 0:
    break;
  case -2:
    return give_up (job);
  default:
    flash_job_await_clean_up (job);
    return STATUS_NOT_WRITTEN;
  }
  if (job->stored && board_login_change_to_lifeboat (job) == -1)
    return give_up (job);
  return flash_run (job);
}

/* -- Going on ------------------------------------------------------------- */

/* Before the write the ordinary sshd answers, and the lifeboat is proven anew. */
static enum exit_status
go_on (struct flash_job *job)
{
  const bool before_write = !job->go_taken
                            && !found_session_is (job, "state", "stopped");

  if (found_session_check_unchanged (job) == -1)
    return STATUS_NOT_WRITTEN;
  job->at_work = true;
  message_phase ("go-on", "Going on with the flash that the board is at");
  if (before_write && job->stored && !job->in_lifeboat
      && board_login_change_to_lifeboat (job) == -1)
    return give_up (job);
  return flash_run (job);
}

/* -- The order ------------------------------------------------------------ */

static int
prepare (struct flash_job *job)
{
  if (board_patch_prepare (job) == -1 || new_host_key_prepare (job) == -1)
    return -1;
  if (job->member)
    return fleet_member_equip (job->member, job);
  return plan_check_confirmation (job->options) == -1
         || flash_job_prepare_image (job) == -1 ? -1 : 0;
}

/* Everything that is known before the plan.  0, or -1 after a report. */
static int
look (struct flash_job *job, enum found_session *found)
{
  if (reach_board (job) == -1)
    return -1;
  *found = found_session_judge (job);
  if (*found == FOUND_REFUSED)
    return -1;
  if (board_return_prepare (job) == -1)
    return -1;
  if (*found == FOUND_RESUME)
    return 0;
  return target_checks_run (job) == -1 || local_image_check (job) == -1
         || check_helper (job) == -1 || board_patch_make (job) == -1
         || target_checks_memory (job) == -1 ? -1 : 0;
}

/* The connection did not last until the `go' of a board of several: what was
 * confirmed must still be there.  The host key is compared by the login. */
static int
look_again (struct flash_job *job, enum found_session before)
{
  const struct target_probe *b = &job->board;
  char disk_before[512], disk_now[512];
  enum found_session found;

  snprintf (disk_before, sizeof disk_before, "%s %" PRIu64 " %s %s", b->disk_number,
            b->disk_size, b->disk_serial, b->boot_id);
  flash_job_forget_board (job);
  if (look (job, &found) == -1)
    return -1;
  snprintf (disk_now, sizeof disk_now, "%s %" PRIu64 " %s %s", b->disk_number,
            b->disk_size, b->disk_serial, b->boot_id);
  if (found == before && strcmp (disk_before, disk_now) == 0)
    return 0;
  report_error (ERROR_BOARD_CHANGED,
                "the board is not any more what the plan has shown: it was "
                "rebooted, or is at another flash");
  return -1;
}

static int
confirm (struct flash_job *job, enum found_session found)
{
  if (!job->member)
    return plan_confirm (job->options);
  if (fleet_member_await_go (job->member, job) == -1)
    return -1;
  return job->connection ? 0 : look_again (job, found);
}

static enum exit_status
flash (struct flash_job *job)
{
  enum found_session found;

  if (prepare (job) == -1 || look (job, &found) == -1)
    return STATUS_NOT_WRITTEN;
  plan_show (job);
  if (found == FOUND_REMOVABLE)
    plan_record_earlier (job);
  if (found == FOUND_REMOVABLE && message_sink_is_text ())
    message_always ("  AN EARLIER FLASH OF THIS BOARD IS GIVEN UP: image %s, disk %s, "
                    "state %s", session_status_get (&job->report, "image"),
                    session_status_get (&job->report, "target-name"),
                    session_status_get (&job->report, "state"));
  if (found != FOUND_RESUME)
    target_checks_warn (job);
  if (job->options->dry_run) {
    plan_record_confirmation (job->options, job->options->host);
    return job->member && fleet_member_await_go (job->member, job) == -1
           ? STATUS_NOT_WRITTEN : STATUS_DONE;
  }
  if (confirm (job, found) == -1)
    return STATUS_NOT_WRITTEN;

  interrupt_defer ();
  if (found == FOUND_RESUME)
    return go_on (job);
  if (found == FOUND_REMOVABLE && found_session_remove (job) == -1)
    return STATUS_NOT_WRITTEN;
  return deploy_and_run (job);
}

/* Whether nobody needs the key of SESSION any more.  A board that does not reboot
 * keeps its lifeboat, and can be reset by nothing else. */
static bool
is_key_spent (const struct flash_job *job, enum exit_status status)
{
  if (!job->stored || !job->at_work)
    return false;
  if (status == STATUS_DONE)
    return job->options->rehearse || !flash_job_is_root_disk (job)
           || job->reboots;
  return status == STATUS_NOT_WRITTEN;
}

/* What another run of this program has written stays true. */
static void
say_unwritten (const struct flash_job *job)
{
  const char *host = job->options->host;

  if (job->member && (job->at_work || !job->report.text))
    return;                     /* the parent says so, of all boards */
  if (job->at_work || !found_session_may_have_written (job))
    report_error (ERROR_NOTHING_WRITTEN, "nothing was written to %s", host);
  else if (job->report.text) {
    report_error (ERROR_NOTHING_WRITTEN,
                  "nothing was written to %s by this command; the flash that is "
                  "under way there is left alone", host);
    command_hint_say ("See how far it is", "status", job->options);
  }
  else
    report_error (ERROR_NOTHING_WRITTEN,
                  "nothing was written to %s by this command", host);
}

/* Whether the board reboots now, and that is waited for. */
static bool
is_to_return (const struct flash_job *job)
{
  const struct options *o = job->options;

  return o->wait_seconds > 0 && !o->dry_run && !o->rehearse
         && flash_outcome_reboots (job);
}

enum exit_status
flash_command (const struct options *options, struct fleet_member *member,
               int *command_status)
{
  struct flash_job job = {
    .options = options, .member = member, .verification = options->verification,
    .reboots = options->reboot
  };
  struct ssh_config *config;
  enum exit_status status;

  job.config = config = ssh_config_read (options);
  if (!config)
    return STATUS_USAGE;
  status = flash (&job);
  if (status == STATUS_NOT_WRITTEN)
    say_unwritten (&job);
  else if (status == STATUS_DONE && options->dry_run && !member)
    message_info ("Dry run: nothing was written.");
  if (status == STATUS_NOT_WRITTEN && !job.at_work
      && found_session_may_have_written (&job))
    job.written = WRITTEN_UNKNOWN;
  board_state_record (job.written, job.resumable, job.board.disk ? job.board.disk
                                                                 : "");
  if (is_key_spent (&job, status))
    session_store_remove (job.session);
  if (status == STATUS_DONE && is_to_return (&job))
    status = board_return_await (&job, command_status);

  flash_job_release (&job);
  ssh_config_free (config);
  return status;
}
