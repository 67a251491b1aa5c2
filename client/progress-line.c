/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "column-text.h"
#include "progress-line.h"
#include "size-text.h"

#define BAR_LEAST 10            /* columns, with its two ends */
#define BAR_MOST 42

/* In the order in which they stand. */
enum part { LABEL, DONE, TOTAL, BAR, PERCENT, RATE, LEFT, SLOWEST, HOLES, NR_PARTS };

/* In the order in which they get room; the label is always there. */
static const enum part by_worth[] = { PERCENT, DONE, LEFT, BAR, RATE, TOTAL,
                                      SLOWEST, HOLES };

struct parts
{
  char text[NR_PARTS][192];     /* "": it is not known */
  bool shown[NR_PARTS];
};

unsigned
progress_percent (uint64_t done, uint64_t total)
{
  if (total == 0)
    return 0;
  return done >= total ? 100 : (unsigned) ((double) done * 100 / (double) total);
}

uint64_t
progress_seconds_left (const struct progress_view *view)
{
  if (view->rate < 1 || view->done >= view->total)
    return 0;
  const double seconds = (double) (view->total - view->done) / view->rate;
  return seconds > 359999 ? 359999 : (uint64_t) (seconds + 0.5);
}

static void
format_left (char *text, size_t size, const struct progress_view *view)
{
  const unsigned long s = (unsigned long) progress_seconds_left (view);

  if (view->rate < 1 || view->done >= view->total)
    return;
  if (s >= 3600)
    snprintf (text, size, "%lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
  else
    snprintf (text, size, "%lu:%02lu left", s / 60, s % 60);
}

static void
format_parts (struct parts *p, const struct progress_view *v)
{
  const size_t size = sizeof p->text[0];
  char text[SIZE_TEXT_MAX];

  memset (p, 0, sizeof *p);
  snprintf (p->text[LABEL], size, "%s", v->label);
  snprintf (p->text[DONE], size, "%s", size_text (v->done, text));
  if (v->total > 0) {
    snprintf (p->text[TOTAL], size, "of %s", size_text (v->total, text));
    snprintf (p->text[PERCENT], size, "%u %%", progress_percent (v->done, v->total));
  }
  if (v->rate >= 1)
    snprintf (p->text[RATE], size, "%s/s",
              size_text (v->rate < 1e19 ? (uint64_t) v->rate : UINT64_MAX, text));
  format_left (p->text[LEFT], size, v);
  if (v->slowest && *v->slowest)
    snprintf (p->text[SLOWEST], size, "slowest: %.32s", v->slowest);
  if (v->holes > 0)
    snprintf (p->text[HOLES], size, "%s holes", size_text (v->holes, text));
}

/* What stands before PART: the total belongs to what is done of it. */
static const char *
gap_before (enum part part)
{
  return part == LABEL ? "" : part == TOTAL ? " " : "  ";
}

static void
join (char line[PROGRESS_LINE_MAX], const struct parts *p)
{
  size_t n = 0;

  *line = '\0';
  for (int i = LABEL; i < NR_PARTS; i++)
    if (p->shown[i] && n < PROGRESS_LINE_MAX)
      n += (size_t) snprintf (line + n, PROGRESS_LINE_MAX - n, "%s%s",
                              gap_before ((enum part) i), p->text[i]);
}

void
progress_line_plain (char line[PROGRESS_LINE_MAX], const struct progress_view *view)
{
  struct parts p;

  format_parts (&p, view);
  for (int i = LABEL; i < NR_PARTS; i++)
    p.shown[i] = *p.text[i] || i == LABEL;
  join (line, &p);
}

/* -- The bar ---------------------------------------------------------------- */

/* A cell is full, empty, or has some eighths of its width. */
static const char *
cell_text (unsigned long eighths, bool utf8)
{
  static const char *const blocks[] = {
    "\u2591", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588"
  };

  return utf8 ? blocks[eighths] : eighths == 8 ? "#" : "-";
}

static void
format_bar (char *text, size_t size, const struct progress_view *v, size_t columns,
            const struct terminal_style *style)
{
  const size_t cells = columns - 2;
  const double part = v->done >= v->total ? 1 : (double) v->done / (double) v->total;
  const unsigned long filled = (unsigned long) (part * (double) cells * 8);
  size_t n = (size_t) snprintf (text, size, "[%s", style->color ? "\033[32m" : "");

  for (size_t i = 0; i < cells && n < size; i++) {
    const unsigned long eighths = filled <= i * 8 ? 0
                                  : filled - i * 8 > 8 ? 8 : filled - i * 8;
    n += (size_t) snprintf (text + n, size - n, "%s",
                            cell_text (eighths, style->utf8));
  }
  if (n < size)
    snprintf (text + n, size - n, "%s]", style->color ? "\033[m" : "");
}

/* -- The width --------------------------------------------------------------- */

/* The label gives way to the figure that says most. */
static size_t
cut_label (struct parts *p, size_t columns)
{
  const size_t percent = strlen (p->text[PERCENT]);
  size_t room = columns;

  if (percent > 0 && columns >= percent + 5)
    room = columns - percent - 2;
  p->text[LABEL][column_text_fit (p->text[LABEL], room)] = '\0';
  p->shown[LABEL] = true;
  return column_text_width (p->text[LABEL]);
}

void
progress_line_fit (char line[PROGRESS_LINE_MAX], const struct progress_view *view,
                   size_t columns, const struct terminal_style *style)
{
  struct parts p;
  size_t used, bar = 0;

  format_parts (&p, view);
  used = cut_label (&p, columns);
  for (size_t i = 0; i < sizeof by_worth / sizeof *by_worth; i++) {
    const enum part part = by_worth[i];
    const size_t width = part == BAR ? view->total > 0 ? BAR_LEAST : 0
                                     : strlen (p.text[part]);
    const size_t needed = width + strlen (gap_before (part));

    if (width == 0 || used + needed > columns
        || (part == TOTAL && !p.shown[DONE]))
      continue;
    p.shown[part] = true;
    used += needed;
    if (part == BAR)
      bar = width;
  }
  if (bar > 0) {
    bar += columns - used;
    format_bar (p.text[BAR], sizeof p.text[BAR], view,
                bar > BAR_MOST ? BAR_MOST : bar, style);
  }
  join (line, &p);
}
