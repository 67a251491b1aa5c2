/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "flash-run.h"
#include "flash-status.h"
#include "interrupt.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "ssh-exec.h"
#include "status-record.h"
#include "tunnel.h"

#define OPEN_SECONDS 120        /* for a channel to show its marker */
#define ABORT_SECONDS 150       /* for the board to undo and say so */
#define REBOOT_SECONDS 8        /* for a board that reboots to be gone */
#define TUNNELS_MAX 20          /* used up without a byte: something is wrong */

struct flash_run
{
  struct flash_job *job;
  struct flash_status status;
  char *attach_command;
  struct tunnel *tunnel;        /* NULL: to be opened */
  long tunnel_since;            /* seconds */
  unsigned vain_tunnels;
  struct ssh_exec *request;     /* `go` or `abort`, under way */
  bool go_sent, go_taken;
  bool abort_sent;
  long abort_since;
  unsigned interrupts;          /* that were answered */
  long rebooting_since;         /* 0: not yet */
  bool is_over;
  enum exit_status outcome;
};

static long
seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

/* From here on a lost connection says nothing about the disk. */
static bool
may_be_writing (const struct flash_run *r)
{
  return r->go_sent || r->status.writing;
}

static bool
is_ramfs (const struct flash_run *r)
{
  return r->job->options->mode == FLASH_RAMFS;
}

/* In ramfs mode the board has the whole image, proven, when it gets `go`. */
static bool
needs_image_server (const struct flash_run *r)
{
  return !(is_ramfs (r) && may_be_writing (r));
}

static void
finish (struct flash_run *r, enum exit_status outcome)
{
  if (!r->is_over)
    r->outcome = outcome;
  r->is_over = true;
  progress_end ();
}

/* -- Leaving -------------------------------------------------------------- */

/* What becomes of the board when this program leaves it in the middle. */
static void
explain_interruption (const struct flash_run *r)
{
  const char *disk = r->job->board.disk;

  if (!r->status.writing)       /* the old system was just being quieted */
    message_always ("The board was about to write %s: it stops with nothing "
                    "written, or it has just begun.\nLeave it switched on, and "
                    "run the same command again.", disk);
  else if (is_ramfs (r) && flash_job_is_root_disk (r->job)
      && r->job->options->reboot)
    message_always ("The board has the whole image in its memory: it finishes by "
                    "itself, verifies %s and reboots.\nLeave it switched on. "
                    "Run the same command again to watch it.", disk);
  else if (is_ramfs (r))
    message_always ("The board has the whole image in its memory: it finishes by "
                    "itself and verifies %s.\nRun the same command again to "
                    "watch it.", disk);
  else
    message_always ("The board waits, with %s partly written: leave it switched "
                    "on.\nRun the same command again to go on%s.", disk,
                    flash_job_is_root_disk (r->job)
                    ? ", as soon as you can: the board lets you in only while "
                      "its sshd is still in memory" : "");
}

/* The tunnel is gone and nobody said how the session ended. */
static void
leave_unfinished (struct flash_run *r)
{
  if (r->status.rebooting) {
    message_info ("The board has verified %s and reboots.", r->job->board.disk);
    finish (r, STATUS_DONE);
  }
  else if (may_be_writing (r)) {
    explain_interruption (r);
    finish (r, STATUS_INTERRUPTED);
  }
  else
    finish (r, STATUS_NOT_WRITTEN);
}

static void
lose_connection (struct flash_run *r)
{
  progress_end ();
  if (r->rebooting_since) {
    finish (r, STATUS_DONE);
    return;
  }
  if (!r->status.rebooting)
    report_error ("the connection to the board was lost: %s",
                  ssh_connection_error (r->job->connection));
  leave_unfinished (r);
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
    finish (r, STATUS_DONE);
    return;
  case RESULT_REBOOTING:
    /* To hang up now would make the board's sshd look files up on the root that
     * is no more, and its file system note that on the new disk. */
    if (r->rebooting_since == 0)
      r->rebooting_since = seconds ();
    else if (seconds () - r->rebooting_since > REBOOT_SECONDS)
      finish (r, STATUS_DONE);
    return;
  case RESULT_ABORTED:
  case RESULT_FAILED:
    finish (r, strcmp (s->written, "no") == 0
            || (!*s->written && !may_be_writing (r))
            ? STATUS_NOT_WRITTEN : STATUS_PARTLY_WRITTEN);
    return;
  }
}

/* -- Requests beside the tunnel ------------------------------------------- */

