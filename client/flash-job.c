/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "board-login.h"
#include "board-privilege.h"
#include "cleanup.h"
#include "first-boot.h"
#include "flash-job.h"
#include "plan-record.h"
#include "report.h"
#include "session-store.h"
#include "ssh-exec.h"
#include "status-record.h"
#include "terminal-text.h"
#include "tls-trust.h"

#define ANSWER_SECONDS 60
#define CLEAN_UP_SECONDS 30
#define LOGIN_ATTEMPTS 4

int
flash_job_prepare_image (struct flash_job *job)
{
  struct image_location *location = &job->location;

  if (image_location_parse (job->options->image, location) == -1
      || tls_trust_find (location) == -1)
    return -1;
  message_phase ("check-image", "Checking the image %s", location->shown);
  job->server = image_server_start (location, job->options->rescan, false);
  if (!job->server)
    return -1;
  if (image_facts_read (job->server, location, &job->image) == -1)
    return -1;
  plan_record_image (&job->image, location->kind == IMAGE_FILE ? location->given
                     : location->shown);
  return job->options->first_boot
         ? first_boot_make (job->options->first_boot, job->server, &job->image) : 0;
}

bool
flash_job_is_session_id (const char *text)
{
  return strlen (text) == SESSION_ID_SIZE - 1
         && strspn (text, "0123456789abcdef") == SESSION_ID_SIZE - 1;
}

bool
flash_job_is_root_disk (const struct flash_job *job)
{
  return *job->board.root_partition != '\0';
}

const char *
flash_job_stop_services (const struct flash_job *job)
{
  if (job->options->stop_services)
    return job->options->stop_services;
  return flash_job_is_root_disk (job) ? DEFAULT_STOP_SERVICES : "";
}

char *
flash_job_helper_command (const struct flash_job *job, const char *verb,
                          bool with_session)
{
  char *command;

  if (asprintf (&command, "%s" FLASH_RAM_ROOT "/bin/flash-helper %s -r "
                FLASH_RAM_ROOT "%s%s", board_privilege_prefix (job), verb,
                with_session ? " " : "", with_session ? job->session : "") == -1) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  return command;
}

int
flash_job_tell_session (struct flash_job *job, const char *verb)
{
  CLEANUP_FREE char *command = flash_job_helper_command (job, verb, true);
  struct ssh_exec *exec;
  int result = -1;

  if (!command
      || !(exec = ssh_exec_new (job->connection, command,
                                board_privilege_input (job), 1)))
    return -1;
  if (ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0) {
    result = ssh_exec_status (exec) == 0 ? 0 : -1;
    if (result == -1)
      message_verbatim ("board: ", ssh_exec_stderr (exec));
  }
  ssh_exec_free (exec);
  return result;
}

bool
flash_job_is_in_place (const struct flash_job *job)
{
  return job->options->transport == TRANSPORT_LOCAL
         && job->options->mode == FLASH_STREAM
         && job->location.kind == IMAGE_FILE;
}

const char *
flash_job_mode (const struct flash_job *job)
{
  return flash_mode_name (flash_job_is_in_place (job) ? FLASH_RAMFS
                                                      : job->options->mode);
}

/* Nobody who is not on the board is there to use one with --local. */
bool
flash_job_wants_lifeboat (const struct flash_job *job)
{
  if (job->options->transport == TRANSPORT_LOCAL)
    return false;
  return flash_job_is_root_disk (job) || job->options->lifeboat_given;
}

/* -- What the session says of itself -------------------------------------- */

/* A login shell may say something in front of it. */
static bool
parse_status (const char *output, struct session_report *report)
{
  const char *start = strstr (output, STATUS_RECORD_PREFIX "session ");

  if (!start || !(report->text = strndup (start, strcspn (start, "\n"))))
    return false;
  if (!status_parse (report->text, &report->record))
    return false;
  for (unsigned i = 0; i < report->record.nr_fields; i++)
    terminal_text_clean (report->record.fields[i].value);
  return true;
}

