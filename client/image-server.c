/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "image-server.h"
#include "interrupt.h"
#include "messages.h"
#include "report.h"

#define PLUGIN_VARIABLE "FLASHIMAGE_PLUGIN"
#define PLUGIN_NAME "flashimage"
#define WORDS_MAX 8192          /* of nbdkit's stderr that are kept: the last */
#define START_SECONDS 60
#define STOP_SECONDS 5

struct image_server
{
  pid_t pid;                    /* 0: not running */
  const char *image;            /* the caller's */
  int wait_status;
  bool reported;
  int stderr_fd;
  char words[WORDS_MAX + 1];
  size_t words_len;
  size_t words_shown;           /* by --verbose */
  char directory[64];
  char socket[sizeof ((struct sockaddr_un *) NULL)->sun_path];
};

static int
check_image (const char *image)
{
  CLEANUP_CLOSE int fd = open (image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1) {
    report_error ("%s: %s", image, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode)) {
    report_error ("%s: not a file", image);
    return -1;
  }
  if (st.st_size == 0) {
    report_error ("%s: the image is empty", image);
    return -1;
  }
  return 0;
}

/* 0700, on a path that is short enough for a socket in it. */
static int
make_directory (struct image_server *s)
{
  const char *tmp = getenv ("TMPDIR");

  if (!tmp || *tmp != '/' || strlen (tmp) > 32)
    tmp = "/tmp";
  snprintf (s->directory, sizeof s->directory, "%s/flr-nbd-XXXXXX", tmp);
  if (!mkdtemp (s->directory)) {
    report_error ("%s: %s", s->directory, strerror (errno));
    *s->directory = '\0';
    return -1;
  }
  snprintf (s->socket, sizeof s->socket, "%s/nbd", s->directory);
  if (interrupt_set_socket (s->socket, s->directory) == -1) {
    report_error ("%s: %s", s->socket, strerror (errno));
    return -1;
  }
  return 0;
}

/* The child's half: becomes nbdkit, or writes errno to EXEC_PIPE. */
static void
exec_nbdkit (const struct image_server *s, bool rescan, int words,
             int exec_pipe)
{
  const char *plugin = getenv (PLUGIN_VARIABLE);
  CLEANUP_FREE char *file = NULL;
  int error;

  if (!plugin || !*plugin)
    plugin = PLUGIN_NAME;
  /* Its own group: a ^C on the terminal is the client's business. */
  if (setpgid (0, 0) == 0
      && asprintf (&file, "file=%s", s->image) != -1
      && dup2 (words, STDERR_FILENO) != -1
      && dup2 (words, STDOUT_FILENO) != -1) {
    signal (SIGPIPE, SIG_DFL);
    /* One request at a time on a connection: nbdkit 1.32 aborts when a tunnel is
     * cut while it answers several.  Blocks are decoded ahead all the same. */
    execlp ("nbdkit", "nbdkit", "-f", "--exit-with-parent", "-r", "-t", "1",
            "-U", s->socket, plugin, file, rescan ? "index=none" : NULL,
            (char *) NULL);
  }
  error = errno;
  if (write (exec_pipe, &error, sizeof error) == -1)
    _exit (126);
  _exit (127);
}

static void
report_exec_error (int error)
{
  if (error == ENOENT)
    report_error ("nbdkit is not installed (or not on PATH); it serves the "
                  "image. On Debian and Ubuntu: apt install nbdkit");
  else
    report_error ("nbdkit: %s", strerror (error));
}

static int
spawn (struct image_server *s, bool rescan)
{
  int words[2] = { -1, -1 }, exec_pipe[2] = { -1, -1 }, error;
  ssize_t r;

  if (pipe2 (words, O_CLOEXEC) == -1 || pipe2 (exec_pipe, O_CLOEXEC) == -1
      || (s->pid = fork ()) == -1) {
    report_error ("cannot start nbdkit: %s", strerror (errno));
    s->pid = 0;
    for (int i = 0; i < 2; i++) {
      if (words[i] >= 0)
        close (words[i]);
      if (exec_pipe[i] >= 0)
        close (exec_pipe[i]);
    }
    return -1;
  }
  if (s->pid == 0)
    exec_nbdkit (s, rescan, words[1], exec_pipe[1]);

  close (words[1]);
  close (exec_pipe[1]);
  s->stderr_fd = words[0];
  r = full_read (exec_pipe[0], &error, sizeof error);
  close (exec_pipe[0]);
  if (r == (ssize_t) sizeof error) {
    report_exec_error (error);
    s->reported = true;
    return -1;
  }
  return fcntl (s->stderr_fd, F_SETFL, O_NONBLOCK);
}

