/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child-process.h"
#include "file-io.h"

#define END_SECONDS 2

/* How a child is confined, and the two ends of its channel. */
struct cage
{
  enum confinement confinement;
  int channel[2];
};

static int
take_place (enum child_kind kind, pid_t parent)
{
  signal (SIGPIPE, SIG_DFL);
  if (kind == CHILD_APART)
    return setsid () == -1 ? -1 : 0;
  signal (SIGINT, SIG_IGN);
  signal (SIGQUIT, SIG_IGN);
  if (prctl (PR_SET_PDEATHSIG, SIGTERM) == -1)
    return -1;
  if (getppid () != parent)
    _exit (127);                /* it has ended already */
  return 0;
}

/* A descriptor that is dup'ed to itself would keep its close-on-exec. */
static int
take_descriptors (const int fds[3])
{
  int safe[3];

  for (int i = 0; i < 3; i++)
    if ((safe[i] = fcntl (fds[i] == -1 ? i : fds[i], F_DUPFD_CLOEXEC, 3)) == -1)
      return -1;
  for (int i = 0; i < 3; i++)
    if (dup2 (safe[i], i) == -1)
      return -1;
  return 0;
}

/* The child's half: becomes ARGV, or writes errno to EXEC_PIPE. */
static void
become (char *const argv[], const int fds[3], enum child_kind kind, pid_t parent,
        const struct cage *cage, int exec_pipe)
{
  sigset_t none;
  int error;

  sigemptyset (&none);
  if (take_place (kind, parent) == 0 && take_descriptors (fds) == 0
      && sigprocmask (SIG_SETMASK, &none, NULL) == 0
      && (!cage || confinement_enter (cage->confinement, cage->channel[1]) == 0))
    execvp (argv[0], argv);
  error = errno;
  if (write (exec_pipe, &error, sizeof error) == -1)
    _exit (126);
  _exit (127);
}

/* Until the child has become ARGV, or said on EXEC_PIPE why it could not.  Its own end
 * of the channel must be closed here: otherwise its end would not be seen. */
static void
let_in (struct cage *cage, int exec_pipe, int *gate)
{
  close (cage->channel[1]);
  cage->channel[1] = -1;
  *gate = confinement_take_gate (cage->channel[0]);
  confinement_allow_exec (*gate, exec_pipe, -1);
}

/* CAGE: NULL for a child that is not confined; GATE is set for one that is. */
static pid_t
start (char *const argv[], const int fds[3], enum child_kind kind, struct cage *cage,
       int *gate)
{
  int exec_pipe[2], error = 0;
  const pid_t parent = getpid ();
  pid_t pid;
  ssize_t r;

  if (pipe2 (exec_pipe, O_CLOEXEC) == -1)
    return -1;
  pid = fork ();
  if (pid == 0)
    become (argv, fds, kind, parent, cage, exec_pipe[1]);
  error = errno;
  close (exec_pipe[1]);
  if (cage)
    let_in (cage, exec_pipe[0], gate);
  r = pid == -1 ? 0 : full_read (exec_pipe[0], &error, sizeof error);
  close (exec_pipe[0]);
  if (r == (ssize_t) sizeof error) {
    while (waitpid (pid, NULL, 0) == -1 && errno == EINTR)
      ;
    pid = -1;
  }
  errno = error;
  return pid;
}

pid_t
child_process_start (char *const argv[], const int fds[3], enum child_kind kind)
{
  return start (argv, fds, kind, NULL, NULL);
}

pid_t
child_process_start_confined (char *const argv[], const int fds[3],
                              enum confinement confinement, int *gate)
{
  struct cage cage = { .confinement = confinement };
  pid_t pid;

  *gate = -1;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, cage.channel) == -1)
    return -1;
  pid = start (argv, fds, CHILD_APART, &cage, gate);
  const int error = errno;
  for (int i = 0; i < 2; i++)
    if (cage.channel[i] >= 0)
      close (cage.channel[i]);
  if (pid == -1 && *gate >= 0) {
    close (*gate);
    *gate = -1;
  }
  errno = error;
  return pid;
}

void
child_process_end (pid_t pid)
{
  const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

  if (pid <= 0)
    return;
  kill (pid, SIGTERM);
  for (int i = 0; i < END_SECONDS * 100; i++) {
    const pid_t ended = waitpid (pid, NULL, WNOHANG);

    if (ended == pid || (ended == -1 && errno != EINTR))
      return;
    nanosleep (&pause, NULL);
  }
  kill (pid, SIGKILL);
  while (waitpid (pid, NULL, 0) == -1 && errno == EINTR)
    ;
}

const char *
child_process_fate (int wait_status, char *text, size_t size)
{
  if (WIFSIGNALED (wait_status))
    snprintf (text, size, "was killed by signal %d (%s)", WTERMSIG (wait_status),
              strsignal (WTERMSIG (wait_status)));
  else
    snprintf (text, size, "ended with status %d", WEXITSTATUS (wait_status));
  return text;
}
