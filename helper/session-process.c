/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board-reset.h"
#include "commands.h"
#include "error-catalogue.h"
#include "ram-root.h"
#include "session-process.h"
#include "session-script.h"

/* Milliseconds. */
#define TICK 500
/* Nothing was written, and no client comes (again), or one that is attached
 * neither says go nor brings data: it may have gone without a word. */
#ifndef SESSION_PATIENCE        /* a test compiles its own */
#define SESSION_PATIENCE (30 * 60 * 1000)
#endif
#define INTERRUPT_INTERVAL 1000
#define ABORT_TIMEOUT (300 * 1000)      /* for flash.sh to undo its work */
#define LINGER_TIMEOUT (5 * 1000)       /* for the client to read the end */
#define COMING_TIMEOUT (15 * 1000)      /* for one that is just coming back */
#define RESET_DELAY 1000                /* for the answer to leave the board */

#define RESTARTS_MAX 5          /* of flash.sh, without progress in between */

int64_t
session_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *
session_state_name (enum session_state state)
{
  static const char *const names[] = {
    [SESSION_PREPARING] = "preparing", [SESSION_READY] = "ready",
    [SESSION_WRITING] = "writing", [SESSION_STOPPED] = "stopped",
    [SESSION_VERIFIED] = "verified", [SESSION_FAILED] = "failed",
    [SESSION_DONE] = "done",
  };

  return names[state];
}

bool
session_is_revocable (const struct session *session)
{
  return !session->started_writing && !session->ended && session->script > 0;
}

static void
say_error (struct session *session, enum error_code code, const char *text,
           const char *written)
{
  session_say (session, "error", "text", text, "code", error_code_name (code),
               "written", written, NULL);
}

/* Of a child that SIGTERM ends, busybox's shell says so. */
static void
interrupt_script (struct session *session)
{
  session_script_signal (session->script, SIGINT);
  session->interrupt_at = session_now () + INTERRUPT_INTERVAL;
}

void
session_abort (struct session *session, const char *reason)
{
  if (session->aborting || session->undoing
      || !session_is_revocable (session))
    return;
  session->aborting = true;
  session->kill_at = session_now () + ABORT_TIMEOUT;
  if (reason)
    say_error (session, ERROR_INTERRUPTED, reason, "no");
  interrupt_script (session);
}

void
session_abandon (struct session *session)
{
  session->abandoned = true;
  if (session_file_says (session->file, "root-disk", "yes")) {
    session->reset_at = session_now () + RESET_DELAY;
    session_say (session, "note", "text",
                 "abandoned: the board is reset now", NULL);
    return;
  }
  session_script_signal (session->script, SIGKILL);
}

static void
forget_channel (struct session *session)
{
  channel_close (session->channel);
  session->channel = NULL;
  session->holder = NULL;
  session->channel_since = session_now ();
}

void
session_dismiss_channel (struct session *session)
{
  /* What does not go out now is in the history, for the next one. */
  if (channel_flush (session->channel) == 0)
    session->expects_channel = true;
  forget_channel (session);
}

void
session_lose_channel (struct session *session)
{
  session->expects_channel = false;
  forget_channel (session);
}

/* -- flash.sh ends -------------------------------------------------------- */

#define CAUSE_SIZE 80

/* WHO has ended with the wait status STATUS. */
static void
describe_end (const struct session *session, const char *who, int status,
              char cause[CAUSE_SIZE])
{
  const char *when = session->started_writing
    ? " while the disk was being written" : "";

  if (WIFSIGNALED (status))
    snprintf (cause, CAUSE_SIZE, "%s was killed by signal %d%s", who,
              WTERMSIG (status), when);
  else
    snprintf (cause, CAUSE_SIZE, "%s ended with status %d%s", who,
              WEXITSTATUS (status), when);
}

static bool
start_script (struct session *session, const char *setting)
{
  const pid_t pid = session_script_start (session, setting);

  session->script = pid == -1 ? 0 : pid;
  session->phase[0] = '\0';     /* it says its phases anew */
  return pid != -1;
}

/* The journal tells `write` where to go on.  What ends at once time and again
 * waits for a person. */
static bool
resume_script (struct session *session, const char *cause)
{
  const bool stop = session->state == SESSION_STOPPED
                    || session->restarts == RESTARTS_MAX;

  if (session->restarts > RESTARTS_MAX)
    return false;
  session->restarts++;
  session->ended = session->rebooting = session->succeeded = false;
  session->state = SESSION_WRITING;
  session->go = session->go && !stop;
  session_say (session, "note", "text", cause, NULL);
  session_say (session, "note", "text", stop ? "waiting for another go"
               : "going on with what is written already", NULL);
  return start_script (session, stop ? "FLASH_RESUME=stopped"
                                     : "FLASH_RESUME=yes");
}

