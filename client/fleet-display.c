/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "column-text.h"
#include "fleet-display.h"
#include "message-sink.h"
#include "messages.h"
#include "progress-line.h"
#include "terminal-lines.h"
#include "terminal-style.h"

#define REDRAW_SECONDS 0.2
#define PLAIN_SECONDS 10        /* between two lines of a board */
#define PLAIN_PERCENT 10
#define NAME_WIDTH_MAX 24

static struct
{
  bool enabled, terminal, verbose;
  double last_shown;            /* seconds */
} display;

void
fleet_display_init (enum verbosity verbosity)
{
  display.enabled = verbosity != VERBOSITY_QUIET && message_sink_is_text ();
  display.terminal = terminal_style ()->redraws;
  display.verbose = verbosity >= VERBOSITY_VERBOSE;
  if (display.enabled && display.terminal)
    terminal_lines_watch ();
}

bool
fleet_display_says_steps (void)
{
  return display.enabled && (!display.terminal || display.verbose);
}

/* -- Lines ------------------------------------------------------------------ */

static const char *
state_of (const struct fleet_board *b)
{
  switch (b->stage) {
  case FLEET_QUEUED: return "waits for its turn";
  case FLEET_PLANNED: return b->begun ? "looked at" : "waits for its turn";
  case FLEET_LEAVING: return "not flashed";
  case FLEET_PROBING:
  case FLEET_FLASHING: return *b->doing ? b->doing : "beginning";
  case FLEET_ENDED: break;
  }
  switch (b->status) {
  case STATUS_DONE: return "done";
  case STATUS_INTERRUPTED: return "INTERRUPTED; the same command goes on";
  case STATUS_PARTLY_WRITTEN: return "FAILED, partly written";
  default: return "not flashed";
  }
}

static struct progress_view
view_of (const struct fleet_progress *p)
{
  return (struct progress_view) {
    .label = p->label, .done = p->done, .total = p->total, .rate = (double) p->rate,
    .holes = p->holes, .slowest = p->slowest,
  };
}

void
fleet_display_format (char line[FLEET_LINE_MAX], const struct fleet_board *b,
                      int width, size_t columns, const struct terminal_style *style)
{
  const size_t before = (size_t) width + 2;
  const struct progress_view view = view_of (&b->progress);
  char text[PROGRESS_LINE_MAX];

  if (*view.label && fleet_board_is_at_work (b)) {
    progress_line_fit (text, &view, columns > before ? columns - before : 0, style);
    snprintf (line, FLEET_LINE_MAX, "%-*s  %s", width, b->name, text);
  }
  else if (b->stage == FLEET_ENDED && b->status != STATUS_DONE && *b->error)
    snprintf (line, FLEET_LINE_MAX, "%-*s  %s: %.300s", width, b->name,
              state_of (b), b->error);
  else
    snprintf (line, FLEET_LINE_MAX, "%-*s  %s", width, b->name, state_of (b));
}

static int
name_width (const struct fleet_board boards[], size_t nr)
{
  size_t width = 0;

  for (size_t i = 0; i < nr; i++)
    if (strlen (boards[i].name) > width)
      width = strlen (boards[i].name);
  return width > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : (int) width;
}

/* -- On a terminal ------------------------------------------------------------ */

/* Where not all have room, those that are at work are worth it most. */
static bool
is_shown (const struct fleet_board *b, size_t nr, size_t room)
{
  return nr <= room || fleet_board_is_at_work (b);
}

static void
draw (const struct fleet_board boards[], size_t nr)
{
  static char lines[OPTIONS_BOARDS_MAX + 1][FLEET_LINE_MAX];
  const char *list[OPTIONS_BOARDS_MAX + 1];
  const size_t room = terminal_lines_room ();
  const int width = name_width (boards, nr);
  size_t shown = 0, hidden = 0;

  for (size_t i = 0; i < nr; i++)
    if (is_shown (&boards[i], nr, room) && (nr <= room || shown + 1 < room)) {
      fleet_display_format (lines[shown], &boards[i], width,
                            terminal_lines_columns (), terminal_style ());
      list[shown] = lines[shown];
      shown++;
    }
    else
      hidden++;
  if (hidden > 0) {
    snprintf (lines[shown], FLEET_LINE_MAX, "and %zu more boards", hidden);
    list[shown] = lines[shown];
    shown++;
  }
  terminal_lines_draw (list, shown);
}

/* -- Elsewhere ---------------------------------------------------------------- */

static bool
is_due (const struct fleet_progress *p, unsigned percent, double t)
{
  return *p->label && p->done > 0
         && (percent >= p->shown_percent + PLAIN_PERCENT
             || t - p->shown >= PLAIN_SECONDS);
}

void
fleet_display_progress (struct fleet_board *b)
{
  struct fleet_progress *p = &b->progress;
  const unsigned percent = progress_percent (p->done, p->total);
  const double t = clock_now ();
  char line[PROGRESS_LINE_MAX];

  if (!display.enabled || display.terminal || !is_due (p, percent, t))
    return;
  const struct progress_view view = view_of (p);
  progress_line_plain (line, &view);
  message_info ("%s: %s", b->name, line);
  p->shown_percent = percent;
  p->shown = t;
}

/* -- The foot of the screen --------------------------------------------------- */

void
fleet_display_update (const struct fleet_board boards[], size_t nr)
{
  const double t = clock_now ();

  if (!display.enabled || !display.terminal)
    return;
  if (terminal_lines_are_drawn () && !terminal_lines_are_stale ()
      && t - display.last_shown < REDRAW_SECONDS)
    return;
  display.last_shown = t;
  draw (boards, nr);
}

void
fleet_display_end (const struct fleet_board boards[], size_t nr)
{
  if (!display.enabled || !display.terminal)
    return;
  draw (boards, nr);
  terminal_lines_leave ();
}
