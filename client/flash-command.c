/* SPDX-License-Identifier: MIT */
/* flash-live-remote HOST IMAGE: the main job, phase by phase. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "commands.h"
#include "deploy.h"
#include "flash-job.h"
#include "flash-run.h"
#include "helper-files.h"
#include "interrupt.h"
#include "messages.h"
#include "plan.h"
#include "report.h"
#include "target-checks.h"

/* Phase 0, the image's half. */
static int
prepare_image (struct flash_job *job)
{
  const char *image = job->options->image;

  message_info ("Checking the image %s", image);
  job->server = image_server_start (image, job->options->rescan);
  if (!job->server)
    return -1;
  return image_facts_read (job->server, image, &job->image);
}

/* Phase 0, the board's half. */
static int
probe_board (struct flash_job *job)
{
  const struct ssh_config *c = job->config;
  struct helper_file script;
  int result;

  message_info ("Connecting to %s@%s", c->user, c->host);
  job->connection = ssh_connection_open (c);
  if (!job->connection || helper_file_read ("probe.sh", &script) == -1)
    return -1;
  message_info ("Probing the board");
  result = target_probe_run (job->connection, script.data, job->options->device,
                             &job->board);
  helper_file_release (&script);
  return result;
}

/* Whether the board's program is there, before anybody is asked anything. */
static int
check_helper (const struct flash_job *job)
{
  struct helper_file program;
  int result = helper_file_read_program (job->board.machine, &program);

  helper_file_release (&program);
  return result;
}

static int
remove_old_session (struct flash_job *job)
{
  message_info ("Removing an earlier flash that has ended on the board");
  if (flash_job_tell_session (job, "abort") == -1) {
    report_error ("the earlier flash on this board cannot be removed: the board "
                  "must be rebooted first");
    return -1;
  }
  flash_job_await_clean_up (job);
  return 0;
}

static enum exit_status
deploy_and_run (struct flash_job *job)
{
  message_info ("Deploying the helper into the board's memory");
  switch (deploy_run (job)) {
  case 0:
    return flash_run (job);
  case -2:
    message_always ("Interrupted: the board cleans up.");
    flash_job_tell_session (job, "abort");
    break;
  }
  flash_job_await_clean_up (job);
  return STATUS_NOT_WRITTEN;
}

static enum exit_status
flash (struct flash_job *job)
{
  enum found_session found;

  if (plan_check_confirmation (job->options) == -1
      || prepare_image (job) == -1 || probe_board (job) == -1)
    return STATUS_NOT_WRITTEN;
  found = target_checks_session (job);
  if (found == SESSION_REFUSED)
    return STATUS_NOT_WRITTEN;
  if (found != SESSION_RESUME
      && (target_checks_run (job) == -1 || check_helper (job) == -1))
    return STATUS_NOT_WRITTEN;

  plan_show (job);
  target_checks_warn (job);
  if (job->options->dry_run)
    return STATUS_DONE;
  if (plan_confirm (job->options) == -1)
    return STATUS_NOT_WRITTEN;

  interrupt_defer ();
  if (found == SESSION_RESUME) {
    message_info ("Going on with the flash that the board is at");
    return flash_run (job);
  }
  if (found == SESSION_OVER && remove_old_session (job) == -1)
    return STATUS_NOT_WRITTEN;
  return deploy_and_run (job);
}

enum exit_status
flash_command (const struct options *options)
{
  struct flash_job job = { .options = options };
  struct ssh_config *config;
  enum exit_status status;

  job.config = config = ssh_config_read (options);
  if (!config)
    return STATUS_USAGE;
  status = flash (&job);
  if (status == STATUS_NOT_WRITTEN)
    report_error ("nothing was written to %s", options->host);
  else if (status == STATUS_DONE && options->dry_run)
    message_info ("Dry run: nothing was written.");

  ssh_connection_close (job.connection);
  image_server_stop (job.server);
  target_probe_release (&job.board);
  ssh_config_free (config);
  return status;
}
