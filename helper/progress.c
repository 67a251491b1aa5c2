/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "progress.h"
#include "say.h"

#define INTERVAL 500            /* milliseconds */

int64_t
progress_clock (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1;
}

void
progress_update (struct progress *p, uint64_t done, uint64_t extra)
{
  char text[5][24];
  const char *fields[8] = { NULL };
  size_t n = 0;
  const int64_t t = progress_clock ();

  if (p->last != 0 && t - p->last < INTERVAL && done != p->total)
    return;
  p->last = t;
  snprintf (text[0], sizeof text[0], "%" PRIu64, done);
  snprintf (text[1], sizeof text[1], "%" PRIu64, p->total);
  if (p->extra_key) {
    snprintf (text[2], sizeof text[2], "%" PRIu64, extra);
    fields[n++] = p->extra_key;
    fields[n++] = text[2];
  }
  if (p->waits) {
    snprintf (text[3], sizeof text[3], "%" PRIu32, p->waits->source);
    snprintf (text[4], sizeof text[4], "%" PRIu32, p->waits->disk);
    fields[n++] = "source-wait";
    fields[n++] = text[3];
    fields[n++] = "disk-wait";
    fields[n++] = text[4];
  }
  say ("progress", "phase", p->phase, "done", text[0], "total", text[1],
       fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], NULL);
}
