/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "terminal-text.h"

static enum verbosity verbosity = VERBOSITY_NORMAL;

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

void
message_warning (const char *fmt, ...)
{
  SAY ("warning: ");
}

void
report_error (const char *fmt, ...)
{
  SAY (MESSAGE_PROGRAM ": ");
}

void
message_verbatim (const char *prefix, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line;

  progress_hide ();
  while (rest && (line = strsep (&rest, "\n")) != NULL) {
    terminal_text_clean (line);
    if (*line)
      fprintf (stderr, "%s%s\n", prefix, line);
  }
}
