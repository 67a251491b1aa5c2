/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "terminal-text.h"

static enum verbosity verbosity = VERBOSITY_NORMAL;
static bool holding;
static char last_error[256];

void
message_init (enum verbosity v)
{
  verbosity = v;
  progress_init (v != VERBOSITY_QUIET);
}

/* The whole line in one write, so that the words of nbdkit or of a prompt
 * can't get into it. */
static void
say (const char *prefix, const char *fmt, va_list args)
{
  int saved_errno = errno;
  CLEANUP_FREE char *text = NULL;

  if (vasprintf (&text, fmt, args) == -1)
    text = NULL;
  progress_hide ();
  fprintf (stderr, "%s%s\n", prefix, text ? text : fmt);
  errno = saved_errno;
}

#define SAY(prefix)             \
  do {                          \
    va_list args;               \
    va_start (args, fmt);       \
    say (prefix, fmt, args);    \
    va_end (args);              \
  } while (0)

void
message_info (const char *fmt, ...)
{
  if (verbosity >= VERBOSITY_NORMAL)
    SAY ("");
}

void
message_detail (const char *fmt, ...)
{
  if (verbosity >= VERBOSITY_VERBOSE)
    SAY ("");
}

void
message_always (const char *fmt, ...)
{
  SAY ("");
}

static bool
is_held_back (void)
{
  return holding && verbosity < VERBOSITY_VERBOSE;
}

void
message_warning (const char *fmt, ...)
{
  if (!is_held_back ())
    SAY ("warning: ");
}

static void
keep_error (const char *fmt, va_list args)
{
  int saved_errno = errno;

  vsnprintf (last_error, sizeof last_error, fmt, args);
  last_error[strcspn (last_error, "\n")] = '\0';
  errno = saved_errno;
}

void
report_error (const char *fmt, ...)
{
  if (holding) {
    va_list args;
    va_start (args, fmt);
    keep_error (fmt, args);
    va_end (args);
  }
  if (!is_held_back ())
    SAY (MESSAGE_PROGRAM ": ");
}

void
message_hold_errors (void)
{
  holding = true;
  *last_error = '\0';
}

void
message_release_errors (void)
{
  holding = false;
}

const char *
message_last_error (void)
{
  return last_error;
}

void
message_verbatim (const char *prefix, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line;

  if (is_held_back ())
    return;
  progress_hide ();
  while (rest && (line = strsep (&rest, "\n")) != NULL) {
    terminal_text_clean (line);
    if (*line)
      fprintf (stderr, "%s%s\n", prefix, line);
  }
}
