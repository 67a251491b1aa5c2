/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "error-catalogue.h"
#include "file-io.h"
#include "lifeboat-port.h"
#include "pin.h"
#include "process-table.h"
#include "session-guardian.h"
#include "status-record.h"

#define RESTARTS_MAX 5
#define LONG_LIFE 60000         /* milliseconds: that one has got somewhere */
#define KILL_ROUNDS 3000
#define KILL_PAUSE 10000        /* microseconds */

static const char last_word[] = "the session process died again and again and is"
  " not started any more: a disk that was being written holds only a part of the"
  " image; else switch the board off and on";

/* Its process id, or -1.  *READY: it stands. */
static pid_t
start (struct session *session, session_fn run, bool *ready)
{
  int ends[2];
  char byte;

  *ready = false;
  if (pipe2 (ends, O_CLOEXEC) == -1)
    return -1;
  const pid_t pid = fork ();
  if (pid == 0) {
    close (ends[0]);
    _exit (run (session, ends[1]));
  }
  close (ends[1]);
  *ready = pid > 0 && full_read (ends[0], &byte, 1) == 1;
  close (ends[0]);
  return pid;
}

/* The wait status of PID; orphans of the one before may end meanwhile. */
static int
wait_for (pid_t pid)
{
  int status;
  pid_t r;

  do
    r = waitpid (-1, &status, 0);
  while ((r > 0 && r != pid) || (r == -1 && errno == EINTR));
  return r == pid ? status : SIGKILL;
}

/* Kill our children, and count them.  Two are special: without the pinned files
 * the board would die, and who gives the port back must do so, then ends. */
static size_t
kill_round (struct process_table *table)
{
  size_t left = 0;

  while (waitpid (-1, NULL, WNOHANG) > 0)
    ;
  if (process_table_read (table) == -1)
    return 1;                   /* no memory for a moment */
  for (size_t i = 0; i < table->nr; i++) {
    const struct process *process = &table->processes[i];

    if (process->parent != getpid ()
        || strcmp (process->name, PIN_KEEPER_NAME) == 0)
      continue;
    if (strcmp (process->name, LIFEBOAT_PORT_GUARD_NAME) != 0)
      kill (process->pid, SIGKILL);
    left++;
  }
  return left;
}

/* All that the session process has started came to us when it died, and so do
 * the children of what we kill.  What hangs in the kernel for half a minute
 * writes, if it ever does, the same bytes to the same place as the one that
 * comes after. */
static void
end_orphans (void)
{
  struct process_table table = { 0, NULL };

  for (int i = 0; i < KILL_ROUNDS && kill_round (&table) > 0; i++)
    usleep (KILL_PAUSE);
  free (table.processes);
}

/* For whoever looks at the board later.  That it cannot be written either
 * changes nothing. */
static void
say_last_word (void)
{
  const char *const code = error_code_name (ERROR_WRITE_GAVE_UP);
  const char *const fields[] = { "text", last_word, "code", code, NULL };
  char line[STATUS_RECORD_MAX + 1];
  const size_t len = status_format (line, "error", fields);
  CLEANUP_CLOSE int status = open ("/status", O_WRONLY | O_CREAT | O_APPEND
                                   | O_CLOEXEC, 0600);
  CLEANUP_CLOSE int kmsg = open ("/dev/kmsg", O_WRONLY | O_CLOEXEC);

  if (kmsg >= 0)
    dprintf (kmsg, "flash-live-remote: %s\n", last_word);
  if (status >= 0 && full_write (status, line, len) == -1)
    return;
}

/* The first one is replaced at once, the next ones after a growing pause. */
static int
guard (struct session *session, session_fn run, pid_t pid)
{
  unsigned restarts = 0;
  bool ready;

  for (;;) {
    const int64_t since = session_now ();
    const int status = pid > 0 ? wait_for (pid) : SIGKILL;

    if (status == 0)
      return 0;
    session->death = status;
    if (session_now () - since > LONG_LIFE)
      restarts = 0;
    end_orphans ();
    if (restarts == RESTARTS_MAX)
      break;
    sleep (restarts++);
    pid = start (session, run, &ready);
  }
  say_last_word ();
  return 1;
}

int
session_guardian_run (struct session *session, session_fn run, int started)
{
  sigset_t all;
  bool ready;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  const pid_t pid = start (session, run, &ready);
  /* It has said why; and where nobody waits for it, deploy.sh cleans up. */
  if (!ready || session_silence_stdio () == -1
      || full_write (started, "1", 1) == -1 || close (started) == -1) {
    end_orphans ();
    return 1;
  }
  return guard (session, run, pid);
}
