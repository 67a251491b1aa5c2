/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "column-text.h"
#include "terminal-lines.h"

#define LINES_MAX 512

/* What stands there; the cursor is in the last of its lines. */
static struct
{
  size_t nr;
  size_t widths[LINES_MAX];     /* columns */
  unsigned columns;             /* of the terminal, then */
  char *text;                   /* as it was written; NULL: not known */
} drawn;

static volatile sig_atomic_t resized;

static void
on_resize (int sig)
{
  (void) sig;
  resized = 1;
}

void
terminal_lines_watch (void)
{
  struct sigaction action = { .sa_handler = on_resize, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (SIGWINCH, &action, NULL);
}

bool
terminal_lines_are_stale (void)
{
  return resized && drawn.nr > 0;
}

static struct winsize
window_size (void)
{
  struct winsize window = { .ws_row = 0 };

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &window) == -1 || window.ws_col < 2)
    window.ws_col = 80;
  if (window.ws_row < 2)
    window.ws_row = 24;
  return window;
}

size_t
terminal_lines_room (void)
{
  const size_t room = (size_t) window_size ().ws_row - 1;

  return room < LINES_MAX ? room : LINES_MAX;
}

size_t
terminal_lines_columns (void)
{
  return (size_t) window_size ().ws_col - 1;
}

bool
terminal_lines_are_drawn (void)
{
  return drawn.nr > 0;
}

/* A terminal that has become narrower has broken the lines that stand there. */
static size_t
rows_of_drawn (const struct winsize *window)
{
  size_t rows = 0;

  if (window->ws_col >= drawn.columns)
    return drawn.nr;
  for (size_t i = 0; i < drawn.nr; i++)
    rows += drawn.widths[i] == 0 ? 1
            : (drawn.widths[i] + window->ws_col - 1) / window->ws_col;
  return rows < window->ws_row ? rows : window->ws_row;
}

static void
go_to_first (FILE *f, const struct winsize *window)
{
  const size_t rows = rows_of_drawn (window);

  if (rows > 1)
    fprintf (f, "\033[%zuA", rows - 1);
  fputc ('\r', f);
}

static bool
takes_output (void)
{
  struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

  return poll (&fd, 1, 0) != 0;
}

static void
print_lines (FILE *f, const char *const lines[], size_t nr, size_t columns)
{
  for (size_t i = 0; i < nr; i++) {
    const size_t fit = column_text_fit (lines[i], columns);

    fprintf (f, "%s%.*s%s\033[K", i ? "\n\r" : "", (int) fit, lines[i],
             strchr (lines[i], '\033') ? "\033[m" : "");
  }
}

/* What was written a moment ago is TEXT, too. */
static bool
stands_there (const char *text, const struct winsize *window)
{
  return drawn.nr > 0 && drawn.text && window->ws_col == drawn.columns
         && strcmp (text, drawn.text) == 0;
}

static void
remember (char *text, const char *const lines[], size_t nr, unsigned columns)
{
  free (drawn.text);
  drawn.text = text;
  drawn.nr = nr;
  drawn.columns = columns;
  for (size_t i = 0; i < nr; i++) {
    const size_t width = column_text_width (lines[i]);
    drawn.widths[i] = width < columns ? width : columns - 1;
  }
}

void
terminal_lines_draw (const char *const lines[], size_t nr)
{
  CLEANUP_FREE char *text = NULL;
  const struct winsize window = window_size ();
  size_t size;

  if (nr > window.ws_row - 1u)
    nr = window.ws_row - 1u;
  if (nr > LINES_MAX)
    nr = LINES_MAX;
  FILE *f = takes_output () ? open_memstream (&text, &size) : NULL;
  if (!f)
    return;
  print_lines (f, lines, nr, window.ws_col - 1u);
  if (nr < drawn.nr)
    fputs ("\033[J", f);
  if (fclose (f) == EOF || (!resized && stands_there (text, &window)))
    return;
  resized = 0;

  CLEANUP_FREE char *frame = NULL;
  f = open_memstream (&frame, &size);
  if (!f)
    return;
  go_to_first (f, &window);
  fputs (text, f);
  if (drawn.nr > 0 && window.ws_col != drawn.columns)
    fputs ("\033[J", f);
  if (fclose (f) == EOF)
    return;
  fputs (frame, stderr);
  remember (text, lines, nr, window.ws_col);
  text = NULL;
}

void
terminal_lines_hide (void)
{
  const struct winsize window = window_size ();

  if (drawn.nr == 0)
    return;
  go_to_first (stderr, &window);
  /* Not all at once: tmux keeps a copy of what is wiped from the top of the screen. */
  fputs (rows_of_drawn (&window) > 1 ? "\033[K\033[B\033[J\033[A" : "\033[K", stderr);
  drawn.nr = 0;
}

void
terminal_lines_leave (void)
{
  if (drawn.nr > 0)
    fputc ('\n', stderr);
  drawn.nr = 0;
}