/* Services, swap and mounts come back even so. */
static bool
undo_script (struct session *session, const char *cause)
{
  if (session->undoing)
    return false;
  session->undoing = true;
  session->kill_at = session_now () + ABORT_TIMEOUT;
  if (!session->aborting)
    say_error (session, ERROR_SESSION_FAILED, cause, "no");
  return start_script (session, session->aborting ? "FLASH_UNDO=aborted"
                                                  : "FLASH_UNDO=failed");
}

/* flash.sh says `end` itself; where it could not, another one goes on. */
static bool
is_continued (struct session *session, const char *cause, bool killed)
{
  if (session->abandoned
      || (session->ended && !(session->rebooting && killed)))
    return false;
  return session->started_writing ? resume_script (session, cause)
                                  : undo_script (session, cause);
}

/* The last resort. */
static void
end_for_script (struct session *session, const char *cause)
{
  const char *written = session->started_writing ? "partial" : "no";

  if (!session->aborting)
    say_error (session,
               session->abandoned ? ERROR_PARTLY_WRITTEN : ERROR_SESSION_FAILED,
               session->abandoned ? "abandoned: the disk holds only a part of"
               " the image" : cause, written);
  session_say (session, "end", "result",
               session->aborting ? "aborted" : "failed", "written", written,
               NULL);
}

/* There is no flash.sh any more.  KILLED: not of its own will. */
static void
go_on_or_end (struct session *session, const char *cause, bool killed)
{
  if (is_continued (session, cause, killed))
    return;
  if (!session->ended)
    end_for_script (session, cause);
  session->aborting = false;
  session->linger_until = session_now ()
    + (session->expects_channel ? COMING_TIMEOUT : LINGER_TIMEOUT);
}

static void
take_script_end (struct session *session, int status)
{
  char cause[CAUSE_SIZE];

  session->script = 0;
  session_read_talk (session);
  session_read_records (session);
  describe_end (session, "flash.sh", status, cause);
  go_on_or_end (session, cause, WIFSIGNALED (status));
}

/* The session process before this one has ended, and the guardian has killed all
 * that was with it.  A client that was attached will want to hear of it. */
static void
take_own_death (struct session *session)
{
  char cause[CAUSE_SIZE];

  session->expects_channel = true;
  describe_end (session, "the session process", session->death, cause);
  go_on_or_end (session, cause, true);
}

/* With flash.sh gone, a process that it left behind must not go on alone: kill
 * the group before the zombie's number is free. */
static void
reap (struct session *session)
{
  siginfo_t info = { .si_pid = 0 };
  int status;

  if (session->script > 0
      && waitid (P_PID, (id_t) session->script, &info,
                 WEXITED | WNOHANG | WNOWAIT) == 0
      && info.si_pid == session->script) {
    session_script_signal (session->script, SIGKILL);
    if (waitpid (session->script, &status, 0) == session->script)
      take_script_end (session, status);
  }
  /* Orphans that came to us: everybody but flash.sh. */
  while (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
         && info.si_pid > 0 && info.si_pid != session->script) {
    waitpid (info.si_pid, &status, 0);
    if (session->lifeboat)
      lifeboat_reaped (session->lifeboat, info.si_pid);
  }
}

/* -- the end -------------------------------------------------------------- */

/* Whether the session may vanish: the board is as it was, or done with. */
static bool
leaves_nothing (const struct session *session)
{
  const bool other_disk = session_file_says (session->file, "root-disk", "no");

  return !session->started_writing
         || (other_disk && (session->succeeded || session->abandoned));
}

/* After the end: give the client its time to read it.  True: all is over. */
static bool
is_over (struct session *session)
{
  if (session->script > 0 || !session->ended)
    return false;

  const bool late = session_now () > session->linger_until;
  if (session->channel && late)
    forget_channel (session);
  if (session->channel || (session->expects_channel && !late))
    return false;
  return leaves_nothing (session);
}

/* -- the loop ------------------------------------------------------------- */

static void
reset_board (struct session *session)
{
  char text[120];

  session->reset_at = 0;
  board_reset ();
  snprintf (text, sizeof text, "the board could not be reset: %s; switch it off"
            " and on", strerror (errno));
  say_error (session, ERROR_REBOOT_FAILED, text, "partial");
  session->abandoned = false;
}

static void
check_timers (struct session *session)
{
  const int64_t now = session_now ();

  /* What a shell starts in that very moment may lose the signal, between fork and
   * exec.  Once flash.sh undoes its work it ignores it, with all it starts. */
  if (session->aborting && !session->undoing && session->script > 0
      && now > session->interrupt_at)
    interrupt_script (session);
  if (session->kill_at && now > session->kill_at && session->script > 0) {
    session_script_signal (session->script, SIGKILL);
    session->kill_at = 0;
  }
  if (!session->channel && now - session->channel_since > SESSION_PATIENCE)
    session_abort (session, "no client has come for half an hour");
  if (session->channel && now - session->last_activity > SESSION_PATIENCE)
    session_abort (session, "nothing happened for half an hour");
  if (session->reset_at && now > session->reset_at)
    reset_board (session);
}

