/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-privilege.h"
#include "clock.h"
#include "flash-map.h"
#include "flash-outcome.h"
#include "flash-run.h"
#include "flash-run-state.h"
#include "interrupt.h"
#include "message-sink.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "session-status.h"
#include "ssh-exec.h"

#define OPEN_SECONDS 120        /* for a channel to show its marker */
#define ABORT_SECONDS 150       /* for the board to undo and say so */
#define REBOOT_SECONDS 8        /* for a board that reboots to be gone */
#define TUNNELS_MAX 20          /* used up without a byte: something is wrong */
#define SERVER_PAUSE 100        /* ms between two looks for the image server */
#define RESTARTS_MAX 5          /* of nbdkit, without progress in between */

bool
flash_run_may_be_writing (const struct flash_run *r)
{
  return r->go_sent || r->go_unsure || r->status.writing;
}

bool
flash_run_is_ramfs (const struct flash_run *r)
{
  return strcmp (flash_job_mode (r->job), flash_mode_name (FLASH_RAMFS)) == 0;
}

/* In ramfs mode the board has the whole image, proven, when it gets `go`. */
static bool
needs_image_server (const struct flash_run *r)
{
  return !(flash_run_is_ramfs (r) && flash_run_may_be_writing (r));
}

void
flash_run_finish (struct flash_run *r, enum exit_status outcome)
{
  if (!r->is_over)
    r->outcome = outcome;
  r->is_over = true;
  progress_end ();
}

/* -- Leaving -------------------------------------------------------------- */

/* Nobody said how the session ended, and this program gives up. */
void
flash_run_leave (struct flash_run *r)
{
  if (flash_run_may_be_writing (r)) {
    flash_outcome_explain_interruption (r->job, &r->status, true);
    flash_run_finish (r, STATUS_INTERRUPTED);
  }
  else
    flash_run_finish (r, STATUS_NOT_WRITTEN);
}

/* The board has said its last word. */
static void
take_result (struct flash_run *r)
{
  const struct flash_status *s = &r->status;

  switch (s->result) {
  case RESULT_NONE:
    return;
  case RESULT_DONE:
    flash_run_finish (r, STATUS_DONE);
    return;
  case RESULT_REBOOTING:
    /* To hang up now would make the board's sshd look files up on the root that
     * is no more, and its file system note that on the new disk. */
    if (r->rebooting_since == 0)
      r->rebooting_since = clock_seconds ();
    else if (clock_seconds () - r->rebooting_since > REBOOT_SECONDS)
      flash_run_finish (r, STATUS_DONE);
    return;
  case RESULT_ABORTED:
    if (r->rehearsed && strcmp (s->written, "no") == 0) {
      flash_run_finish (r, STATUS_DONE);
      return;
    }
    /* fall through */
  case RESULT_FAILED:
    flash_run_finish (r, strcmp (s->written, "no") == 0
            || (!*s->written && !flash_run_may_be_writing (r))
            ? STATUS_NOT_WRITTEN : STATUS_PARTLY_WRITTEN);
    return;
  }
}

/* -- The tunnel ----------------------------------------------------------- */

void
flash_run_close_tunnel (struct flash_run *r)
{
  if (r->tunnel)
    r->status.summary.sent += tunnel_bytes_sent (r->tunnel);
  tunnel_close (r->tunnel);
  r->tunnel = NULL;
}

static void
take_line (void *opaque, char *line, bool from_shell)
{
  struct flash_run *r = opaque;

  if (from_shell)
    message_verbatim ("board: ", line);
  else
    flash_status_take_line (&r->status, line);
}

/* A channel that led to no image would be used up in vain. */
static bool
must_await_server (struct flash_run *r)
{
  const bool before = r->awaits_server;

  r->awaits_server = needs_image_server (r)
                     && !image_server_answers (r->job->server);
  if (r->awaits_server && !before)
    message_info ("Waiting until the image is served again");
  return r->awaits_server;
}

static void
open_tunnel (struct flash_run *r)
{
  if (must_await_server (r))
    return;
  r->tunnel = tunnel_open (r->job->connection, r->attach_command,
                           board_privilege_input (r->job),
                           needs_image_server (r)
                           ? image_server_socket (r->job->server) : NULL,
                           take_line, r);
  r->tunnel_since = clock_seconds ();
  flash_status_new_channel (&r->status);
  if (!r->tunnel)
    flash_run_leave (r);
}

/* The board has closed the channel.  Status 0: it is used up, and the session
 * wants another one (or ends). */
