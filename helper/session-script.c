/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session-script.h"

#define SCRIPT_STATUS_FD 3
#define SCRIPT_SHELL "/bin/busybox"

static int
set_number (const char *name, const char *format, long a, long b)
{
  char text[64];

  snprintf (text, sizeof text, format, a, b);
  return setenv (name, text, 1);
}

/* What the session file says, where to speak, and the way to the old root. */
static int
set_environment (const struct session *session, const char *setting)
{
  const long self = (long) getppid ();

  if (clearenv () != 0 || session_file_export (session->file) == -1)
    return -1;
  if (setenv ("PATH", "/bin", 1) == -1
      || set_number ("FLASH_STATUS_FD", "%ld", SCRIPT_STATUS_FD, 0) == -1
      || set_number ("FLASH_SESSION_PID", "%ld", self, 0) == -1
      || set_number ("FLASH_OLD_NS", "/proc/%ld/fd/%ld", self,
                     session->old_ns) == -1)
    return -1;
  if (setting) {
    char *copy = strdup (setting);      /* it becomes the environment's */

    if (!copy || putenv (copy) != 0)
      return -1;
  }
  return 0;
}

/* stdin from nowhere, stdout and stderr to the talk pipe, records on their own.
 * The originals are above 3 (see session.c) and close on exec. */
static int
set_descriptors (const struct session *session)
{
  const int null = open ("/dev/null", O_RDONLY);

  if (null == -1
      || dup2 (null, STDIN_FILENO) == -1
      || dup2 (session->talk_end, STDOUT_FILENO) == -1
      || dup2 (session->talk_end, STDERR_FILENO) == -1
      || dup2 (session->records_end, SCRIPT_STATUS_FD) == -1)
    return -1;
  return null > SCRIPT_STATUS_FD ? close (null) : 0;
}

static void
set_signals (void)
{
  static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGCHLD };
  struct sigaction standard = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    sigaction (signals[i], &standard, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

_Noreturn static void
become_script (const struct session *session, const char *setting)
{
  if (setpgid (0, 0) == 0 && set_descriptors (session) == 0
      && set_environment (session, setting) == 0) {
    set_signals ();
    execl (SCRIPT_SHELL, "busybox", "sh", "/flash.sh", (char *) NULL);
  }
  fprintf (stderr, "flash.sh: %s\n", strerror (errno));
  fflush (stderr);
  _exit (127);
}

pid_t
session_script_start (const struct session *session, const char *setting)
{
  const pid_t pid = fork ();

  if (pid == 0)
    become_script (session, setting);
  /* In both processes, so that the group is there whoever comes first. */
  if (pid > 0)
    setpgid (pid, pid);
  return pid;
}

void
session_script_signal (pid_t script, int signo)
{
  if (script > 1)
    kill (-script, signo);
}