/* Keep the last WORDS_MAX bytes. */
static void
keep_words (struct image_server *s, const char *text, size_t len)
{
  size_t over;

  if (len > WORDS_MAX) {
    text += len - WORDS_MAX;
    len = WORDS_MAX;
  }
  over = s->words_len + len > WORDS_MAX ? s->words_len + len - WORDS_MAX : 0;
  memmove (s->words, s->words + over, s->words_len - over);
  s->words_len -= over;
  s->words_shown -= over < s->words_shown ? over : s->words_shown;
  memcpy (s->words + s->words_len, text, len);
  s->words_len += len;
  s->words[s->words_len] = '\0';
}

static void
read_words (struct image_server *s)
{
  char buf[1024];
  ssize_t n;

  if (s->stderr_fd == -1)
    return;
  while ((n = read (s->stderr_fd, buf, sizeof buf)) > 0)
    keep_words (s, buf, (size_t) n);
  if (n == 0) {
    close (s->stderr_fd);
    s->stderr_fd = -1;
  }
  char *newline = strchr (s->words + s->words_shown, '\n');
  while (newline) {
    message_detail ("nbdkit: %.*s",
                    (int) (newline - s->words - (ptrdiff_t) s->words_shown),
                    s->words + s->words_shown);
    s->words_shown = (size_t) (newline - s->words) + 1;
    newline = strchr (s->words + s->words_shown, '\n');
  }
}

bool
image_server_service (struct image_server *s)
{
  pid_t ended;

  read_words (s);
  if (s->pid == 0)
    return false;
  ended = waitpid (s->pid, &s->wait_status, WNOHANG);
  if (ended == 0 || (ended == -1 && errno == EINTR))
    return true;
  if (ended == -1)              /* somebody else has reaped it */
    s->wait_status = 0;
  s->pid = 0;
  read_words (s);
  return false;
}

void
image_server_report_end (struct image_server *s)
{
  if (s->reported)
    return;
  s->reported = true;
  if (WIFSIGNALED (s->wait_status))
    report_error ("nbdkit, which serves the image, was killed by signal %d (%s)",
                  WTERMSIG (s->wait_status), strsignal (WTERMSIG (s->wait_status)));
  else
    report_error ("nbdkit, which serves the image, has ended with status %d",
                  WEXITSTATUS (s->wait_status));
  message_verbatim ("  ", s->words);
}

static int
wait_for_socket (struct image_server *s)
{
  const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

  for (int i = 0; i < START_SECONDS * 100; i++) {
    if (!image_server_service (s)) {
      image_server_report_end (s);
      return -1;
    }
    if (access (s->socket, F_OK) == 0)
      return 0;
    nanosleep (&pause, NULL);
  }
  report_error ("nbdkit made no socket within %d seconds", START_SECONDS);
  return -1;
}

struct image_server *
image_server_start (const char *image, bool rescan)
{
  struct image_server *s;

  if (check_image (image) == -1)
    return NULL;
  s = calloc (1, sizeof *s);
  if (!s) {
    report_error ("out of memory");
    return NULL;
  }
  s->stderr_fd = -1;
  s->image = image;
  if (make_directory (s) == -1 || spawn (s, rescan) == -1
      || wait_for_socket (s) == -1) {
    image_server_stop (s);
    return NULL;
  }
  return s;
}

/* A scan that is remembered spares the one that the first start has done. */
int
image_server_restart (struct image_server *s)
{
  if (s->stderr_fd >= 0)
    close (s->stderr_fd);
  s->stderr_fd = -1;
  s->reported = false;
  s->words_len = s->words_shown = 0;
  *s->words = '\0';
  if (unlink (s->socket) == -1 && errno != ENOENT) {
    report_error ("%s: %s", s->socket, strerror (errno));
    return -1;
  }
  return spawn (s, false) == -1 ? -1 : wait_for_socket (s);
}

/* TERM, and KILL for one that hangs on a connection. */
static void
end_child (struct image_server *s)
{
  const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

  if (s->pid == 0)
    return;
  kill (s->pid, SIGTERM);
  for (int i = 0; i < STOP_SECONDS * 50 && image_server_service (s); i++)
    nanosleep (&pause, NULL);
  if (s->pid == 0)
    return;
  kill (s->pid, SIGKILL);
  while (waitpid (s->pid, NULL, 0) == -1 && errno == EINTR)
    ;
  s->pid = 0;
}

void
image_server_stop (struct image_server *s)
{
  if (!s)
    return;
  end_child (s);
  if (s->stderr_fd >= 0)
    close (s->stderr_fd);
  if (*s->directory) {
    unlink (s->socket);
    if (rmdir (s->directory) == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
    if (interrupt_set_socket (NULL, NULL) == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
  }
  free (s);
}

const char *
image_server_socket (const struct image_server *s)
{
  return s->socket;
}

int
image_server_fd (const struct image_server *s)
{
  return s->stderr_fd;
}
