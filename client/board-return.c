/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-return.h"
#include "clock.h"
#include "interrupt.h"
#include "message-sink.h"
#include "messages.h"
#include "neighbour-table.h"
#include "new-system-command.h"
#include "progress.h"
#include "report.h"
#include "return-login.h"
#include "setting-merge.h"

#define PAUSE_SECONDS 2         /* between two rounds of attempts */
#define NEIGHBOURS_MAX 4

struct board_return
{
  struct return_login login;
  const struct flash_job *job;
  long begun, end;              /* seconds */
  unsigned interrupts;          /* that came before */
  char address[NEIGHBOUR_ADDRESS_SIZE]; /* "": where it was before */
};

/* -- Before ----------------------------------------------------------------- */

int
board_return_prepare (struct flash_job *job)
{
  const struct options *o = job->options;
  char wait[SETTING_PLACE_MAX], device[SETTING_PLACE_MAX];

  if (o->wait_seconds == 0)
    return 0;
  setting_place (o, SETTING_WAIT, wait);
  if (!job->in_lifeboat && !flash_job_is_root_disk (job)) {
    report_error (ERROR_OPTION_CONFLICT,
                  "%s: nobody reboots this board, for it does not run from the disk "
                  "that %s names: leave it out, or give --wait=no", wait,
                  setting_place (o, SETTING_DEVICE, device));
    return -1;
  }
  if (board_identity_learn (job->connection, &job->identity) == -1)
    return -1;
  if (*job->identity.boot_id || job->in_lifeboat)
    return 0;
  report_error (ERROR_OPTION_CONFLICT,
                "%s: the board does not tell its boot id, so a reboot of it cannot "
                "be seen: leave it out, or give --wait=no", wait);
  return -1;
}

/* -- The disk --------------------------------------------------------------- */

enum same_disk
board_return_compare (const struct target_probe *before,
                      const struct target_probe *after)
{
  if (*after->refused || !*after->disk || !*after->root_partition)
    return DISK_UNKNOWN;
  if (before->disk_size > 0 && after->disk_size != before->disk_size)
    return DISK_OTHER;
  if (*before->disk_serial && *after->disk_serial)
    return strcmp (before->disk_serial, after->disk_serial) == 0 ? DISK_SAME
                                                                 : DISK_OTHER;
  return strcmp (before->disk, after->disk) == 0
         || strcmp (before->disk_number, after->disk_number) == 0 ? DISK_SAME
                                                                  : DISK_OTHER;
}

/* -- What is found ----------------------------------------------------------- */

static void
record_return (const struct board_return *r, const struct target_probe *after,
               enum same_disk same)
{
  static const char *const words[] = {
    [DISK_SAME] = "flashed", [DISK_OTHER] = "other", [DISK_UNKNOWN] = "unknown"
  };

  message_record ("back", "seconds",
                  RECORD_NUMBER ((uint64_t) (clock_seconds () - r->begun)),
                  "user", r->login.user, "address", r->address,
                  "host_key", board_connection_host_key (r->login.connection),
                  "boot_id", after->boot_id, "hostname", after->hostname,
                  "kernel", after->kernel, "disk", after->disk,
                  "runs_from", words[same], NULL);
}

static enum return_attempt
judge_disk (const struct board_return *r, const struct target_probe *after)
{
  const struct target_probe *before = &r->job->board;
  const char *host = r->job->options->host;
  const long seconds = clock_seconds () - r->begun;
  const enum same_disk same = board_return_compare (before, after);

  record_return (r, after, same);
  if (same == DISK_OTHER) {
    report_error (ERROR_BOOTED_ELSEWHERE,
                  "%s is back after %ld s, but it runs from %s, not from the disk that "
                  "was flashed (%s): look at its boot order", host, seconds, after->disk,
                  before->disk);
    return RETURN_ENDED;
  }
  if (same == DISK_UNKNOWN)
    message_warning ("which disk the new system runs from could not be told: %s",
                     *after->refused ? after->refused : "its probe names none");
  message_info ("Back: %s%s%s%s answers %s after %ld s%s%s.", host,
                *r->address ? " (now " : "", r->address, *r->address ? ")" : "", r->login.user,
                seconds, same == DISK_SAME ? ", and runs from the disk that was flashed, "
                : "", same == DISK_SAME ? after->disk : "");
  return RETURN_BACK;
}

