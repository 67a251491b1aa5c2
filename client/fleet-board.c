/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "file-io.h"
#include "fleet-board.h"
#include "fleet-member.h"
#include "fleet-words.h"
#include "interrupt.h"
#include "report.h"

/* A person who is asked something does not read along: the boards go on for long
 * before their pipes are full. */
#define PIPE_SIZE (1024 * 1024)

int
fleet_board_init (struct fleet_board *b, const struct options *options, size_t nr)
{
  memset (b, 0, sizeof *b);
  b->records = b->words = b->control = -1;
  if (options_for_board (options, nr, &b->options) == -1)
    return -1;
  b->name = b->options.host;
  return 0;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static void
close_pipes (struct fleet_board *b)
{
  close_fd (&b->records);
  close_fd (&b->words);
  close_fd (&b->control);
}

void
fleet_board_release (struct fleet_board *b)
{
  close_pipes (b);
  line_reader_release (&b->record_lines);
  line_reader_release (&b->word_lines);
  free (b->plan_line);
  free (b->earlier);
  options_release (&b->options);
}

const char *
fleet_board_plan (const struct fleet_board *b, const char *key)
{
  const char *value = b->plan_line ? status_get (&b->plan, key) : NULL;

  return value ? value : "";
}

bool
fleet_board_is_at_work (const struct fleet_board *b)
{
  return b->stage == FLEET_PROBING || b->stage == FLEET_FLASHING;
}

/* -- The process ------------------------------------------------------------ */

struct pipes { int records[2], words[2], control[2]; };

static int
make_pipes (struct pipes *p)
{
  int *const all[] = { p->records, p->words, p->control };

  for (size_t i = 0; i < 3; i++)
    if (pipe2 (all[i], O_CLOEXEC) == -1) {
      const int error = errno;

      while (i-- > 0) {
        close (all[i][0]);
        close (all[i][1]);
      }
      errno = error;
      return -1;
    }
  /* Best effort. */
  (void) fcntl (p->records[1], F_SETPIPE_SZ, PIPE_SIZE);
  return 0;
}

/* The terminal, its signals and its questions are the parent's: the child has a
 * session of its own.  What libraries and proxy commands print gets the board's
 * name by a pipe.  Without its parent, the child ends as a client that is killed. */
static int
become_member (const struct pipes *p, pid_t parent)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  return setsid () == -1 || prctl (PR_SET_PDEATHSIG, SIGKILL) == -1
         || getppid () != parent || null == -1
         || dup2 (null, STDIN_FILENO) == -1
         || dup2 (p->words[1], STDOUT_FILENO) == -1
         || dup2 (p->words[1], STDERR_FILENO) == -1
         || interrupt_renew () == -1 ? -1 : 0;
}

static void __attribute__ ((__noreturn__))
run_member (const struct fleet_board *b, const struct fleet_shared *shared,
            const struct pipes *p, pid_t parent, const sigset_t *before)
{
  const struct fleet_member_wish wish = {
    .options = &b->options, .image = shared->image, .socket = shared->socket,
    .records = p->records[1], .control = p->control[0], .can_ask = shared->can_ask
  };

  for (size_t i = 0; i < shared->nr; i++)
    close_pipes (&shared->boards[i]);
  close (p->records[0]);
  close (p->words[0]);
  close (p->control[1]);
  if (become_member (p, parent) == -1)
    _exit (STATUS_NOT_WRITTEN);
  sigprocmask (SIG_SETMASK, before, NULL);
  /* It is the main of its process. */
  exit (fleet_member_run (&wish));
}

static void
take_ends (struct fleet_board *b, const struct pipes *p)
{
  close (p->records[1]);
  close (p->words[1]);
  close (p->control[0]);
  b->records = p->records[0];
  b->words = p->words[0];
  b->control = p->control[1];
}

void
fleet_board_start (struct fleet_board *b, const struct fleet_shared *shared)
{
  const pid_t parent = getpid ();
  struct pipes p;
  sigset_t before;

  b->stage = FLEET_PROBING;
  b->begun = clock_seconds ();
  if (make_pipes (&p) == -1) {
    fleet_board_refuse (b, ERROR_SYSTEM_FAILED, strerror (errno));
    return;
  }
  fflush (NULL);
  interrupt_block (&before);
  b->pid = fork ();
  if (b->pid == 0)
    run_member (b, shared, &p, parent, &before);
  sigprocmask (SIG_SETMASK, &before, NULL);
  take_ends (b, &p);
  if (b->pid == -1) {
    b->pid = 0;
    fleet_board_refuse (b, ERROR_SYSTEM_FAILED, strerror (errno));
  }
}

