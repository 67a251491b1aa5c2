/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>

#include "clock.h"
#include "message-sink.h"
#include "progress.h"
#include "terminal-lines.h"
#include "terminal-style.h"

#define REDRAW_SECONDS 0.2
#define MAP_REDRAW_SECONDS 1.0  /* a map is long, and the way to a terminal may be slow */
#define MAP_ROWS 8             /* at most */
#define RECORD_SECONDS 0.5
#define PLAIN_SECONDS 10
#define PLAIN_PERCENT 10
#define RATE_SECONDS 1.0        /* between two samples of the rate */
#define STALL_SECONDS 30        /* without progress the rate says nothing any more */

static struct
{
  bool enabled, terminal;
  bool unsaid;                  /* plain: an update that was not printed */
  const struct disk_map *map;   /* NULL: none */
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

/* The map as lines, its legend below; how many they are. */
static size_t
draw_map (char rows[MAP_ROWS + 1][DISK_MAP_ROW_MAX], size_t columns)
{
  const size_t room = terminal_lines_room ();
  const size_t most = room < MAP_ROWS + 2 ? room > 2 ? room - 2 : 0 : MAP_ROWS;
  const size_t cells = disk_map_cells (line.map, most * columns);
  const size_t width = disk_map_row_cells (cells, columns);
  size_t n = 0;

  for (size_t first = 0; first < cells; first += width)
    disk_map_row (rows[n++], line.map, first,
                  cells - first < width ? cells - first : width, cells,
                  terminal_style ());
  if (n > 0)
    disk_map_legend (rows[n++], terminal_style ());
  return n;
}

static void
draw_on_terminal (const struct progress_view *v, bool with_map)
{
  static char rows[MAP_ROWS + 1][DISK_MAP_ROW_MAX];
  const char *lines[MAP_ROWS + 2];
  const size_t columns = terminal_lines_columns ();
  const size_t n = with_map ? draw_map (rows, columns) : 0;
  char text[PROGRESS_LINE_MAX];

  progress_line_fit (text, v, columns, terminal_style ());
  for (size_t i = 0; i < n; i++)
    lines[i] = rows[i];
  lines[n] = text;
  terminal_lines_draw (lines, n + 1);
}

static void
draw (void)
{
  const struct progress_view view = view_now ();
  char text[PROGRESS_LINE_MAX];

  if (!message_sink_is_text ())
    record (&view);
  else if (line.terminal)
    draw_on_terminal (&view, line.map != NULL);
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
           || t - line.last_shown >= (line.map ? MAP_REDRAW_SECONDS
                                               : REDRAW_SECONDS);
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
progress_set_map (const struct disk_map *map)
{
  line.map = map;
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
  if (line.map && line.terminal && terminal_lines_are_drawn ()) {
    const struct progress_view view = view_now ();
    draw_on_terminal (&view, false);    /* what stays is the line alone */
  }
  terminal_lines_leave ();
  line.label = NULL;
}

void
progress_hide (void)
{
  terminal_lines_hide ();
}
