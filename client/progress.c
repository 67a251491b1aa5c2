/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "message-sink.h"
#include "progress.h"
#include "size-text.h"
#include "terminal-lines.h"

#define REDRAW_SECONDS 0.2
#define RECORD_SECONDS 0.5
#define PLAIN_SECONDS 10
#define PLAIN_PERCENT 10
#define RATE_SECONDS 1.0        /* between two samples of the rate */

static struct
{
  bool enabled, terminal;
  bool unsaid;                  /* plain: an update that was not printed */
  const char *phase;
  const char *label;            /* NULL: no line */
  uint64_t done, total;
  double last_shown;            /* seconds */
  unsigned last_percent;
  double sample_time, rate;     /* rate: bytes a second, smoothed */
  uint64_t sample_done;
} line;

void
progress_init (bool enabled)
{
  line.enabled = enabled;
  line.terminal = message_sink_is_text () && isatty (STDERR_FILENO);
}

unsigned
progress_percent (uint64_t done, uint64_t total)
{
  if (total == 0)
    return 0;
  return done >= total ? 100 : (unsigned) ((double) done * 100 / (double) total);
}

static void
format_time_left (char *text, size_t size, double seconds)
{
  unsigned long s = seconds > 359999 ? 359999 : (unsigned long) (seconds + 0.5);

  if (s >= 3600)
    snprintf (text, size, "%lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
  else
    snprintf (text, size, "%lu:%02lu left", s / 60, s % 60);
}

void
progress_format (char *text, size_t size, const char *label,
                 uint64_t done, uint64_t total, double rate)
{
  char done_text[SIZE_TEXT_MAX], total_text[SIZE_TEXT_MAX];
  char rate_text[SIZE_TEXT_MAX], left[32] = "";
  int n = snprintf (text, size, "%s  %s", label, size_text (done, done_text));

  if (n > 0 && (size_t) n < size && total > 0)
    n += snprintf (text + n, size - (size_t) n, " of %s  %u %%",
                   size_text (total, total_text), progress_percent (done, total));
  if (n > 0 && (size_t) n < size && rate >= 1) {
    if (total > done)
      format_time_left (left, sizeof left, (double) (total - done) / rate);
    snprintf (text + n, size - (size_t) n, "  %s/s%s%s",
              size_text ((uint64_t) rate, rate_text), *left ? "  " : "", left);
  }
}

static void
record (void)
{
  message_record ("progress", "phase", line.phase, "label", line.label,
                  "done", RECORD_NUMBER (line.done),
                  "total", line.total ? RECORD_NUMBER (line.total) : "",
                  "rate", line.rate >= 1 ? RECORD_NUMBER ((uint64_t) line.rate)
                          : "", NULL);
}

static void
draw (void)
{
  char text[PROGRESS_LINE_MAX];

  progress_format (text, sizeof text, line.label, line.done, line.total,
                   line.rate);
  if (!message_sink_is_text ())
    record ();
  else if (line.terminal)
    terminal_lines_draw ((const char *[]) { text }, 1);
  else
    fprintf (stderr, "%s\n", text);
  line.unsaid = false;
  line.last_shown = clock_now ();
  line.last_percent = progress_percent (line.done, line.total);
}

/* The journal of an earlier run makes the first value jump: rates are counted
 * from the first update on. */
static void
sample_rate (double t, uint64_t done)
{
  double passed = t - line.sample_time;

  if (line.sample_time == 0 || done < line.sample_done) {
    line.sample_time = t;
    line.sample_done = done;
    line.rate = 0;
  }
  else if (passed >= RATE_SECONDS) {
    double current = (double) (done - line.sample_done) / passed;
    line.rate = line.rate == 0 ? current : 0.7 * line.rate + 0.3 * current;
    line.sample_time = t;
    line.sample_done = done;
  }
}

void
progress_begin (const char *phase, const char *label)
{
  progress_end ();
  line.phase = phase;
  line.label = label;
  line.done = line.total = 0;
  line.sample_time = line.rate = 0;
  line.last_shown = clock_now ();
  line.last_percent = 0;
}

const char *
progress_label (void)
{
  return line.label;
}

static bool
is_due (double t)
{
  if (!message_sink_is_text ())
    return t - line.last_shown >= RECORD_SECONDS;
  if (line.terminal)
    return !terminal_lines_are_drawn () || t - line.last_shown >= REDRAW_SECONDS;
  return t - line.last_shown >= PLAIN_SECONDS
         || progress_percent (line.done, line.total)
            >= line.last_percent + PLAIN_PERCENT;
}

void
progress_update (uint64_t done, uint64_t total)
{
  double t = clock_now ();

  if (!line.label || !line.enabled)
    return;
  sample_rate (t, done);
  line.done = done;
  line.total = total;
  line.unsaid = true;
  if (is_due (t))
    draw ();
}

bool
progress_show_text (const char *text)
{
  if (!line.enabled || !line.terminal)
    return false;
  progress_end ();
  terminal_lines_draw (&text, 1);
  return true;
}

void
progress_end (void)
{
  if (!line.label || !line.enabled) {
    line.label = NULL;
    return;
  }
  if (line.unsaid)
    draw ();
  terminal_lines_leave ();
  line.label = NULL;
}

void
progress_hide (void)
{
  terminal_lines_hide ();
}
