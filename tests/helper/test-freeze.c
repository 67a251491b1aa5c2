/* SPDX-License-Identifier: MIT */
/* Freezing, in a process namespace of its own: without one it would stop this
 * machine, so the test never goes on without. */
#include <config.h>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "freeze.h"
#include "session-side.h"

#define SKIPPED 77

static char
state_of (pid_t pid)
{
  char path[64], text[512] = "";

  snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  FILE *file = fopen (path, "r");
  if (!file)
    return '?';
  size_t n = fread (text, 1, sizeof text - 1, file);
  fclose (file);
  char *mark = n > 0 ? strrchr (text, ')') : NULL;
  return mark ? mark[2] : '?';
}

/* Wait until PID is stopped (or is not): it takes the kernel a moment. */
static int
is_stopped (pid_t pid, int wanted)
{
  for (int i = 0; i < 100; i++) {
    if ((state_of (pid) == 'T') == wanted)
      return 1;
    usleep (10000);
  }
  return 0;
}

static pid_t
start_process (const char *name)
{
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_NAME, name);
    for (;;)
      pause ();
  }
  usleep (20000);
  return pid;
}

/* The processes of the old system. */
struct world
{
  pid_t other, odd, network, stopped;
  pid_t sshd;                   /* listens; its child is helper_parent */
  pid_t helper_parent;
};

static int failures;

static void
check (int ok, const char *what)
{
  if (!ok) {
    fprintf (stderr, "FAIL: %s\n", what);
    failures++;
  }
}

/* In the session's descendant: freezes, looks around, thaws. */
static int
freeze_and_look (const struct world *w, pid_t sibling)
{
  const int count = freeze_others ();

  check (count >= 2, "others are counted");
  check (is_stopped (w->other, 1), "another process is stopped");
  check (is_stopped (w->odd, 1), "one with an odd name is stopped");
  check (is_stopped (w->sshd, 1), "the sshd that answers others is stopped");
  check (is_stopped (w->helper_parent, 0), "the parent of attach runs");
  check (is_stopped (w->network, 0), "what keeps the network up runs");
  check (is_stopped (sibling, 0), "a child of the session runs");
  check (is_stopped (1, 0), "PID 1 runs");
  check (freeze_others () == 0, "the second call finds nothing");
  check (freeze_connections () >= 2, "the connection is stopped, too");
  check (is_stopped (w->helper_parent, 1), "the parent of attach is stopped");
  check (is_stopped (w->network, 1), "so is the network's daemon");
  check (is_stopped (sibling, 0), "a child of the session still runs");
  thaw_others ();
  check (is_stopped (w->sshd, 0), "sshd runs again");
  check (is_stopped (w->helper_parent, 0), "the parent of attach runs again");
  check (is_stopped (w->other, 0), "another process runs again");
  check (is_stopped (w->odd, 0), "the odd one runs again");
  check (is_stopped (w->stopped, 1), "who was stopped before stays stopped");
  return failures;
}

static int
run_session (const struct world *w)
{
  char self[16];
  int status;

  snprintf (self, sizeof self, "%d", (int) getpid ());
  setenv ("FLASH_SESSION_PID", self, 1);
  const pid_t sibling = start_process ("dd");
  const pid_t writer = fork ();
  if (writer == 0)
    _exit (freeze_and_look (w, sibling));
  if (waitpid (writer, &status, 0) != writer || !WIFEXITED (status))
    return 1;
  return WEXITSTATUS (status);
}

/* A "sudo" whose child is an attach process. */
static pid_t
start_attach (void)
{
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_NAME, "sudo");
    start_process ("flash-helper");
    for (;;)
      pause ();
  }
  usleep (60000);
  return pid;
}

/* An sshd that listens and has started that sudo, whose number comes by a
 * pipe. */
static void
start_sshd (struct world *w)
{
  int ends[2];

  if (pipe (ends) == -1)
    return;
  w->sshd = fork ();
  if (w->sshd == 0) {
    prctl (PR_SET_NAME, "sshd");
    /* A child that serves a connection does not keep the listening socket. */
    const pid_t child = start_attach ();
    const int sock = socket (AF_INET, SOCK_STREAM, 0);
    if (sock == -1 || listen (sock, 1) == -1)
      _exit (1);
    if (write (ends[1], &child, sizeof child) != sizeof child)
      _exit (1);
    for (;;)
      pause ();
  }
  if (read (ends[0], &w->helper_parent, sizeof w->helper_parent)
      != sizeof w->helper_parent)
    w->helper_parent = -1;
}

/* PID 1 of the namespace. */
static int
run_world (void)
{
  int status;

  if (getpid () != 1
      || mount ("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1
      || mount ("proc", "/proc", "proc", 0, "") == -1)
    return SKIPPED;
  struct world w = {
    .other = start_process ("postgres"),
    .odd = start_process (") S 1 (x"),
    .network = start_process ("dhcpcd"),
    .stopped = start_process ("stopped"),
  };
  start_sshd (&w);
  kill (w.stopped, SIGSTOP);
  if (!is_stopped (w.stopped, 1))
    return 1;
  const pid_t session = fork ();
  if (session == 0)
    _exit (run_session (&w));
  if (waitpid (session, &status, 0) != session || !WIFEXITED (status))
    return 1;
  return WEXITSTATUS (status);
}

int
main (void)
{
  int status;

  if (unshare (CLONE_NEWPID | CLONE_NEWNS) == -1) {
    fprintf (stderr, "SKIP: no process namespace here\n");
    return SKIPPED;
  }
  const pid_t world = fork ();
  if (world == 0)
    _exit (run_world ());
  if (waitpid (world, &status, 0) != world || !WIFEXITED (status))
    return 1;
  /* No exit handlers: the leak checker would want to fork, and the namespace that
   * this process forks into is gone. */
  _exit (WEXITSTATUS (status));
}