static void
check_channel (struct session *session)
{
  const int64_t now = session_now ();

  if (!session->channel)
    return;
  if (channel_is_hung_up (session->channel)
      || channel_flush (session->channel) == -1) {
    session_lose_channel (session);
    return;
  }
  channel_stuck_for (session->channel, now);
  session_send_progress (session);
  if (!session->channel)
    return;
  /* The rehearsal is over, or a write: the next one needs a channel of its
   * own. */
  if ((session->state == SESSION_READY || session->state == SESSION_STOPPED)
      && session->channel_used
      && !session->holder && !session->go
      && session_file_says (session->file, "mode", "stream"))
    session_dismiss_channel (session);
  if (session->channel && session->ended && session->script == 0
      && session->linger_until < session->channel_since + LINGER_TIMEOUT)
    session->linger_until = session->channel_since + LINGER_TIMEOUT;
}

static void
take_signals (struct session *session)
{
  struct signalfd_siginfo info;

  while (read (session->signals, &info, sizeof info)
         == (ssize_t) sizeof info)
    if (info.ssi_signo == SIGTERM)
      session_abort (session, "the session was told to end (SIGTERM)");
  reap (session);
}

#define FIXED_POLLS 4
#define CHANNEL_POLLS 2

static size_t
fill_polls (const struct session *session,
            struct pollfd polls[FIXED_POLLS + CHANNEL_POLLS + SESSION_CONNECTIONS],
            size_t slots[SESSION_CONNECTIONS])
{
  size_t n = 0, nr_slots = 0;

  polls[n++] = (struct pollfd) { .fd = session->signals, .events = POLLIN };
  polls[n++] = (struct pollfd) { .fd = session->records.fd, .events = POLLIN };
  polls[n++] = (struct pollfd) { .fd = session->talk.fd, .events = POLLIN };
  polls[n++] = (struct pollfd) { .fd = session->listener, .events = POLLIN };
  for (size_t i = 0; i < SESSION_CONNECTIONS; i++)
    if (session->connections[i]) {
      slots[nr_slots++] = i;
      polls[n++] = (struct pollfd) {
        .fd = session->connections[i]->fd, .events = POLLIN
      };
    }
  if (session->channel) {
    polls[n++] = (struct pollfd) { .fd = channel_control (session->channel) };
    polls[n++] = (struct pollfd) {
      .fd = channel_status (session->channel),
      .events = channel_is_behind (session->channel) ? POLLOUT : 0
    };
  }
  return n;
}

/* One round: wait for something, then look at everything. */
static int
take_round (struct session *session)
{
  struct pollfd polls[FIXED_POLLS + CHANNEL_POLLS + SESSION_CONNECTIONS
                      + LIFEBOAT_POLLS];
  size_t slots[SESSION_CONNECTIONS];
  const size_t n = fill_polls (session, polls, slots);
  const size_t nr_lifeboat = session->lifeboat
    ? lifeboat_fill_polls (session->lifeboat, polls + n) : 0;
  const size_t nr_slots = n - FIXED_POLLS - (session->channel ? CHANNEL_POLLS : 0);

  if (poll (polls, (nfds_t) (n + nr_lifeboat), TICK) == -1 && errno != EINTR)
    return -1;
  session_read_talk (session);
  session_read_records (session);
  for (size_t i = 0; i < nr_slots; i++)
    if (polls[FIXED_POLLS + i].revents)
      session_hear (session, &session->connections[slots[i]]);
  if (polls[3].revents)
    session_accept (session);
  if (session->lifeboat)
    lifeboat_step (session->lifeboat, polls + n, nr_lifeboat);
  if (polls[0].revents)
    take_signals (session);
  check_channel (session);
  check_timers (session);
  session_serve_waiting (session);
  return 0;
}

int
session_process_run (struct session *session)
{
  session->last_activity = session->channel_since = session_now ();
  if (session->death != 0)
    take_own_death (session);
  else if (!start_script (session, NULL)) {
    say_error (session, ERROR_SESSION_FAILED, "flash.sh could not be started", "no");
    session_say (session, "end", "result", "failed", "written", "no", NULL);
  }
  while (!is_over (session))
    if (take_round (session) == -1)
      return 1;
  lifeboat_free (session->lifeboat);
  /* Where that fails, another session process could do no better. */
  (void) ram_root_leave (session->old_ns, ram_root);
  return 0;
}