static void
replace_tunnel (struct flash_run *r)
{
  int exit_status = tunnel_exit_status (r->tunnel);

  r->vain_tunnels = tunnel_is_used (r->tunnel) ? 0 : r->vain_tunnels + 1;
  flash_run_close_tunnel (r);
  if (exit_status == 0 && r->vain_tunnels < TUNNELS_MAX)
    return;
  r->vain_tunnels = 0;
  flash_loss_of_channel (r, exit_status == 0
                ? "the board closes every channel that is opened to it"
                : exit_status == -1 ? "the channel to the board's helper broke"
                : "the board's helper has refused the channel");
}

static void
step_tunnel (struct flash_run *r)
{
  enum tunnel_state state;

  if (!r->tunnel)
    open_tunnel (r);
  if (r->is_over || !r->tunnel)
    return;
  state = tunnel_step (r->tunnel);
  if (r->status.foreign) {
    flash_run_leave (r);
    return;
  }
  take_result (r);
  if (r->is_over)
    return;
  if (r->rebooting_since) {
    if (state == TUNNEL_ENDED || state == TUNNEL_BROKEN)
      flash_run_finish (r, STATUS_DONE);
  }
  else if (state == TUNNEL_ENDED)
    replace_tunnel (r);
  else if (state == TUNNEL_BROKEN)
    flash_loss_of_channel (r, "no channel to the board's helper");
  else if (state == TUNNEL_OPENING
           && clock_seconds () - r->tunnel_since > OPEN_SECONDS)
    flash_loss_of_channel (r, "the board's helper does not answer");
}

/* -- The loop ------------------------------------------------------------- */

/* nbdkit has died, or was never what the board needs: true if it serves again. */
static bool
restart_image_server (struct flash_run *r)
{
  struct image_facts again;
  const struct integrity *before = &r->job->image.integrity;

  if (r->status.done > r->done_at_restart)
    r->restarts = 0;
  r->done_at_restart = r->status.done;
  if (r->restarts++ == RESTARTS_MAX)
    return false;
  if (image_server_is_borrowed (r->job->server))
    return false;
  r->status.summary.restarts++;
  message_phase ("restart-image-server", "Starting nbdkit again");
  if (image_server_restart (r->job->server) == -1
      || image_facts_read (r->job->server, &r->job->location, &again) == -1)
    return false;
  if (strcmp (again.integrity.digest, before->digest) == 0
      && again.integrity.disk_size == before->disk_size)
    return true;
  report_error (ERROR_IMAGE_CHANGED,
                "%s is not the image any more that this flash began with",
                r->job->location.shown);
  return false;
}

/* Without the image only a board that has it all goes on. */
static void
check_image_server (struct flash_run *r)
{
  if (r->is_lonely || image_server_service (r->job->server)
      || !needs_image_server (r) || r->abort_sent)
    return;
  progress_end ();
  image_server_report_end (r->job->server);
  /* Its tunnel leads nowhere now; a new one is opened to the new server. */
  if (restart_image_server (r))
    return;
  r->is_lonely = true;
  if (flash_run_may_be_writing (r))
    flash_run_leave (r);
  else
    flash_order_abort (r);
}

static void
answer_interrupt (struct flash_run *r)
{
  const unsigned count = interrupt_count ();

  if (count == r->interrupts)
    return;
  progress_end ();
  if (count >= 2 && (r->interrupts > 0 || r->status.writing)) {
    /* Once nobody is attached, a board that does not write stops by itself. */
    flash_outcome_explain_interruption (r->job, &r->status, flash_run_may_be_writing (r));
    flash_run_finish (r, flash_run_may_be_writing (r) ? STATUS_INTERRUPTED : STATUS_NOT_WRITTEN);
    r->in_haste = true;
  }
  else if (r->status.writing) {
    flash_outcome_explain_interruption (r->job, &r->status, true);
    message_always ("Interrupt once more to leave it.");
  }
  else {
    message_always ("Interrupted: the board stops and cleans up.");
    r->abort_wanted = true;
    flash_order_abort (r);
  }
  r->interrupts = count;
}

static void
check_abort (struct flash_run *r)
{
  if (!r->abort_sent || clock_seconds () - r->abort_since <= ABORT_SECONDS)
    return;
  report_error (ERROR_ORDER_NOT_TAKEN, "the board does not say that it has stopped");
  flash_run_leave (r);
}

/* Sleep until something can be done.  A byte that libssh has already taken in
 * would not wake poll. */
static void
wait_for_event (struct flash_run *r, bool at_once)
{
  struct pollfd fds[4] = {
    { .fd = board_connection_fd (r->job->connection),
      .events = board_connection_events (r->job->connection) },
    { .fd = interrupt_fd (), .events = POLLIN },
    { .fd = image_server_fd (r->job->server), .events = POLLIN },
    { .fd = -1 }
  };

  if (r->tunnel)
    fds[3] = tunnel_poll (r->tunnel);
  if (poll (fds, 4, r->awaits_server ? SERVER_PAUSE
                    : at_once || !r->tunnel ? 0 : 500) == -1 && errno != EINTR)
    message_warning ("poll: %s", strerror (errno));
}

