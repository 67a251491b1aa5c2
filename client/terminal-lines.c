/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal-lines.h"

static size_t drawn;            /* lines; the cursor stands in the last of them */

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
  return (size_t) window_size ().ws_row - 1;
}

bool
terminal_lines_are_drawn (void)
{
  return drawn > 0;
}

static void
go_to_first (void)
{
  for (size_t i = 1; i < drawn; i++)
    fputs ("\033[A", stderr);
  fputc ('\r', stderr);
}

void
terminal_lines_draw (const char *const lines[], size_t nr)
{
  const struct winsize window = window_size ();

  if (nr > window.ws_row - 1u)
    nr = window.ws_row - 1u;
  go_to_first ();
  for (size_t i = 0; i < nr; i++)
    fprintf (stderr, "%s%.*s\033[K", i ? "\n\r" : "", window.ws_col - 1, lines[i]);
  if (nr < drawn)
    fputs ("\033[J", stderr);
  fflush (stderr);
  drawn = nr;
}

void
terminal_lines_hide (void)
{
  if (drawn == 0)
    return;
  go_to_first ();
  fputs (drawn > 1 ? "\033[J" : "\033[K", stderr);
  drawn = 0;
}

void
terminal_lines_leave (void)
{
  if (drawn > 0)
    fputc ('\n', stderr);
  drawn = 0;
}
