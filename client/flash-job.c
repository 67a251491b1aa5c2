/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "flash-job.h"
#include "report.h"
#include "ssh-exec.h"
#include "status-record.h"

#define ANSWER_SECONDS 60
#define CLEAN_UP_SECONDS 30

const char *
flash_job_as_root (const struct flash_job *job)
{
  return job->in_lifeboat || strcmp (job->board.access, "root") == 0
         ? "" : "sudo -n ";
}

bool
flash_job_is_root_disk (const struct flash_job *job)
{
  return *job->board.root_partition != '\0';
}

char *
flash_job_helper_command (const struct flash_job *job, const char *verb,
                          bool with_session)
{
  char *command;

  if (asprintf (&command, "%s" FLASH_RAM_ROOT "/bin/flash-helper %s -r "
                FLASH_RAM_ROOT "%s%s", flash_job_as_root (job), verb,
                with_session ? " " : "", with_session ? job->session : "") == -1) {
    report_error ("out of memory");
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

  if (!command || !(exec = ssh_exec_new (job->connection, command, NULL, 0)))
    return -1;
  if (ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0) {
    result = ssh_exec_status (exec) == 0 ? 0 : -1;
    if (result == -1)
      message_verbatim ("board: ", ssh_exec_stderr (exec));
  }
  ssh_exec_free (exec);
  return result;
}

void
flash_job_await_clean_up (struct flash_job *job)
{
  static const char command[] =
    "sh -c 'i=0; while [ -d " FLASH_RAM_ROOT " ] && [ $i -lt 20 ]; do "
    "sleep 1; i=$((i+1)); done; [ ! -d " FLASH_RAM_ROOT " ]'";
  struct ssh_exec *exec = ssh_exec_new (job->connection, command, NULL, 0);

  if (exec && ssh_exec_wait (exec, CLEAN_UP_SECONDS, false) == 0
      && ssh_exec_status (exec) == 1)
    message_warning ("the board still has " FLASH_RAM_ROOT
                     "; it goes away with the next flash or reboot");
  ssh_exec_free (exec);
}
