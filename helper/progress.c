/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "progress.h"
#include "say.h"

#define INTERVAL 500            /* milliseconds */

static int64_t
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000 + 1;
}

void
progress_update (struct progress *p, uint64_t done, uint64_t extra)
{
  char done_text[24], total_text[24], extra_text[24];
  int64_t t = now ();

  if (p->last != 0 && t - p->last < INTERVAL && done != p->total)
    return;
  p->last = t;
  snprintf (done_text, sizeof done_text, "%" PRIu64, done);
  snprintf (total_text, sizeof total_text, "%" PRIu64, p->total);
  snprintf (extra_text, sizeof extra_text, "%" PRIu64, extra);
  if (p->extra_key)
    say ("progress", "phase", p->phase, "done", done_text, "total", total_text,
         p->extra_key, extra_text, NULL);
  else
    say ("progress", "phase", p->phase, "done", done_text, "total", total_text,
         NULL);
}
