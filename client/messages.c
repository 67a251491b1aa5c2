/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "error-tag.h"
#include "message-sink.h"
#include "messages.h"
#include "phase-times.h"
#include "progress.h"
#include "report.h"
#include "terminal-text.h"

static enum verbosity verbosity = VERBOSITY_NORMAL;
static bool holding;
static char last_error[256];
static enum error_code last_code;
static char *said_error;        /* the last cause that was not held, or NULL */
static enum error_code said_code;

void
message_init (enum verbosity v)
{
  verbosity = v;
  phase_times_reset ();
  progress_init (v != VERBOSITY_QUIET);
}

enum level { TRACE, DETAIL, INFO, NOTICE, WARNING, ERROR };

static const struct { const char *name, *prefix; } levels[] = {
  [TRACE] = { "debug", "debug: " },
  [DETAIL] = { "detail", "" }, [INFO] = { "info", "" },
  [NOTICE] = { "notice", "" }, [WARNING] = { "warning", "warning: " },
  [ERROR] = { "error", MESSAGE_PROGRAM ": " },
};

/* The whole line in one write, so that the words of nbdkit or of a prompt
 * can't get into it. */
static void
say_text (const char *prefix, const char *text)
{
  progress_hide ();
  fprintf (stderr, "%s%s\n", prefix, text);
}

/* CODE is that of an error, else "". */
static void
say (enum level level, const char *code, const char *fmt, va_list args)
{
  int saved_errno = errno;
  CLEANUP_FREE char *text = NULL;

  if (vasprintf (&text, fmt, args) == -1)
    text = NULL;
  if (message_sink_is_text ()) {
    CLEANUP_FREE char *tagged = error_tag_text (text ? text : fmt, code);
    say_text (levels[level].prefix, tagged ? tagged : fmt);
  }
  else
    message_record ("message", "level", levels[level].name, "code", code, "text",
                    text ? text : fmt, NULL);
  errno = saved_errno;
}

#define SAY(level, code)        \
  do {                          \
    va_list args;               \
    va_start (args, fmt);       \
    say (level, code, fmt, args); \
    va_end (args);              \
  } while (0)

void
message_phase (const char *name, const char *fmt, ...)
{
  CLEANUP_FREE char *text = NULL;
  va_list args;

  phase_times_begin (name, clock_now ());
  if (verbosity < VERBOSITY_NORMAL)
    return;
  va_start (args, fmt);
  if (vasprintf (&text, fmt, args) == -1)
    text = NULL;
  va_end (args);
  if (message_sink_is_text ())
    say_text ("", text ? text : fmt);
  else
    message_record ("phase", "name", name, "text", text ? text : fmt, NULL);
}

void
message_info (const char *fmt, ...)
{
  if (verbosity >= VERBOSITY_NORMAL)
    SAY (INFO, "");
}

void
message_detail (const char *fmt, ...)
{
  if (verbosity >= VERBOSITY_VERBOSE)
    SAY (DETAIL, "");
}

bool
message_debugs (void)
{
  return verbosity >= VERBOSITY_DEBUG;
}

void
message_debug (const char *fmt, ...)
{
  CLEANUP_FREE char *text = NULL;
  va_list args;

  if (verbosity < VERBOSITY_DEBUG)
    return;
  va_start (args, fmt);
  if (vasprintf (&text, fmt, args) == -1)
    text = NULL;
  va_end (args);
  if (!text)
    return;
  terminal_text_clean (text);
  if (message_sink_is_text ())
    say_text (levels[TRACE].prefix, text);
  else
    message_record ("message", "level", levels[TRACE].name, "text", text, NULL);
}

void
message_always (const char *fmt, ...)
{
  SAY (NOTICE, "");
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
    SAY (WARNING, "");
}

static void
keep_error (const char *fmt, va_list args)
{
  int saved_errno = errno;

  vsnprintf (last_error, sizeof last_error, fmt, args);
  last_error[strcspn (last_error, "\n")] = '\0';
  errno = saved_errno;
}

/* How the disk stands is said last; it is no cause. */
static bool
tells_cause (enum error_code code)
{
  return code != ERROR_NOTHING_WRITTEN && code != ERROR_PARTLY_WRITTEN
         && code != ERROR_STOPPED_PARTLY_WRITTEN;
}

static void
keep_said_error (enum error_code code, const char *fmt, va_list args)
{
  int saved_errno = errno;

  said_code = code;
  free (said_error);
  if (vasprintf (&said_error, fmt, args) == -1)
    said_error = NULL;
  errno = saved_errno;
}

void
report_error (enum error_code code, const char *fmt, ...)
{
  va_list kept;

  va_start (kept, fmt);
  if (holding) {
    last_code = code;
    keep_error (fmt, kept);
  }
  else if (!said_error || tells_cause (code))
    keep_said_error (code, fmt, kept);
  va_end (kept);
  if (!is_held_back ())
    SAY (ERROR, error_code_name (code));
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

bool
message_holds_errors (void)
{
  return holding;
}

const char *
message_last_error (void)
{
  return last_error;
}

enum error_code
message_last_code (void)
{
  return last_code;
}

const char *
message_said_error (enum error_code *code)
{
  *code = said_code;
  return said_error;
}

/* PREFIX without the ": " that a person reads. */
static void
record_words (const char *prefix, const char *line)
{
  char from[32];

  snprintf (from, sizeof from, "%s", prefix + strspn (prefix, " "));
  from[strcspn (from, ":")] = '\0';
  message_record ("message", "level", "words", "from", from, "text", line, NULL);
}

void
message_verbatim (const char *prefix, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line;

  if (is_held_back ())
    return;
  while (rest && (line = strsep (&rest, "\n")) != NULL) {
    terminal_text_clean (line);
    if (!*line)
      continue;
    if (message_sink_is_text ())
      say_text (prefix, line);
    else
      record_words (prefix, line);
  }
}
