/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command-hint.h"
#include "found-session.h"
#include "report.h"
#include "session-status.h"
#include "session-store.h"

#define ATTACHED_SECONDS 60     /* for the board to notice a client that is gone */
#define ATTACHED_PAUSE 2        /* seconds between two looks */

bool
found_session_is (const struct flash_job *job, const char *key, const char *value)
{
  return session_status_says (&job->report, key, value);
}

static bool
is_before_write (const struct flash_job *job)
{
  return found_session_is (job, "state", "preparing")
         || found_session_is (job, "state", "ready");
}

/* -- Whether it is this flash --------------------------------------------- */

/* From inside the lifeboat, a path of the old root says nothing: then its last
 * part is all there is to compare.  Links like /dev/disk/by-id/... cannot be. */
static bool
is_same_target (const struct flash_job *job)
{
  const char *device = job->options->device;

  if (!device)
    return found_session_is (job, "root-disk", "yes");
  if (!found_session_is (job, "root-disk", "no"))
    return false;
  if (job->in_lifeboat)
    return strncmp (device, "/dev/", 5) != 0 || strchr (device + 5, '/')
           || found_session_is (job, "target-name", device + 5)
           || found_session_is (job, "target-name", device);
  return !*job->board.refused
         && found_session_is (job, "target", job->board.disk_number);
}

static bool
is_same_flash (const struct flash_job *job)
{
  const struct integrity *image = &job->image.integrity;
  uint64_t disk_size;

  return found_session_is (job, "mode", flash_job_mode (job))
         && found_session_is (job, "stored-digest", image->digest)
         && status_get_number (&job->report.record, "disk-size", &disk_size)
         && disk_size == image->disk_size && is_same_target (job)
         && found_session_is (job, "patch-options", job->patch.options);
}

static bool
has_lifeboat (const struct flash_job *job)
{
  const char *state = session_status_get (&job->report, "lifeboat");

  return *state && strcmp (state, "no") != 0;
}

/* -- Its key -------------------------------------------------------------- */

