/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libnbd.h>

#include "child-process.h"
#include "cleanup.h"
#include "messages.h"
#include "nbdkit-process.h"
#include "report.h"
#include "terminal-text.h"

#define WORDS_MAX 8192          /* of its stderr that are kept: the last */
#define START_SECONDS 60
#define STOP_SECONDS 5

struct nbdkit_process
{
  pid_t pid;                    /* 0: not running */
  const char *purpose, *socket; /* the caller's */
  enum confinement confinement;
  nbdkit_line_fn *take_line;
  void *opaque;
  int wait_status;
  bool reported;
  int stderr_fd;
  char words[WORDS_MAX + 1];
  size_t words_len;
  size_t words_taken;           /* by take_line */
};

struct nbdkit_process *
nbdkit_process_new (const char *purpose, const char *socket,
                    enum confinement confinement, nbdkit_line_fn *take_line,
                    void *opaque)
{
  struct nbdkit_process *p = calloc (1, sizeof *p);

  if (!p) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  p->purpose = purpose;
  p->socket = socket;
  p->confinement = confinement;
  p->take_line = take_line;
  p->opaque = opaque;
  p->stderr_fd = -1;
  p->reported = true;           /* there is no end yet */
  return p;
}

/* -- Its words ------------------------------------------------------------ */

/* Keep the last WORDS_MAX bytes. */
static void
keep_words (struct nbdkit_process *p, const char *text, size_t len)
{
  size_t over;

  if (len > WORDS_MAX) {
    text += len - WORDS_MAX;
    len = WORDS_MAX;
  }
  over = p->words_len + len > WORDS_MAX ? p->words_len + len - WORDS_MAX : 0;
  memmove (p->words, p->words + over, p->words_len - over);
  p->words_len -= over;
  p->words_taken -= over < p->words_taken ? over : p->words_taken;
  memcpy (p->words + p->words_len, text, len);
  p->words_len += len;
  p->words[p->words_len] = '\0';
}

static void
hand_on_lines (struct nbdkit_process *p)
{
  const char *newline;

  while ((newline = strchr (p->words + p->words_taken, '\n')) != NULL) {
    const char *start = p->words + p->words_taken;
    CLEANUP_FREE char *line = strndup (start, (size_t) (newline - start));

    p->words_taken = (size_t) (newline - p->words) + 1;
    if (line)
      p->take_line (p->opaque, terminal_text_clean (line));
  }
}

/* Lines are handed on after each piece, before they can be pushed out. */
static void
read_words (struct nbdkit_process *p)
{
  char buf[1024];
  ssize_t n;

  if (p->stderr_fd == -1)
    return;
  while ((n = read (p->stderr_fd, buf, sizeof buf)) > 0) {
    keep_words (p, buf, (size_t) n);
    hand_on_lines (p);
  }
  if (n == 0) {
    close (p->stderr_fd);
    p->stderr_fd = -1;
  }
}

char *
nbdkit_process_last_error (const struct nbdkit_process *p)
{
  static const char mark[] = ": error: ";       /* behind nbdkit's own prefix */
  const char *last = NULL, *next = p->words;
  char *line;

  while ((next = strstr (next, mark)) != NULL)
    last = next += strlen (mark);
  line = last ? strndup (last, strcspn (last, "\n")) : NULL;
  return line ? terminal_text_clean (line) : NULL;
}

/* -- Start ---------------------------------------------------------------- */

static void
report_exec_error (int error)
{
  if (error == ENOENT)
    report_error (ERROR_NBDKIT_MISSING,
                  "nbdkit is not installed (or not on PATH); it serves the "
                  "image. On Debian and Ubuntu: apt install nbdkit");
  else
    report_error (ERROR_NBDKIT_FAILED, "nbdkit: %s", strerror (error));
}