void
fleet_board_tell (struct fleet_board *b, const char *line)
{
  if (b->control >= 0 && full_write (b->control, line, strlen (line)) == -1)
    close_fd (&b->control);
}

void
fleet_board_signal (struct fleet_board *b, int signal)
{
  if (b->pid > 0)
    kill (b->pid, signal);
}

/* -- Its end ---------------------------------------------------------------- */

static void
end (struct fleet_board *b, enum exit_status status)
{
  b->stage = FLEET_ENDED;
  b->status = status;
  b->ended = clock_seconds ();
  *b->progress.label = *b->question = '\0';
  close_pipes (b);
  fleet_words_end (b);
}

/* Nobody has said how it stands: what is known is what was said before. */
static enum exit_status
status_of_crash (struct fleet_board *b)
{
  if (b->written == WRITTEN_NO || b->written == WRITTEN_UNKNOWN)
    return STATUS_NOT_WRITTEN;
  b->resumable = true;
  return STATUS_INTERRUPTED;
}

static enum exit_status
status_of_wait (struct fleet_board *b, int wait_status)
{
  char text[256];

  if (WIFEXITED (wait_status))
    switch (WEXITSTATUS (wait_status)) {
    case STATUS_DONE: return STATUS_DONE;
    case STATUS_USAGE:          /* the ssh configuration of this board */
    case STATUS_NOT_WRITTEN: return STATUS_NOT_WRITTEN;
    case STATUS_INTERRUPTED: return STATUS_INTERRUPTED;
    case STATUS_PARTLY_WRITTEN: return STATUS_PARTLY_WRITTEN;
    case STATUS_NOT_BACK: return STATUS_NOT_BACK;
    case STATUS_COMMAND_FAILED: return STATUS_COMMAND_FAILED;
    }
  if (WIFSIGNALED (wait_status))
    snprintf (text, sizeof text, "the process that flashes this board was killed by "
              "signal %d (%s)", WTERMSIG (wait_status),
              strsignal (WTERMSIG (wait_status)));
  else
    snprintf (text, sizeof text, "the process that flashes this board has ended "
              "with status %d", WEXITSTATUS (wait_status));
  fleet_words_error (b, ERROR_SYSTEM_FAILED, text);
  return status_of_crash (b);
}

static void
reap (struct fleet_board *b)
{
  int wait_status = 0;

  close_fd (&b->control);       /* in case it waits for a word */
  while (waitpid (b->pid, &wait_status, 0) == -1)
    if (errno != EINTR) {
      fleet_words_error (b, ERROR_SYSTEM_FAILED, strerror (errno));
      wait_status = 0xff00;
      break;
    }
  b->pid = 0;
  end (b, status_of_wait (b, wait_status));
}

void
fleet_board_refuse (struct fleet_board *b, enum error_code code, const char *reason)
{
  if (reason)
    fleet_words_error (b, code, reason);
  if (b->pid > 0) {
    fleet_board_tell (b, "stop\n");
    b->stage = FLEET_LEAVING;
  }
  else
    end (b, STATUS_NOT_WRITTEN);
}

/* -- What it says ------------------------------------------------------------ */

void
fleet_board_poll (const struct fleet_board *b, struct pollfd fds[FLEET_BOARD_FDS])
{
  fds[0] = (struct pollfd) { .fd = b->records, .events = POLLIN };
  fds[1] = (struct pollfd) { .fd = b->words, .events = POLLIN };
}

static void
take_record_line (void *opaque, char *line)
{
  fleet_words_take_record (opaque, line);
}

static void
take_word_line (void *opaque, char *line)
{
  fleet_words_take_line (opaque, line);
}

/* A proxy command may hold the pipe for longer than the process lives. */
static void
take_last_words (struct fleet_board *b)
{
  struct pollfd fd = { .fd = b->words, .events = POLLIN };

  while (b->words >= 0 && poll (&fd, 1, 0) > 0
         && line_reader_read (&b->word_lines, b->words, take_word_line, b) == 1)
    ;
}

bool
fleet_board_take (struct fleet_board *b, const struct pollfd fds[FLEET_BOARD_FDS])
{
  if (fds[1].revents
      && line_reader_read (&b->word_lines, b->words, take_word_line, b) != 1)
    close_fd (&b->words);
  if (!fds[0].revents
      || line_reader_read (&b->record_lines, b->records, take_record_line, b) == 1)
    return false;
  take_last_words (b);
  reap (b);
  return true;
}
