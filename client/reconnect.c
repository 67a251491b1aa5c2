/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "board-login.h"
#include "board-privilege.h"
#include "clock.h"
#include "interrupt.h"
#include "messages.h"
#include "progress.h"
#include "prompt.h"
#include "reconnect.h"
#include "report.h"
#include "session-status.h"

#define TALKATIVE_ATTEMPTS 5    /* that are said each, where no line is redrawn */
#define TALK_SECONDS 60         /* and then this often */

struct attempts
{
  const struct reconnect_wish *wish;
  char reason[256];
  unsigned nr;
  long last_said;               /* seconds */
};

static unsigned
pause_before (unsigned attempt)
{
  static const unsigned pauses[] = { 1, 2, 4, 8, 15 };

  return attempt <= sizeof pauses / sizeof *pauses ? pauses[attempt - 1] : 30;
}

static void
set_reason (struct attempts *a, const char *reason)
{
  snprintf (a->reason, sizeof a->reason, "%s",
            *reason ? reason : "the login failed");
  /* It becomes a part of a sentence. */
  const size_t len = strlen (a->reason);
  if (a->reason[len - 1] == '.')
    a->reason[len - 1] = '\0';
}

static void
say (struct attempts *a, unsigned left)
{
  char text[512];

  snprintf (text, sizeof text, "Connection lost: %s. The board %s; trying again "
            "in %u s (attempt %u)", a->reason, a->wish->may_have_rebooted
            ? "goes on by itself, and reboots" : "waits", left, a->nr);
  if (progress_show_text (text) || left < pause_before (a->nr)
      || (a->nr > TALKATIVE_ATTEMPTS
          && clock_seconds () - a->last_said < TALK_SECONDS))
    return;
  message_phase ("reconnect", "%s", text);
  a->last_said = clock_seconds ();
}

/* Whether an interrupt came. */
static bool
wait_for_attempt (struct attempts *a)
{
  struct pollfd interrupt = { .fd = interrupt_fd (), .events = POLLIN };
  const long end = clock_seconds () + (long) pause_before (a->nr);
  long left;

  while (interrupt_count () <= a->wish->interrupts
         && (left = end - clock_seconds ()) > 0) {
    say (a, (unsigned) left);
    poll (&interrupt, 1, 1000);
  }
  return interrupt_count () > a->wish->interrupts;
}

static void
hang_up (struct flash_job *job)
{
  board_connection_close (job->connection);
  job->connection = NULL;
  job->in_lifeboat = false;
}

/* -- What is found -------------------------------------------------------- */

/* Before the write it is the ordinary sshd that answers, and the lifeboat must
 * be proven anew: what follows has to come from inside it. */
static enum reconnect_outcome
return_to (struct flash_job *job, const struct session_report *report)
{
  if (job->stored && !job->in_lifeboat
      && session_status_stage (report) == STAGE_UNWRITTEN
      && board_login_change_to_lifeboat (job) == -1)
    return RECONNECT_UNPROVEN;
  return RECONNECT_BACK;
}

enum found { FOUND_IT, FOUND_NOTHING, FOUND_BUSY, FOUND_OUT_NOTHING };

static enum found
look (struct flash_job *job, struct session_report *report)
{
  int result;

  message_hold_errors ();
  result = board_privilege_catch_up (job);
  if (result == 0)
    result = flash_job_ask_status (job, report);
  message_release_errors ();
  if (result == -1)
    return FOUND_OUT_NOTHING;
  if (result == 0 || !session_status_says (report, "session", job->session))
    return FOUND_NOTHING;
  return session_status_says (report, "attached", "yes") ? FOUND_BUSY : FOUND_IT;
}

/* One attempt; true: it is decided. */
static bool
attempt (struct flash_job *job, struct attempts *a, enum reconnect_outcome *outcome)
{
  struct session_report report = { .text = NULL };
  enum found found = FOUND_OUT_NOTHING;
  enum board_login login;
  bool decided = true;

  prompt_set_occasion ("The connection was lost, and the board waits: log in "
                       "again, or leave it with ^C.");
  login = board_login (job, true);
  if (login != LOGIN_FAILED)
    found = look (job, &report);
  prompt_set_occasion (NULL);

  *outcome = RECONNECT_NEW_HOST_KEY;
  if (login == LOGIN_FAILED) {
    set_reason (a, message_last_error ());
    return job->host_key_changed && a->wish->may_have_rebooted;
  }
  switch (found) {
  case FOUND_IT:
    progress_hide ();
    *outcome = return_to (job, &report);
    break;
  case FOUND_NOTHING:
    *outcome = job->host_key_changed ? RECONNECT_NEW_HOST_KEY : RECONNECT_GONE;
    hang_up (job);
    break;
  case FOUND_BUSY:
    set_reason (a, "the board still holds on to the connection that broke");
    hang_up (job);
    decided = false;
    break;
  case FOUND_OUT_NOTHING:
    set_reason (a, message_last_error ());
    hang_up (job);
    decided = false;
    break;
  }
  session_report_release (&report);
  return decided;
}

enum reconnect_outcome
reconnect (struct flash_job *job, const struct reconnect_wish *wish)
{
  struct attempts a = { .wish = wish };
  enum reconnect_outcome outcome;

  set_reason (&a, wish->reason);
  job->in_lifeboat = false;
  /* Once the lifeboat answers, an ordinary login is only a look. */
  job->ask_nothing = wish->written && job->stored;
  do {
    a.nr++;
    if (wait_for_attempt (&a)) {
      progress_hide ();
      return RECONNECT_INTERRUPTED;
    }
  } while (!attempt (job, &a, &outcome));
  progress_hide ();
  if (outcome == RECONNECT_BACK)
    message_info ("Connected to the board again: the flash goes on");
  return outcome;
}
