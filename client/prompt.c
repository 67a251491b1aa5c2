/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "cleanup.h"
#include "file-io.h"
#include "interrupt.h"
#include "messages.h"
#include "phase-times.h"
#include "progress.h"
#include "prompt.h"
#include "terminal-text.h"

#define TERMINAL "/dev/tty"

static const char *occasion;
static bool has_other_way;
static prompt_fn other_way;

void
prompt_set_occasion (const char *text)
{
  occasion = text;
}

void
prompt_set_way (prompt_fn ask)
{
  has_other_way = true;
  other_way = ask;
}

bool
prompt_possible (void)
{
  if (has_other_way)
    return other_way != NULL;

  CLEANUP_CLOSE int fd = open (TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return fd >= 0;
}

/* Whether something was typed, and not ^C. */
static bool
wait_for_typing (int fd)
{
  struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
                           { .fd = interrupt_fd (), .events = POLLIN } };

  while (poll (fds, 2, -1) == -1)
    if (errno != EINTR)
      return false;
  return fds[1].revents == 0;
}

/* Byte by byte: what is typed behind the newline belongs to the next one. */
static int
read_line (int fd, char *answer, size_t size)
{
  size_t n = 0;

  for (;;) {
    char c;

    if (!wait_for_typing (fd))
      return -1;
    ssize_t r = read (fd, &c, 1);

    if (r == -1 && errno == EINTR)
      continue;
    if (r <= 0)
      return -1;
    if (c == '\n')
      break;
    if (n < size)
      answer[n++] = c;
  }
  if (n == size)
    return -1;
  answer[n] = '\0';
  return 0;
}

static void
show (int fd, const char *question)
{
  char text[512];

  snprintf (text, sizeof text, "%s", question);
  terminal_text_clean (text);
  if (full_write (fd, text, strlen (text)) == -1)
    return;                     /* the read will fail, too */
}

/* Where there is another way, the occasion is said there. */
static int
ask_otherwise (const char *question, bool echo, char *answer, size_t size)
{
  if (!other_way)
    return -1;
  if (occasion)
    message_always ("%s", occasion);
  return other_way (question, echo, answer, size);
}

static int
ask_on_terminal (const char *question, bool echo, char *answer, size_t size)
{
  CLEANUP_CLOSE int fd = open (TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct termios before, silent;
  bool hidden = false;
  int result;

  if (fd == -1)
    return -1;
  if (!echo) {
    if (tcgetattr (fd, &before) == -1)
      return -1;
    silent = before;
    silent.c_lflag &= ~(tcflag_t) ECHO;
    interrupt_set_terminal (fd, &before);
    hidden = tcsetattr (fd, TCSAFLUSH, &silent) == 0;
    if (!hidden) {
      interrupt_set_terminal (-1, NULL);
      return -1;
    }
  }

  progress_hide ();
  phase_times_begin (NULL, clock_now ());       /* a person's time is no phase's */
  if (occasion)
    message_always ("%s", occasion);
  show (fd, question);
  result = read_line (fd, answer, size);
  if (hidden) {
    tcsetattr (fd, TCSANOW, &before);
    interrupt_set_terminal (-1, NULL);
    if (full_write (fd, "\n", 1) == -1)
      result = -1;
  }
  if (result == -1)
    explicit_bzero (answer, size);
  return result;
}

int
prompt_ask (const char *question, bool echo, char *answer, size_t size)
{
  return has_other_way ? ask_otherwise (question, echo, answer, size)
                       : ask_on_terminal (question, echo, answer, size);
}
