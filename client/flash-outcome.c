/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command-hint.h"
#include "flash-outcome.h"
#include "report.h"

bool
flash_outcome_reboots (const struct flash_job *job)
{
  return flash_job_is_root_disk (job) && job->reboots;
}

static bool
is_ramfs (const struct flash_job *job)
{
  return job->options->mode == FLASH_RAMFS;
}

static void
explain_unwritten (const struct flash_job *job, bool go)
{
  if (go)
    message_always ("The board was about to write %s: it stops with nothing "
                    "written, or it has just begun.\nLeave it switched on.",
                    job->board.disk);
  else
    message_always ("Without this program the board cleans up by itself, within "
                    "half an hour.");
}

/* Behind the point of no return. */
static void
explain_written (const struct flash_job *job, const struct flash_status *s)
{
  const char *disk = job->board.disk;

  if (s->stopped)
    message_always ("The board has stopped, with %s partly written; it keeps "
                    "everything: leave it switched on.", disk);
  else if (is_ramfs (job) || s->copied)
    message_always ("The board has the whole image: it finishes by itself%s%s%s.\n"
                    "Leave it switched on.",
                    job->verification == VERIFY_OFF ? "" : ", verifies ",
                    job->verification == VERIFY_OFF ? "" : disk,
                    flash_outcome_reboots (job) ? " and reboots" : "");
  else
    message_always ("The board waits, with %s partly written: leave it switched "
                    "on, for as long as it takes.", disk);
}

void
flash_outcome_explain_interruption (const struct flash_job *job,
                                    const struct flash_status *s, bool go)
{
  if (s->writing)
    explain_written (job, s);
  else
    explain_unwritten (job, go);
  if (!s->writing && !go)
    return;
  message_always ("Run the same command again to go on where it is.");
  command_hint_say ("See how far it is", "status", job->options);
  command_hint_say ("Give it up", "abandon", job->options);
}

enum exit_status
flash_outcome_of_lost_session (const struct flash_job *job,
                               const struct flash_status *s, bool go)
{
  const char *disk = job->board.disk, *host = job->options->host;

  if (s->verified) {
    message_info ("The board answers, and the flash is over: it had verified %s "
                  "before.", disk);
    return STATUS_DONE;
  }
  if (!go) {
    report_error (ERROR_FLASH_GONE,
                  "the board answers, and the flash is no longer there: it has "
                  "cleaned up, or was switched off");
    return STATUS_NOT_WRITTEN;
  }
  if (is_ramfs (job) || s->copied) {
    report_error (ERROR_RESULT_UNKNOWN,
                  "the board answers%s, and the flash is no longer there.\n"
                  "It had the whole image, so it has most likely finished%s; but "
                  "that %s was verified was not heard here.\nCompare: "
                  "flash-live-remote verify %s%s%s %s",
                  job->host_key_changed ? " with another host key" : "",
                  flash_outcome_reboots (job)
                  ? " and rebooted into the new system" : "", disk,
                  job->options->device ? "--device " : "",
                  job->options->device ? job->options->device : "",
                  job->options->device ? " " : "", host);
    return STATUS_INTERRUPTED;
  }
  if (!s->writing) {
    report_error (ERROR_RESULT_UNKNOWN,
                  "the board answers, and the flash is no longer there; it was told "
                  "to write, and whether it had begun is not known.\n"
                  "%s may be partly written: flash it again", disk);
    return STATUS_PARTLY_WRITTEN;
  }
  report_error (ERROR_PARTLY_WRITTEN,
                "the board answers, and the flash is no longer there: it was "
                "switched off or reset in the middle.\n%s is partly written%s",
                disk, flash_job_is_root_disk (job)
                ? ": write it from another machine, or from a rescue system"
                : ": flash it again");
  return STATUS_PARTLY_WRITTEN;
}

/* -- The end -------------------------------------------------------------- */

/* How far the disk was proven; never more than was done. */
static void
proof_text (const struct flash_job *job, const struct flash_status *s,
            char *text, size_t size)
{
  if (job->verification == VERIFY_OFF)
    snprintf (text, size, "NOT read back (--verify off)");
  else if (job->verification == VERIFY_SAMPLE && s->chunks > 0)
    snprintf (text, size, "%" PRIu64 " of %" PRIu64 " chunks read back and equal",
              s->chunks_read, s->chunks);
  else if (job->verification == VERIFY_SAMPLE)
    snprintf (text, size, "a sample read back and equal");
  else
    snprintf (text, size, "verified");
}

static void
explain_failure (const struct flash_job *job, const struct flash_status *s)
{
  const char *disk = job->board.disk, *host = job->options->host;

  if (s->stopped) {
    report_error (ERROR_STOPPED_PARTLY_WRITTEN,
                  "the board has stopped, with %s of %s partly written.  Everything "
                  "is kept there: leave it switched on.\n"
                  "The same command tries again from where it is.", disk, host);
    command_hint_say ("Give it up", "abandon", job->options);
  }
  else if (strcmp (s->written, "yes") == 0) {
    report_error (ERROR_REBOOT_FAILED,
                  "%s of %s holds the whole image, and the board could not be "
                  "rebooted into it", disk, host);
    command_hint_say ("Reset it", "abandon", job->options);
  }
  else if (s->result != RESULT_NONE) {
    report_error (ERROR_PARTLY_WRITTEN, "%s of %s is partly written%s", disk, host,
                  flash_job_is_root_disk (job)
                  ? ": leave it switched on, once it is off it does not boot again"
                  : "");
    command_hint_say ("See how it stands", "status", job->options);
  }
}

void
flash_outcome_say (const struct flash_job *job, const struct flash_status *s,
                   enum exit_status outcome)
{
  const char *disk = job->board.disk, *host = job->options->host;
  char proof[128];

  if (outcome == STATUS_DONE
      && (s->result == RESULT_REBOOTING || s->result == RESULT_DONE)) {
    proof_text (job, s, proof, sizeof proof);
    message_info ("Done: %s of %s holds %s, %s.%s", disk, host, job->image.name,
                  proof, s->result == RESULT_REBOOTING ? " The board reboots now."
                  : flash_job_is_root_disk (job)
                  ? " The old system hardly works any more: reset the board "
                    "into the new one with flash-live-remote abandon." : "");
  }
  else if (outcome == STATUS_DONE && s->result == RESULT_ABORTED)
    message_info ("Rehearsed: the flash of %s to %s of %s would work; nothing was "
                  "written; the board is as it was.", job->image.name, disk, host);
  else if (outcome == STATUS_PARTLY_WRITTEN)
    explain_failure (job, s);
}