static enum return_attempt
look (struct board_return *r)
{
  const struct board_identity *before = &r->job->identity;
  struct target_probe after;
  enum return_attempt result = RETURN_AGAIN;

  message_hold_errors ();
  const int probed = target_probe_run (r->login.connection, NULL, PROBE_SURVEY, &after);
  message_release_errors ();
  if (probed == -1)
    snprintf (r->login.reason, sizeof r->login.reason, "%s", message_last_error ());
  else if (!*after.boot_id || strcmp (after.boot_id, before->boot_id) == 0)
    snprintf (r->login.reason, sizeof r->login.reason, *after.boot_id
              ? "it answers, and was not rebooted"
              : "it answers, and does not tell its boot id");
  else
    result = judge_disk (r, &after);
  target_probe_release (&after);
  return result;
}

/* -- One attempt ------------------------------------------------------------- */

static enum return_attempt
try_address (struct board_return *r, const char *address)
{
  enum return_attempt result = return_login_try (&r->login, address);

  if (result != RETURN_BACK)
    return result;
  snprintf (r->address, sizeof r->address, "%s", address);
  result = look (r);
  if (result != RETURN_BACK) {
    board_connection_close (r->login.connection);
    r->login.connection = NULL;
  }
  return result;
}

/* Where it was, or else where its MAC address is now.  Through a proxy, this
 * machine's neighbours are not the board's. */
static enum return_attempt
attempt (struct board_return *r)
{
  char addresses[NEIGHBOURS_MAX][NEIGHBOUR_ADDRESS_SIZE];
  enum return_attempt result = try_address (r, "");
  size_t nr = 0;
  FILE *f;

  if (result != RETURN_UNREACHABLE || r->job->config->proxy_command)
    return result;
  f = fopen (NEIGHBOUR_TABLE, "re");
  if (f)
    nr = neighbour_table_find (f, &r->job->identity, addresses, NEIGHBOURS_MAX);
  if (f)
    fclose (f);
  for (size_t i = 0; i < nr && (result == RETURN_UNREACHABLE
                                || result == RETURN_AGAIN); i++)
    result = try_address (r, addresses[i]);
  return result;
}

/* -- The wait ---------------------------------------------------------------- */

static bool
is_interrupted (const struct board_return *r)
{
  return interrupt_count () > r->interrupts;
}

static void
say_waiting (const struct board_return *r)
{
  char text[512];

  snprintf (text, sizeof text, "Waiting for %s: %ld s, for %ld s more at most%s%s",
            r->job->options->host, clock_seconds () - r->begun,
            r->end - clock_seconds (), *r->login.reason ? ": " : "", r->login.reason);
  progress_show_text (text);
}

static void
pause_a_while (const struct board_return *r)
{
  struct pollfd interrupt = { .fd = interrupt_fd (), .events = POLLIN };

  for (int i = 0; i < PAUSE_SECONDS && !is_interrupted (r); i++) {
    say_waiting (r);
    poll (&interrupt, 1, 1000);
  }
}

static void
report_absence (const struct board_return *r)
{
  const char *host = r->job->options->host;
  const long seconds = clock_seconds () - r->begun;

  if (is_interrupted (r))
    report_error (ERROR_INTERRUPTED,
                  "interrupted: %s was not waited for any longer (%ld s); its disk holds "
                  "the image", host, seconds);
  else
    report_error (ERROR_BOARD_NOT_BACK, "%s did not come back within %ld s: %s.\n"
                  "Its disk holds the image, so look at the board: its lights, its "
                  "screen or serial line, and whether it has a new address", host,
                  seconds, *r->login.reason ? r->login.reason : "it does not answer");
}

static enum return_attempt
await (struct board_return *r)
{
  enum return_attempt result;

  do {
    result = attempt (r);
    if (result == RETURN_BACK || result == RETURN_ENDED)
      break;
    pause_a_while (r);
  } while (!is_interrupted (r) && clock_seconds () < r->end);
  progress_hide ();
  if (result != RETURN_BACK && result != RETURN_ENDED)
    report_absence (r);
  return result;
}

enum exit_status
board_return_await (struct flash_job *job, int *command_status)
{
  const long now = clock_seconds ();
  struct board_return r = {
    .job = job, .login.job = job, .interrupts = interrupt_count (),
    .begun = now, .end = now + (long) job->options->wait_seconds
  };
  enum exit_status status = STATUS_NOT_BACK;

  board_connection_close (job->connection);
  job->connection = NULL;
  job->in_lifeboat = false;
  message_phase ("wait", "Waiting for %s to come back, up to %u s", job->options->host,
                 job->options->wait_seconds);
  if (return_login_init (&r.login) == 0 && await (&r) == RETURN_BACK)
    status = job->options->run
             ? new_system_command_run (r.login.connection, job->options->run,
                                       command_status)
             : STATUS_DONE;
  return_login_release (&r.login);
  return status;
}
