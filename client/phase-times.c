/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "phase-times.h"

static struct
{
  struct { const char *name; double seconds; } phases[PHASE_TIMES_MAX];
  size_t nr;
  size_t current;               /* nr: none */
  double since;
} times;

void
phase_times_reset (void)
{
  memset (&times, 0, sizeof times);
}

static size_t
find (const char *name)
{
  size_t i = 0;

  while (i < times.nr && strcmp (times.phases[i].name, name) != 0)
    i++;
  return i;
}

void
phase_times_begin (const char *name, double now)
{
  if (times.current < times.nr)
    times.phases[times.current].seconds += now - times.since;
  times.since = now;
  times.current = PHASE_TIMES_MAX;
  if (!name)
    return;
  const size_t i = find (name);
  if (i == PHASE_TIMES_MAX)
    return;
  if (i == times.nr) {
    times.phases[i].name = name;
    times.nr++;
  }
  times.current = i;
}

size_t
phase_times_count (void)
{
  return times.nr;
}

const char *
phase_times_get (size_t i, double *seconds)
{
  *seconds = times.phases[i].seconds;
  return times.phases[i].name;
}

char *
phase_time_text (double seconds, char text[PHASE_TIME_MAX])
{
  const unsigned long s = (unsigned long) (seconds + 0.5);

  if (seconds < 59.95)
    snprintf (text, PHASE_TIME_MAX, "%.1f s", seconds > 0 ? seconds : 0);
  else if (s < 3600)
    snprintf (text, PHASE_TIME_MAX, "%lu:%02lu", s / 60, s % 60);
  else
    snprintf (text, PHASE_TIME_MAX, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
  return text;
}