/* After a failure: the directory tells whether a session is there that does not
 * answer. */
static int
look_for_session (struct flash_job *job)
{
  struct ssh_exec *exec = ssh_exec_new (job->connection,
                                        "test -d " FLASH_RAM_ROOT, NULL, 0);
  int result = -1;

  if (exec && ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0)
    result = ssh_exec_status (exec) == 1 ? 0 : -1;
  ssh_exec_free (exec);
  return result;
}

int
flash_job_ask_status (struct flash_job *job, struct session_report *report)
{
  CLEANUP_FREE char *command = flash_job_helper_command (job, "status", false);
  struct ssh_exec *exec;
  int result = -1;

  memset (report, 0, sizeof *report);
  if (!command
      || !(exec = ssh_exec_new (job->connection, command,
                                board_privilege_input (job), 1)))
    return -1;
  if (ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0) {
    if (ssh_exec_status (exec) == 0
        && parse_status (ssh_exec_stdout (exec), report))
      result = 1;
    else if ((result = look_for_session (job)) == -1) {
      report_error (ERROR_BOARD_ANSWER,
                    "the board's helper does not say where the flash stands");
      message_verbatim ("board: ", ssh_exec_stderr (exec));
    }
  }
  ssh_exec_free (exec);
  return result;
}

void
session_report_release (struct session_report *report)
{
  free (report->text);
  report->text = NULL;
}

/* -- The end -------------------------------------------------------------- */

/* The RAM root goes away under a login into it: log in as usual, unless somebody
 * would have to be asked. */
static void
leave_lifeboat (struct flash_job *job)
{
  const struct timespec pause = { .tv_sec = 1 };
  struct stored_session *stored = job->stored;

  board_connection_close (job->connection);
  job->connection = NULL;
  job->stored = NULL;
  job->ask_nothing = true;
  /* The board may just be giving its port back. */
  for (int i = 0; i < LOGIN_ATTEMPTS && board_login (job, true) == LOGIN_FAILED; i++)
    nanosleep (&pause, NULL);
  job->stored = stored;
}

void
flash_job_await_clean_up (struct flash_job *job)
{
  static const char command[] =
    "sh -c 'i=0; while [ -d " FLASH_RAM_ROOT " ] && [ $i -lt 20 ]; do "
    "sleep 1; i=$((i+1)); done; [ ! -d " FLASH_RAM_ROOT " ]'";
  struct ssh_exec *exec;

  if (job->in_lifeboat)
    leave_lifeboat (job);
  if (!job->connection)
    return;
  message_hold_errors ();       /* it was lost before, then */
  exec = ssh_exec_new (job->connection, command, NULL, 0);
  bool remains = exec && ssh_exec_wait (exec, CLEAN_UP_SECONDS, false) == 0
                 && ssh_exec_status (exec) == 1;
  ssh_exec_free (exec);
  message_release_errors ();
  if (remains)
    message_warning ("the board still has " FLASH_RAM_ROOT
                     "; it goes away with the next flash or reboot");
}

void
flash_job_forget_board (struct flash_job *job)
{
  board_connection_close (job->connection);
  job->connection = NULL;
  job->in_lifeboat = false;
  target_probe_release (&job->board);
  board_patch_release (&job->patch);
  session_report_release (&job->report);
  if (job->stored)
    stored_session_release (job->stored);
  free (job->stored);
  job->stored = NULL;
  *job->session = '\0';
  job->resume = job->go_taken = false;
}

void
flash_job_release (struct flash_job *job)
{
  flash_job_forget_board (job);
  board_privilege_release (job);
  image_server_stop (job->server);
  job->server = NULL;
  image_location_release (&job->location);
  free (job->host_key);
  job->host_key = NULL;
  free (job->expected_host_key);
  job->expected_host_key = NULL;
  free (job->image_path);
  job->image_path = NULL;
}