static int
spawn (struct nbdkit_process *p, char *const argv[], int *gate)
{
  int words[2];

  if (pipe2 (words, O_CLOEXEC) == -1) {
    report_error (ERROR_NBDKIT_FAILED, "cannot start nbdkit: %s", strerror (errno));
    return -1;
  }
  const int fds[3] = { -1, words[1], words[1] };
  /* A ^C on the terminal is the client's business. */
  p->pid = child_process_start_confined (argv, fds, p->confinement, gate);
  const int error = errno;
  close (words[1]);
  p->stderr_fd = words[0];
  if (p->pid == -1) {
    p->pid = 0;
    report_exec_error (error);
    return -1;
  }
  p->reported = false;
  return fcntl (p->stderr_fd, F_SETFL, O_NONBLOCK);
}

/* Whether somebody listens on the socket, which is there a moment before.  No export
 * is opened. */
static bool
listens (const char *socket)
{
  struct nbd_handle *nbd = nbd_create ();
  const bool result = nbd && nbd_set_opt_mode (nbd, true) == 0
                      && nbd_connect_unix (nbd, socket) == 0;

  if (result)
    nbd_opt_abort (nbd);
  nbd_close (nbd);
  return result;
}

/* An nbdkit on PATH that is a script starts the true one. */
static int
wait_until_it_listens (struct nbdkit_process *p, int gate)
{
  for (int i = 0; i < START_SECONDS * 100; i++) {
    if (!nbdkit_process_service (p)) {
      nbdkit_process_report_end (p);
      return -1;
    }
    if (access (p->socket, F_OK) == 0 && listens (p->socket))
      return 0;
    confinement_allow_exec (gate, -1, 10);
  }
  report_error (ERROR_NBDKIT_FAILED,
                "nbdkit, which %s, does not listen after %d seconds", p->purpose,
                START_SECONDS);
  return -1;
}

int
nbdkit_process_start (struct nbdkit_process *p, char *const argv[])
{
  CLEANUP_CLOSE int gate = -1;

  if (p->stderr_fd >= 0)
    close (p->stderr_fd);
  p->stderr_fd = -1;
  p->words_len = p->words_taken = 0;
  *p->words = '\0';
  if (unlink (p->socket) == -1 && errno != ENOENT) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", p->socket, strerror (errno));
    return -1;
  }
  if (spawn (p, argv, &gate) == -1)
    return -1;
  if (gate == -1)
    message_detail ("nbdkit, which %s, runs without a filter of system calls: this "
                    "machine offers none", p->purpose);
  return wait_until_it_listens (p, gate);
}

/* -- Service -------------------------------------------------------------- */

int
nbdkit_process_fd (const struct nbdkit_process *p)
{
  return p->stderr_fd;
}

bool
nbdkit_process_service (struct nbdkit_process *p)
{
  pid_t ended;

  read_words (p);
  if (p->pid == 0)
    return false;
  ended = waitpid (p->pid, &p->wait_status, WNOHANG);
  if (ended == 0 || (ended == -1 && errno == EINTR))
    return true;
  if (ended == -1)              /* somebody else has reaped it */
    p->wait_status = 0;
  p->pid = 0;
  read_words (p);
  return false;
}

/* -- End ------------------------------------------------------------------ */

void
nbdkit_process_report_end (struct nbdkit_process *p)
{
  char fate[96];

  if (p->reported || p->pid != 0)
    return;
  p->reported = true;
  report_error (ERROR_NBDKIT_FAILED, "nbdkit, which %s, %s", p->purpose,
                child_process_fate (p->wait_status, fate, sizeof fate));
  message_verbatim ("  ", p->words);
}

/* TERM, and KILL for one that hangs on a connection. */
static void
end_child (struct nbdkit_process *p)
{
  const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

  if (p->pid == 0)
    return;
  kill (p->pid, SIGTERM);
  for (int i = 0; i < STOP_SECONDS * 50 && nbdkit_process_service (p); i++)
    nanosleep (&pause, NULL);
  if (p->pid == 0)
    return;
  kill (p->pid, SIGKILL);
  while (waitpid (p->pid, NULL, 0) == -1 && errno == EINTR)
    ;
  p->pid = 0;
}

void
nbdkit_process_free (struct nbdkit_process *p)
{
  if (!p)
    return;
  end_child (p);
  if (p->stderr_fd >= 0)
    close (p->stderr_fd);
  unlink (p->socket);
  free (p);
}
