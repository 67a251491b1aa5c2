/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>

#include "clock.h"
#include "message-sink.h"
#include "progress.h"
#include "terminal-lines.h"
#include "terminal-style.h"

#define REDRAW_SECONDS 0.2
#define RECORD_SECONDS 0.5
#define PLAIN_SECONDS 10
#define PLAIN_PERCENT 10
#define RATE_SECONDS 1.0        /* between two samples of the rate */
#define STALL_SECONDS 30        /* without progress the rate says nothing any more */

static struct
{
  bool enabled, terminal;
  bool unsaid;                  /* plain: an update that was not printed */
  const char *phase;
  const char *label;            /* NULL: no line */
  uint64_t done, total, holes;
  enum bottleneck bottleneck;
  double last_shown;            /* seconds */
  double last_progress;         /* when DONE has changed */
  unsigned last_percent;
  double sample_time, rate;     /* rate: bytes a second, smoothed */
  uint64_t sample_done;
} line;

void
progress_init (bool enabled)
{
  line.enabled = enabled;
  line.terminal = message_sink_is_text () && terminal_style ()->redraws;
  if (enabled && line.terminal)
    terminal_lines_watch ();
}

static struct progress_view
view_now (void)
{
  const bool stalls = clock_now () - line.last_progress >= STALL_SECONDS;

  return (struct progress_view) {
    .label = line.label, .done = line.done, .total = line.total,
    .rate = stalls ? 0 : line.rate, .holes = line.holes,
    .slowest = bottleneck_text (line.bottleneck),
  };
}

static void
record (const struct progress_view *v)
{
  const uint64_t left = progress_seconds_left (v);

  message_record ("progress", "phase", line.phase, "label", v->label,
                  "done", RECORD_NUMBER (v->done),
                  "total", v->total ? RECORD_NUMBER (v->total) : "",
                  "rate", v->rate >= 1 ? RECORD_NUMBER ((uint64_t) v->rate) : "",
                  "seconds_left", left ? RECORD_NUMBER (left) : "",
                  "holes", v->holes ? RECORD_NUMBER (v->holes) : "",
                  "bottleneck", bottleneck_name (line.bottleneck), NULL);
}

static void
draw_on_terminal (const struct progress_view *v)
{
  char text[PROGRESS_LINE_MAX];

  progress_line_fit (text, v, terminal_lines_columns (), terminal_style ());
  terminal_lines_draw ((const char *[]) { text }, 1);
}

static void
draw (void)
{
  const struct progress_view view = view_now ();
  char text[PROGRESS_LINE_MAX];

  if (!message_sink_is_text ())
    record (&view);
  else if (line.terminal)
    draw_on_terminal (&view);
  else {
    progress_line_plain (text, &view);
    fprintf (stderr, "%s\n", text);
  }
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
  line.done = line.total = line.holes = 0;
  line.bottleneck = BOTTLENECK_UNKNOWN;
  line.sample_time = line.rate = 0;
  line.last_shown = line.last_progress = clock_now ();
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
    return !terminal_lines_are_drawn () || terminal_lines_are_stale ()
           || t - line.last_shown >= REDRAW_SECONDS;
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
  if (done != line.done)
    line.last_progress = t;
  line.done = done;
  line.total = total;
  line.unsaid = true;
  if (is_due (t))
    draw ();
}

void
progress_set_holes (uint64_t bytes)
{
  line.holes = bytes;
}

void
progress_set_bottleneck (enum bottleneck bottleneck)
{
  line.bottleneck = bottleneck;
}

void
progress_tick (void)
{
  if (line.label && line.enabled && line.terminal && terminal_lines_are_drawn ()
      && is_due (clock_now ()))
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
