/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "board-login.h"
#include "board-privilege.h"
#include "messages.h"
#include "report.h"
#include "session-status.h"
#include "session-store.h"

const char *
session_status_get (const struct session_report *r, const char *key)
{
  const char *value = status_get (&r->record, key);

  return value ? value : "";
}

bool
session_status_says (const struct session_report *r, const char *key,
                     const char *value)
{
  return strcmp (session_status_get (r, key), value) == 0;
}

uint64_t
session_status_number (const struct session_report *r, const char *key)
{
  uint64_t n;

  return status_get_number (&r->record, key, &n) ? n : 0;
}

enum session_stage
session_status_stage (const struct session_report *r)
{
  if (session_status_says (r, "state", "preparing")
      || session_status_says (r, "state", "ready"))
    return STAGE_UNWRITTEN;
  return session_status_says (r, "state", "verified")
         || session_status_says (r, "state", "done")
         ? STAGE_WRITTEN : STAGE_PARTLY_WRITTEN;
}

/* The ordinary login: whether there is a flash, and whether we may ask it. */
static int
look_for_session (struct flash_job *job)
{
  if (target_probe_run (job->connection, NULL, PROBE_FLASH, &job->board) == -1)
    return -1;
  if (!job->board.session_directory)
    return 0;
  if (board_privilege_obtain (job) == 0)
    return 1;
  report_error (ERROR_ROOT_NEEDED,
                "a flash is under way on %s, but only root can ask for it",
                job->options->host);
  return -1;
}

int
session_status_ask (struct flash_job *job)
{
  const char *id;
  int found;

  session_report_release (&job->report);
  found = flash_job_ask_status (job, &job->report);
  if (found != 1)
    return found;
  /* It becomes part of commands on the board. */
  id = session_status_get (&job->report, "session");
  if (!flash_job_is_session_id (id)) {
    report_error (ERROR_BOARD_ANSWER,
                  "the flash that is under way on %s has no valid name",
                  job->options->host);
    return -1;
  }
  strcpy (job->session, id);
  return 1;
}

int
session_status_open (struct flash_job *job)
{
  int found = 1;

  message_detail ("Connecting to %s", job->options->host);
  switch (board_login (job, false)) {
  case LOGIN_FAILED:
    return -1;
  case LOGIN_ORDINARY:
    found = look_for_session (job);
    break;
  case LOGIN_LIFEBOAT:
    break;
  }
  if (found == 1)
    found = session_status_ask (job);
  if (found == 1 && job->in_lifeboat)
    session_store_used (job->session);
  return found;
}
