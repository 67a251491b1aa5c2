/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit-status.h"
#include "interrupt.h"
#include "message-sink.h"
#include "messages.h"

/* Written outside of the handler while the signals are blocked, read by it. */
static struct
{
  char files[NR_INTERRUPT_OWNERS][2][128];
  char folders[NR_INTERRUPT_OWNERS][128];
  int terminal;
  struct termios terminal_before;
} leave_behind = { .terminal = -1 };

static volatile sig_atomic_t deferred, count;
static int wake_pipe[2] = { -1, -1 };

static void
die (void)
{
  static const char text[] =
    "\n" MESSAGE_PROGRAM ": interrupted; nothing was written by this command\n";

  if (leave_behind.terminal >= 0)
    tcsetattr (leave_behind.terminal, TCSANOW, &leave_behind.terminal_before);
  for (int i = 0; i < NR_INTERRUPT_OWNERS; i++) {
    for (int j = 0; j < 2; j++)
      if (*leave_behind.files[i][j])
        unlink (leave_behind.files[i][j]);
    if (*leave_behind.folders[i])
      rmdir (leave_behind.folders[i]);
  }
  if (!message_sink_last_words ()
      && write (STDERR_FILENO, text, sizeof text - 1) == -1)
    _exit (STATUS_NOT_WRITTEN);
  _exit (STATUS_NOT_WRITTEN);
}

static void
on_signal (int sig)
{
  int saved_errno = errno;

  if (!deferred)
    die ();
  count += sig == SIGINT ? 1 : 2;
  /* A full pipe is awake already. */
  if (write (wake_pipe[1], "", 1) == -1)
    errno = saved_errno;
  errno = saved_errno;
}

static void
signal_set (sigset_t *set)
{
  sigemptyset (set);
  sigaddset (set, SIGINT);
  sigaddset (set, SIGTERM);
  sigaddset (set, SIGHUP);
}

int
interrupt_init (void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

  if (pipe2 (wake_pipe, O_CLOEXEC | O_NONBLOCK) == -1)
    return -1;
  signal_set (&action.sa_mask);
  if (sigaction (SIGINT, &action, NULL) == -1
      || sigaction (SIGTERM, &action, NULL) == -1
      || sigaction (SIGPIPE, &ignore, NULL) == -1
      || sigaction (SIGHUP, NULL, &before) == -1)
    return -1;
  if (before.sa_handler == SIG_IGN)     /* nohup */
    return 0;
  return sigaction (SIGHUP, &action, NULL);
}

void
interrupt_block (sigset_t *before)
{
  sigset_t set;

  signal_set (&set);
  sigprocmask (SIG_BLOCK, &set, before);
}

int
interrupt_renew (void)
{
  deferred = count = 0;
  memset (&leave_behind, 0, sizeof leave_behind);
  leave_behind.terminal = -1;
  close (wake_pipe[0]);
  close (wake_pipe[1]);
  return pipe2 (wake_pipe, O_CLOEXEC | O_NONBLOCK);
}

int
interrupt_set_files (enum interrupt_owner owner, const char *file,
                     const char *other, const char *folder)
{
  const char *const texts[] = { file, other, folder };
  char *const places[] = {
    leave_behind.files[owner][0], leave_behind.files[owner][1],
    leave_behind.folders[owner]
  };
  sigset_t before;

  for (int i = 0; i < 3; i++)
    if (strlen (texts[i]) >= sizeof leave_behind.folders[0]) {
      errno = ENAMETOOLONG;
      return -1;
    }
  interrupt_block (&before);
  for (int i = 0; i < 3; i++)
    strcpy (places[i], texts[i]);
  sigprocmask (SIG_SETMASK, &before, NULL);
  return 0;
}

void
interrupt_set_terminal (int fd, const struct termios *terminal_before)
{
  sigset_t before;

  interrupt_block (&before);
  leave_behind.terminal = fd;
  if (fd >= 0)
    leave_behind.terminal_before = *terminal_before;
  sigprocmask (SIG_SETMASK, &before, NULL);
}

void
interrupt_defer (void)
{
  deferred = 1;
}

unsigned
interrupt_count (void)
{
  char discard[16];

  while (read (wake_pipe[0], discard, sizeof discard) > 0)
    ;
  return (unsigned) count;
}

int
interrupt_fd (void)
{
  return wake_pipe[0];
}
