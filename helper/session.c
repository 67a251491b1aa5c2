/* SPDX-License-Identifier: MIT */
/* `session start`: from a command of deploy.sh to a process that belongs to
 * nobody and stands in the RAM root. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "ram-root.h"
#include "report.h"
#include "session-guardian.h"
#include "session-process.h"
#include "target-check.h"

#define FIRST_FD 10             /* below: stdio, and flash.sh's status */

/* Whoever sends a signal to end a login session does not mean us. */
static int
take_signals (struct session *session)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };
  struct sigaction standard = { .sa_handler = SIG_DFL };
  sigset_t wanted;

  sigaction (SIGHUP, &ignore, NULL);
  sigaction (SIGINT, &ignore, NULL);
  sigaction (SIGQUIT, &ignore, NULL);
  sigaction (SIGPIPE, &ignore, NULL);
  sigaction (SIGCHLD, &standard, NULL);
  sigemptyset (&wanted);
  sigaddset (&wanted, SIGCHLD);
  sigaddset (&wanted, SIGTERM);
  if (sigprocmask (SIG_SETMASK, &wanted, NULL) == -1)
    return -1;
  session->signals = signalfd (-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
  return session->signals == -1 ? -1 : 0;
}

/* Deployment may have been started with anything open. */
static void
close_inherited (int keep)
{
  struct rlimit limit;
  int end = 65536;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536)
    end = (int) limit.rlim_cur;
  for (int fd = 3; fd < end; fd++)
    if (fd != keep)
      close (fd);
}

/* Best effort: without the right to do so it is a process like others. */
static void
spare_from_oom (void)
{
  CLEANUP_CLOSE int fd = open ("/proc/self/oom_score_adj",
                               O_WRONLY | O_CLOEXEC);

  if (fd >= 0 && full_write (fd, "-1000", 5) == -1)
    return;
}

static int
make_pipe (int *read_end, int *write_end)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) == -1)
    return -1;
  *read_end = ends[0];
  *write_end = fcntl (ends[1], F_DUPFD_CLOEXEC, FIRST_FD);
  close (ends[1]);
  if (*write_end == -1 || fcntl (*read_end, F_SETFL, O_NONBLOCK) == -1)
    return -1;
  return 0;
}

static int
listen_on_socket (void)
{
  const struct sockaddr_un address = {
    .sun_family = AF_UNIX, .sun_path = "/socket"
  };
  CLEANUP_CLOSE int sock =
    socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  umask (077);
  if (unlink (address.sun_path) == -1 && errno != ENOENT)
    return -1;                  /* of a session process that died */
  if (sock == -1
      || bind (sock, (const struct sockaddr *) &address, sizeof address) == -1
      || listen (sock, SESSION_CONNECTIONS) == -1)
    return -1;

  const int listening = sock;
  sock = -1;
  return listening;
}

/* deploy.sh tells by them whether a session that does not answer is dead: /pid,
 * and /guardian. */
static int
write_pid (const char *path)
{
  char text[24];
  CLEANUP_CLOSE int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                               0600);
  int n = snprintf (text, sizeof text, "%ld\n", (long) getpid ());

  return fd == -1 ? -1 : full_write (fd, text, (size_t) n);
}

/* All that a session needs, in the RAM root. */
static int
prepare (struct session *session)
{
  session->history = history_new ("/status");
  if (session->history && session->death != 0)
    session_restore (session);
  if (!session->history
      || make_pipe (&session->records.fd, &session->records_end) == -1
      || make_pipe (&session->talk.fd, &session->talk_end) == -1
      || take_signals (session) == -1 || write_pid ("/pid") == -1) {
    report_error (ERROR_SESSION_FAILED, "the session: %s", strerror (errno));
    return -1;
  }
  session->listener = listen_on_socket ();
  if (session->listener == -1) {
    report_error (ERROR_SESSION_FAILED, "/socket: %s", strerror (errno));
    return -1;
  }
  return session->death == 0 ? session_make_lifeboat (session) : 0;
}

