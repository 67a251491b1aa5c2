/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "lifeboat-daemon.h"
#include "report.h"
#include "ssh-daemon.h"

#define FILE_MAX 8192
#define ARGUMENTS_MAX 40
#define LOG_MAX 65536

struct lifeboat_daemon
{
  char text[FILE_MAX + 1];
  const char *exe;              /* into text, as the arguments */
  pid_t pid;
  char *arguments[ARGUMENTS_MAX + 1];
};

static int
take_line (struct lifeboat_daemon *daemon, char *line)
{
  char *value = strchr (line, '=');
  size_t nr = 0;

  if (!value)
    return -1;
  *value++ = '\0';
  if (strcmp (line, "exe") == 0)
    daemon->exe = value;
  else if (strcmp (line, "pid") == 0)
    daemon->pid = (pid_t) strtol (value, NULL, 10);
  else if (strcmp (line, "argument") == 0) {
    while (daemon->arguments[nr])
      nr++;
    if (nr == ARGUMENTS_MAX)
      return -1;
    daemon->arguments[nr] = value;
  }
  return 0;
}

static int
read_file (struct lifeboat_daemon *daemon, const char *path)
{
  char *save = NULL;
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t r = fd == -1 ? -1 : full_read (fd, daemon->text, FILE_MAX + 1);

  if (r == -1) {
    report_error (ERROR_LIFEBOAT_FAILED,
                  "the lifeboat: %s: %s", path, strerror (errno));
    return -1;
  }
  bool good = r <= FILE_MAX;
  daemon->text[good ? r : 0] = '\0';
  for (char *line = strtok_r (daemon->text, "\n", &save); line && good;
       line = strtok_r (NULL, "\n", &save))
    good = take_line (daemon, line) == 0;
  if (good && daemon->exe && ssh_daemon_is_plain_path (daemon->exe)
      && daemon->pid >= 0 && daemon->arguments[0]
      && daemon->arguments[0][0] == '/')
    return 0;
  report_error (ERROR_LIFEBOAT_FAILED,
                "the lifeboat: %s does not describe a daemon", path);
  return -1;
}

struct lifeboat_daemon *
lifeboat_daemon_read (const char *path)
{
  struct lifeboat_daemon *daemon = calloc (1, sizeof *daemon);

  if (!daemon) {
    report_error (ERROR_LIFEBOAT_FAILED, "the lifeboat: %s", strerror (errno));
    return NULL;
  }
  if (read_file (daemon, path) == -1) {
    lifeboat_daemon_free (daemon);
    return NULL;
  }
  return daemon;
}

void
lifeboat_daemon_free (struct lifeboat_daemon *daemon)
{
  free (daemon);
}

const char *
lifeboat_daemon_exe (const struct lifeboat_daemon *daemon)
{
  return daemon->exe;
}

pid_t
lifeboat_daemon_pid (const struct lifeboat_daemon *daemon)
{
  return daemon->pid;
}

/* -- in the child --------------------------------------------------------- */

static int
open_log (const char *path)
{
  struct stat st;
  const int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  if (fd >= 0 && fstat (fd, &st) == 0 && st.st_size > LOG_MAX
      && ftruncate (fd, 0) == -1)
    return -1;
  return fd;
}

/* The session process ignores and blocks what a daemon needs. */
static void
reset_signals (void)
{
  struct sigaction standard = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (int signo = 1; signo < NSIG; signo++)
    sigaction (signo, &standard, NULL); /* fails for two of them, and must */
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* A full tmpfs must not keep anybody out: then without a log. */
static int
set_descriptors (int sock, const char *log)
{
  const int fd = open_log (log);

  if (dup2 (sock, STDIN_FILENO) == -1 || dup2 (sock, STDOUT_FILENO) == -1)
    return -1;
  return fd == -1 ? 0 : dup2 (fd, STDERR_FILENO);
}

_Noreturn static void
become_daemon (const struct lifeboat_daemon *daemon, int sock, const char *log)
{
  static char *const environment[] = {
    (char *) "PATH=/bin", (char *) "HOME=/root", NULL
  };

  setsid ();
  reset_signals ();
  if (set_descriptors (sock, log) >= 0)
    execve (daemon->arguments[0], daemon->arguments, environment);
  dprintf (STDERR_FILENO, "%s: %s\n", daemon->arguments[0], strerror (errno));
  _exit (127);
}

pid_t
lifeboat_daemon_start (const struct lifeboat_daemon *daemon, int sock,
                       const char *log)
{
  const pid_t pid = fork ();

  if (pid == 0)
    become_daemon (daemon, sock, log);
  return pid;
}