static int
take_given_key (struct flash_job *job, struct stored_session *s)
{
  s->key_path = strdup (job->options->session_key);
  if (s->key_path)
    return 1;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

static int
take_stored_key (struct flash_job *job, struct stored_session *s)
{
  struct stored_session list[STORED_SESSIONS_MAX];
  size_t nr = session_store_find (job->options->host, list, STORED_SESSIONS_MAX);
  int found = 0;

  for (size_t i = 0; i < nr; i++)
    if (!found && strcmp (list[i].id, job->session) == 0) {
      *s = list[i];
      found = 1;
    }
    else
      stored_session_release (&list[i]);
  return found;
}

/* JOB->stored for the session, if it is here: 1, 0 without, -1 after a report. */
static int
take_key (struct flash_job *job)
{
  struct stored_session *s = calloc (1, sizeof *s);
  int found;

  if (!s) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  found = job->options->session_key ? take_given_key (job, s)
                                    : take_stored_key (job, s);
  /* What this login has seen is what the next one must see. */
  if (found == 1 && (!s->host_key || !*s->host_key)) {
    free (s->host_key);
    s->host_key = strdup (board_connection_host_key (job->connection));
  }
  if (found == 1)
    job->stored = s;
  else
    free (s);
  return found;
}

/* -- Taking it over ------------------------------------------------------- */

static enum verification
verification_of (const struct flash_job *job)
{
  if (found_session_is (job, "verify", verification_name (VERIFY_OFF)))
    return VERIFY_OFF;
  return found_session_is (job, "verify", verification_name (VERIFY_SAMPLE))
         ? VERIFY_SAMPLE : VERIFY_FULL;
}

/* The record has all that is needed of the board. */
static void
fill_board (struct flash_job *job)
{
  struct target_probe *b = &job->board;

  b->disk = session_status_get (&job->report, "target-name");
  b->disk_number = session_status_get (&job->report, "target");
  if (!status_get_number (&job->report.record, "target-size", &b->disk_size))
    b->disk_size = 0;
  b->root_partition = found_session_is (job, "root-disk", "yes") ? b->disk : "";
}

static enum found_session
resume (struct flash_job *job)
{
  const bool stopped = found_session_is (job, "state", "stopped");

  job->resume = true;
  job->go_taken = !is_before_write (job) && !stopped;
  job->verification = verification_of (job);
  job->reboots = found_session_is (job, "reboot", "yes");
  fill_board (job);
  return FOUND_RESUME;
}

static enum found_session
refuse (const struct flash_job *job)
{
  const struct session_report *r = &job->report;
  const bool attached = session_status_says (r, "attached", "yes");

  report_error (ERROR_FLASH_UNDER_WAY,
                "a flash is already under way on this board: image %s, mode %s, "
                "target %s, state %s%s",
                session_status_get (r, "image"), session_status_get (r, "mode"),
                session_status_get (r, "target-name"),
                session_status_get (r, "state"),
                attached ? ", a client is attached" : ", no client is attached");
  if (attached)
    message_always ("Wait for its end, or for the other client's.");
  else if (job->options->rehearse)
    message_always ("Nothing can be rehearsed meanwhile.");
  else {
    message_always (is_same_flash (job) ? "It has ended without success."
                    : "It waits for the same image, mode, target, --keep and "
                      "--config: give these to let it finish.");
    command_hint_say ("To give it up", "abandon", job->options);
  }
  return FOUND_REFUSED;
}

/* -- Judging -------------------------------------------------------------- */

/* A client that was cut off may still count as attached for a while. */
static int
wait_until_alone (struct flash_job *job)
{
  const struct timespec pause = { .tv_sec = ATTACHED_PAUSE };
  int found = 1;

  message_info ("A client is attached to this flash: waiting up to %d s for the "
                "board to notice if it is gone", ATTACHED_SECONDS);
  for (int i = 0; i < ATTACHED_SECONDS / ATTACHED_PAUSE && found == 1
       && found_session_is (job, "attached", "yes"); i++) {
    nanosleep (&pause, NULL);
    found = session_status_ask (job);
  }
  return found;
}

/* It can go on only where its lifeboat can be proven, before the write. */
static bool
can_resume (struct flash_job *job, int key)
{
  if (is_before_write (job))
    return key == 1 || !has_lifeboat (job) || job->in_lifeboat;
  if (job->options->rehearse)
    return false;
  return found_session_is (job, "state", "writing")
         || found_session_is (job, "state", "verified")
         || found_session_is (job, "state", "stopped");
}

/* From inside its lifeboat the board cannot be probed for a new flash. */
static bool
is_removable (const struct flash_job *job)
{
  if (found_session_is (job, "attached", "yes") || job->in_lifeboat)
    return false;
  return is_before_write (job)
         || (found_session_is (job, "root-disk", "no")
             && (found_session_is (job, "state", "failed")
                 || found_session_is (job, "state", "done")
                 || found_session_is (job, "state", "stopped")));
}

/* The probe could not ask.  What does not answer is dead, as it is for the probe. */
static int
ask_by_password (struct flash_job *job)
{
  int found;

  message_hold_errors ();
  found = session_status_ask (job);
  message_release_errors ();
  return found == 1 ? 1 : 0;
}

enum found_session
found_session_judge (struct flash_job *job)
{
  int found = 0, key = 0;
  bool same;

  if (job->in_lifeboat || job->board.has_session)
    found = session_status_ask (job);
  else if (job->board.session_directory && job->password)
    found = ask_by_password (job);
  if (found == 1 && is_same_flash (job) && found_session_is (job, "attached", "yes"))
    found = wait_until_alone (job);
  if (found == 0 && job->in_lifeboat) {
    report_error (ERROR_FLASH_GONE_ON,
                  "the board's lifeboat lets this program in, but no flash is "
                  "under way there: it is about to reboot; try again");
    found = -1;
  }
  if (found != 1)
    return found == 0 ? FOUND_NONE : FOUND_REFUSED;
  if (has_lifeboat (job) && (key = take_key (job)) == -1)
    return FOUND_REFUSED;
  same = is_same_flash (job) && found_session_is (job, "attached", "no");
  if (same && can_resume (job, key))
    return resume (job);
  return is_removable (job) ? FOUND_REMOVABLE : refuse (job);
}

bool
found_session_may_have_written (const struct flash_job *job)
{
  if (job->report.text)
    return !is_before_write (job);
  /* An ordinary login that has found none, or no login at all. */
  return !job->connection || job->in_lifeboat || job->board.session_directory;
}

/* What is to be done differs between them. */
static bool
is_same_stage (const struct session_report *a, const struct session_report *b)
{
  return (session_status_stage (a) == STAGE_UNWRITTEN)
         == (session_status_stage (b) == STAGE_UNWRITTEN)
         && session_status_says (a, "state", "stopped")
            == session_status_says (b, "state", "stopped");
}

int
found_session_check_unchanged (struct flash_job *job)
{
  struct session_report now;
  const int found = flash_job_ask_status (job, &now);
  const bool same = found == 1
                    && session_status_says (&now, "session", job->session)
                    && session_status_says (&now, "attached", "no")
                    && is_same_stage (&now, &job->report);

  session_report_release (&now);
  if (found != -1 && !same)
    report_error (ERROR_FLASH_GONE_ON,
                  "the flash on the board has %s meanwhile: give the command again",
                  found == 0 ? "ended" : "gone on, or got another client,");
  return same ? 0 : -1;
}

int
found_session_remove (struct flash_job *job)
{
  const bool stopped = found_session_is (job, "state", "stopped");

  message_phase ("remove-earlier-flash",
                 "Removing another flash from the board: image %s, state %s",
                 session_status_get (&job->report, "image"),
                 session_status_get (&job->report, "state"));
  if (flash_job_tell_session (job, stopped ? "abandon" : "abort") == -1) {
    report_error (ERROR_SESSION_STUCK,
                  "the other flash cannot be removed: the board must be rebooted "
                  "first");
    return -1;
  }
  flash_job_await_clean_up (job);
  session_store_remove (job->session);
  if (job->stored)
    stored_session_release (job->stored);
  free (job->stored);
  job->stored = NULL;
  session_report_release (&job->report);
  *job->session = '\0';
  return 0;
}