static bool
send_request (struct flash_run *r, const char *verb)
{
  CLEANUP_FREE char *command = flash_job_helper_command (r->job, verb, true);

  ssh_exec_free (r->request);
  r->request = command ? ssh_exec_new (r->job->connection, command, NULL, 0)
                       : NULL;
  if (!r->request)
    leave_unfinished (r);
  return r->request != NULL;
}

static void
send_abort (struct flash_run *r)
{
  if (r->abort_sent || !send_request (r, "abort"))
    return;
  r->abort_sent = true;
  r->abort_since = seconds ();
}

/* `go` as soon as everything is proven: in stream mode on a channel that nobody
 * has used yet, for the write needs it at once. */
static void
consider_go (struct flash_run *r)
{
  const struct flash_status *s = &r->status;

  if (!s->ready || !s->greeted || !r->tunnel || may_be_writing (r)
      || r->abort_sent || r->request)
    return;
  if (is_ramfs (r) && (!s->staged || s->staged_differs)) {
    if (!s->staged)
      report_error ("the board says that it is ready without having proven its "
                    "copy of the image");
    send_abort (r);
    return;
  }
  if (!is_ramfs (r) && tunnel_is_used (r->tunnel))
    return;
  message_detail ("Everything is proven: go");
  r->go_sent = send_request (r, "go");
}

/* The answer to `go` or `abort` is in. */
static void
take_answer (struct flash_run *r)
{
  const bool taken = ssh_exec_status (r->request) == 0;

  if (!taken) {
    progress_end ();
    message_verbatim ("board: ", ssh_exec_stdout (r->request));
    message_verbatim ("board: ", ssh_exec_stderr (r->request));
  }
  if (r->abort_sent && !taken) {
    /* Too late: it is writing, and only its end counts now. */
    r->abort_sent = false;
    if (may_be_writing (r))
      message_always ("Interrupt once more to leave the board alone.");
    else
      finish (r, STATUS_NOT_WRITTEN);
  }
  else if (!r->abort_sent && taken)
    r->go_taken = true;
  else if (!r->abort_sent) {
    report_error ("the board did not take the order to go");
    r->go_sent = false;
    send_abort (r);
    return;
  }
  ssh_exec_free (r->request);
  r->request = NULL;
}

static void
step_request (struct flash_run *r)
{
  if (!r->request)
    return;
  switch (ssh_exec_step (r->request)) {
  case EXEC_RUNNING:
    break;
  case EXEC_ENDED:
    take_answer (r);
    break;
  case EXEC_REFUSED:
    report_error ("the board starts no further commands");
    leave_unfinished (r);
    break;
  }
}

/* -- The tunnel ----------------------------------------------------------- */

static void
take_line (void *opaque, char *line, bool from_shell)
{
  struct flash_run *r = opaque;

  if (from_shell)
    message_verbatim ("board: ", line);
  else
    flash_status_take_line (&r->status, line);
}

static void
open_tunnel (struct flash_run *r)
{
  r->tunnel = tunnel_open (r->job->connection, r->attach_command,
                           needs_image_server (r)
                           ? image_server_socket (r->job->server) : NULL,
                           take_line, r);
  r->tunnel_since = seconds ();
  flash_status_new_channel (&r->status);
  if (!r->tunnel)
    leave_unfinished (r);
}

/* The board has closed the channel.  Status 0: it is used up, and the session
 * wants another one (or ends). */
static void
replace_tunnel (struct flash_run *r)
{
  int exit_status = tunnel_exit_status (r->tunnel);

  r->vain_tunnels = tunnel_is_used (r->tunnel) ? 0 : r->vain_tunnels + 1;
  tunnel_close (r->tunnel);
  r->tunnel = NULL;
  if (exit_status == 0 && r->vain_tunnels < TUNNELS_MAX)
    return;
  progress_end ();
  if (exit_status == 0)
    report_error ("the board closes every channel that is opened to it");
  else
    report_error ("the channel to the board's helper broke (status %d)",
                  exit_status);
  leave_unfinished (r);
}

static void
step_tunnel (struct flash_run *r)
{
  enum tunnel_state state;

  if (!r->tunnel)
    open_tunnel (r);
  if (r->is_over)
    return;
  state = tunnel_step (r->tunnel);
  if (r->status.foreign) {
    leave_unfinished (r);
    return;
  }
  take_result (r);
  if (r->is_over)
    return;
  if (r->rebooting_since) {
    if (state == TUNNEL_ENDED || state == TUNNEL_BROKEN)
      finish (r, STATUS_DONE);
  }
  else if (state == TUNNEL_ENDED)
    replace_tunnel (r);
  else if (state == TUNNEL_BROKEN) {
    if (!image_server_service (r->job->server))
      image_server_report_end (r->job->server);
    leave_unfinished (r);
  }
  else if (state == TUNNEL_OPENING
           && seconds () - r->tunnel_since > OPEN_SECONDS) {
    report_error ("the board's helper does not answer");
    leave_unfinished (r);
  }
}