/* The time that passes there is what somebody else needs. */
static void
wait_and_measure (struct flash_run *r, bool at_once)
{
  const enum bottleneck whom = r->tunnel ? tunnel_waits_for (r->tunnel)
                                         : BOTTLENECK_UNKNOWN;
  const double before = clock_now ();

  wait_for_event (r, at_once);
  bottleneck_add_wait (&r->status.waits, whom, clock_now () - before);
  progress_tick ();
}

/* One round over everything that may have changed. */
static void
take_round (struct flash_run *r)
{
  static void (*const steps[]) (struct flash_run *) = {
    check_image_server, step_tunnel, flash_order_step, flash_order_consider_go, flash_order_check_stopped,
    answer_interrupt, check_abort
  };

  for (size_t i = 0; i < sizeof steps / sizeof *steps && !r->is_over; i++)
    if (r->job->connection)
      steps[i] (r);
}

static void
run_loop (struct flash_run *r)
{
  while (!r->is_over) {
    struct board_connection *c = r->job->connection;
    const uint64_t arrivals = board_connection_arrivals (c);

    take_round (r);
    if (r->is_over || r->job->connection != c)
      continue;
    wait_and_measure (r, board_connection_arrivals (c) != arrivals);
    if (board_connection_service (c) == -1) {
      step_tunnel (r);          /* what has arrived before the end */
      if (!r->is_over && r->job->connection == c)
        flash_loss_of_connection (r, board_connection_error (c));
    }
  }
}

static void
say_summary (struct flash_run *r)
{
  struct flash_summary summary = r->status.summary;

  if (r->tunnel)
    summary.sent += tunnel_bytes_sent (r->tunnel);
  progress_set_map (NULL);
  if (r->status.map && r->outcome == STATUS_DONE && !r->rehearsed
      && message_sink_is_text ())
    flash_map_say (r->status.map);
  disk_map_free (r->status.map);
  r->status.map = NULL;
  flash_summary_say (&summary, r->outcome == STATUS_DONE && !r->rehearsed);
}

/* For records: how the disk stands now. */
static void
keep_state (struct flash_run *r)
{
  const struct flash_status *s = &r->status;
  struct flash_job *job = r->job;

  switch (r->outcome) {
  case STATUS_DONE:
    job->written = r->rehearsed ? WRITTEN_NO : WRITTEN_YES;
    break;
  case STATUS_INTERRUPTED:
    job->written = s->writing ? WRITTEN_PARTLY : WRITTEN_MAYBE;
    job->resumable = !r->session_gone;
    break;
  case STATUS_PARTLY_WRITTEN:
    job->written = strcmp (s->written, "yes") == 0 ? WRITTEN_YES : WRITTEN_PARTLY;
    job->resumable = s->stopped && !r->session_gone;
    break;
  default:
    job->written = WRITTEN_NO;
  }
}

/* The channel first: its end is what the board waits for before it reboots, and
 * what lets a session end that has nothing more to do. */
static void
close_up (struct flash_run *r)
{
  flash_run_close_tunnel (r);
  ssh_exec_free (r->request);
  r->request = NULL;
  free (r->attach_command);
  if ((r->outcome == STATUS_NOT_WRITTEN && !r->in_haste)
      || (r->outcome == STATUS_DONE
          && (r->rehearsed || !flash_job_is_root_disk (r->job))))
    flash_job_await_clean_up (r->job);
}

enum exit_status
flash_run (struct flash_job *job)
{
  struct flash_run *r = calloc (1, sizeof *r);
  enum exit_status outcome;

  if (!r || !(r->attach_command = flash_job_helper_command (job, "attach",
                                                            false))) {
    free (r);
    if (job->go_taken)
      return STATUS_INTERRUPTED;
    flash_job_tell_session (job, "abort");
    return STATUS_NOT_WRITTEN;
  }
  r->job = job;
  r->go_sent = r->go_taken = job->go_taken;
  r->status.session = job->session;
  r->status.target = job->board.disk;
  r->status.stored_size = job->image.integrity.stored_size;
  r->status.stored_digest = job->image.integrity.digest;
  r->status.is_stream = !flash_run_is_ramfs (r) && !flash_job_is_in_place (job);
  r->status.image_size = job->image.integrity.disk_size;
  if (job->options->map) {
    r->status.map = flash_map_new (job->server, r->status.image_size);
    progress_set_map (r->status.map);
  }
  if (job->resume)
    r->status.phase = session_status_get (&job->report, "phase");
  run_loop (r);
  keep_state (r);
  say_summary (r);
  flash_outcome_say (job, &r->status, r->outcome);
  close_up (r);
  outcome = r->outcome;
  free (r);
  return outcome;
}