int
session_silence_stdio (void)
{
  const int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null == -1 || dup2 (null, STDIN_FILENO) == -1
      || dup2 (null, STDOUT_FILENO) == -1 || dup2 (null, STDERR_FILENO) == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "/dev/null in the RAM root: %s", strerror (errno));
    return -1;
  }
  return null > STDERR_FILENO ? close (null) : 0;
}

/* The session process itself.  Errors go to the stderr that it was started
 * with, until it says on READY that it listens. */
static int
run_session (struct session *session, int ready)
{
  prctl (PR_SET_CHILD_SUBREAPER, 1);    /* is not inherited */
  if (prepare (session) == -1 || session_silence_stdio () == -1
      || full_write (ready, "1", 1) == -1 || close (ready) == -1)
    return 1;
  return session_process_run (session);
}

/* What is the same for whatever session process there will be. */
static int
run_guardian (struct session *session, int started)
{
  setsid ();
  close_inherited (started);
  spare_from_oom ();
  ram_root_leave_cgroups ();
  session->old_ns = ram_root_enter (ram_root);
  if (session->old_ns == -1)
    return 1;
  if (write_pid ("/guardian") == -1) {
    report_error (ERROR_SESSION_FAILED, "/guardian: %s", strerror (errno));
    return 1;
  }
  return session_guardian_run (session, run_session, started);
}

/* Fork twice, so that the guardian is nobody's child.  Returns in the caller with
 * the read end that tells of the start, in the session never. */
static int
detach (struct session *session)
{
  int ends[2], status;

  if (pipe2 (ends, O_CLOEXEC) == -1)
    return -1;
  const pid_t middle = fork ();
  if (middle == -1)
    return -1;
  if (middle == 0) {
    const pid_t pid = fork ();

    if (pid == 0)
      _exit (run_guardian (session, ends[1]));
    _exit (pid == -1);
  }
  close (ends[1]);
  if (waitpid (middle, &status, 0) != middle || status != 0) {
    close (ends[0]);
    return -1;
  }
  return ends[0];
}

static int
check_directory (void)
{
  struct stat dir, above;
  char path[256];

  snprintf (path, sizeof path, "%s/..", ram_root);
  if (ram_root[0] != '/' || strlen (ram_root) > 200
      || stat (ram_root, &dir) == -1 || stat (path, &above) == -1
      || dir.st_dev == above.st_dev) {
    report_error (ERROR_SESSION_FAILED,
                  "%s is not the mount point of a RAM root", ram_root);
    return -1;
  }
  if (dir.st_uid != 0 || (dir.st_mode & 077) != 0) {
    report_error (ERROR_SESSION_FAILED, "%s is open to others", ram_root);
    return -1;
  }
  return 0;
}

static int
start (const struct session_file *file)
{
  static struct session session;        /* large, and the only one */
  char byte;

  session.file = file;
  fflush (NULL);
  CLEANUP_CLOSE int started = detach (&session);
  if (started == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "the session could not be started: %s", strerror (errno));
    return 1;
  }
  /* No byte: the session has said on our stderr why. */
  if (full_read (started, &byte, 1) != 1)
    return 1;
  printf ("FLR1-SESSION %s\n", session_file_get (file, "session"));
  return fflush (stdout) == EOF;
}

int
session_command (int argc, char **argv)
{
  char path[256];

  if (argc != 2 || strcmp (argv[1], "start") != 0) {
    report_error (ERROR_BUILD_MISMATCH, "usage: session start [-r DIR]");
    return 1;
  }
  if (check_directory () == -1)
    return 1;
  snprintf (path, sizeof path, "%s/session", ram_root);
  struct session_file *file = session_file_read (path);
  if (!file)
    return 1;
  int status = target_check (file) == 0 ? start (file) : 1;
  session_file_free (file);
  return status;
}