/* -- The loop ------------------------------------------------------------- */

/* nbdkit has died: without the image only a board that has it all goes on. */
static void
check_image_server (struct flash_run *r)
{
  if (image_server_service (r->job->server) || !needs_image_server (r)
      || r->abort_sent)
    return;
  progress_end ();
  image_server_report_end (r->job->server);
  if (may_be_writing (r))
    leave_unfinished (r);
  else
    send_abort (r);
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
    if (may_be_writing (r))
      explain_interruption (r);
    finish (r, may_be_writing (r) ? STATUS_INTERRUPTED : STATUS_NOT_WRITTEN);
  }
  else if (r->status.writing) {
    explain_interruption (r);
    message_always ("Interrupt once more to leave it.");
  }
  else {
    message_always ("Interrupted: the board stops and cleans up.");
    send_abort (r);
  }
  r->interrupts = count;
}

static void
check_abort (struct flash_run *r)
{
  if (!r->abort_sent || seconds () - r->abort_since <= ABORT_SECONDS)
    return;
  report_error ("the board does not say that it has stopped");
  finish (r, STATUS_NOT_WRITTEN);
}

/* Sleep until something can be done.  A byte that libssh has already taken in
 * would not wake poll. */
static void
wait_for_event (struct flash_run *r, bool at_once)
{
  struct pollfd fds[4] = {
    { .fd = ssh_connection_fd (r->job->connection),
      .events = ssh_connection_events (r->job->connection) },
    { .fd = interrupt_fd (), .events = POLLIN },
    { .fd = image_server_fd (r->job->server), .events = POLLIN },
    { .fd = -1 }
  };

  if (r->tunnel)
    fds[3] = tunnel_poll (r->tunnel);
  if (poll (fds, 4, at_once || !r->tunnel ? 0 : 500) == -1 && errno != EINTR)
    message_warning ("poll: %s", strerror (errno));
}

static void
run_loop (struct flash_run *r)
{
  struct ssh_connection *c = r->job->connection;

  while (!r->is_over) {
    const uint64_t packets = ssh_connection_packets (c);

    step_tunnel (r);
    if (!r->is_over)
      step_request (r);
    if (!r->is_over)
      consider_go (r);
    if (!r->is_over)
      check_image_server (r);
    if (!r->is_over)
      answer_interrupt (r);
    if (!r->is_over)
      check_abort (r);
    if (r->is_over)
      break;
    wait_for_event (r, ssh_connection_packets (c) != packets);
    if (ssh_connection_service (c) == -1) {
      step_tunnel (r);          /* what has arrived before the end */
      if (!r->is_over)
        lose_connection (r);
    }
  }
}

static void
say_result (struct flash_run *r)
{
  const struct flash_job *job = r->job;

  if (r->outcome == STATUS_DONE && r->status.result == RESULT_REBOOTING)
    message_info ("Done: %s of %s holds %s, verified. The board reboots now.",
                  job->board.disk, job->options->host, job->image.name);
  else if (r->outcome == STATUS_DONE && r->status.result == RESULT_DONE)
    message_info ("Done: %s of %s holds %s, verified.%s", job->board.disk,
                  job->options->host, job->image.name,
                  flash_job_is_root_disk (job)
                  ? " Reboot the board by its power switch or SysRq-b." : "");
  else if (r->outcome == STATUS_PARTLY_WRITTEN)
    report_error ("%s of %s is partly written", job->board.disk,
                  job->options->host);
}

/* The channel first: its end is what the board waits for before it reboots, and
 * what lets a session end that has nothing more to do. */
static void
close_up (struct flash_run *r)
{
  tunnel_close (r->tunnel);
  r->tunnel = NULL;
  ssh_exec_free (r->request);
  r->request = NULL;
  free (r->attach_command);
  if (r->outcome == STATUS_NOT_WRITTEN
      || (r->outcome == STATUS_DONE && !flash_job_is_root_disk (r->job)))
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
    flash_job_tell_session (job, "abort");
    return STATUS_NOT_WRITTEN;
  }
  r->job = job;
  r->go_sent = r->go_taken = job->resume;
  r->status.session = job->session;
  r->status.target = job->board.disk;
  r->status.stored_size = job->image.integrity.stored_size;
  r->status.stored_digest = job->image.integrity.digest;
  run_loop (r);
  say_result (r);
  close_up (r);
  outcome = r->outcome;
  free (r);
  return outcome;
}
