/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "flash-summary.h"
#include "message-sink.h"
#include "messages.h"
#include "phase-times.h"
#include "size-text.h"

static void
record (const struct flash_summary *s)
{
  for (size_t i = 0; i < phase_times_count (); i++) {
    double seconds;
    const char *name = phase_times_get (i, &seconds);

    message_record ("phase_time", "name", name, "milliseconds",
                    RECORD_NUMBER ((uint64_t) (seconds * 1000)), NULL);
  }
  message_record ("flash_summary", "bytes_sent", RECORD_NUMBER (s->sent),
                  "received_again", RECORD_NUMBER (s->again),
                  "holes", RECORD_NUMBER (s->holes),
                  "reconnects", RECORD_NUMBER (s->reconnects),
                  "restarts", RECORD_NUMBER (s->restarts),
                  "pass", RECORD_NUMBER (s->passes),
                  "chunks", RECORD_NUMBER (s->chunks),
                  "differing", RECORD_NUMBER (s->differing),
                  "repaired", RECORD_NUMBER (s->repaired), NULL);
}

static void
say_times (void)
{
  CLEANUP_FREE char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return;
  for (size_t i = 0; i < phase_times_count (); i++) {
    char time[PHASE_TIME_MAX];
    double seconds;
    const char *name = phase_times_get (i, &seconds);

    fprintf (f, "%s%s %s", i ? ", " : "", name, phase_time_text (seconds, time));
  }
  if (fclose (f) == 0 && *text)
    message_info ("Times: %s", text);
}

static void
say_text (const struct flash_summary *s)
{
  char sent[SIZE_TEXT_MAX], again[SIZE_TEXT_MAX], holes[SIZE_TEXT_MAX];

  say_times ();
  message_info ("Sent: %s (%s of it again), holes not sent: %s; reconnections: %u, "
                "restarts of the image server: %u", size_text (s->sent, sent),
                size_text (s->again, again), size_text (s->holes, holes),
                s->reconnects, s->restarts);
  if (s->passes > 0)
    message_info ("Read back: %" PRIu64 " chunks, passes: %" PRIu64 ", differing: %"
                  PRIu64 ", repaired: %" PRIu64, s->chunks, s->passes, s->differing,
                  s->repaired);
}

void
flash_summary_say (const struct flash_summary *s, bool text)
{
  phase_times_begin (NULL, clock_now ());
  record (s);
  if (text && message_sink_is_text ())
    say_text (s);
}
