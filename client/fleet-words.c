/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bottleneck.h"
#include "cleanup.h"
#include "clock.h"
#include "fleet-display.h"
#include "fleet-words.h"
#include "message-sink.h"
#include "messages.h"
#include "progress.h"
#include "terminal-text.h"

/* -- Understanding ----------------------------------------------------------- */

static const char *
text_of (const struct status_record *r, const char *key)
{
  const char *value = status_get (r, key);

  return value ? value : "";
}

static uint64_t
number_of (const struct status_record *r, const char *key)
{
  uint64_t n = 0;

  return status_get_number (r, key, &n) ? n : 0;
}

/* The first line of TEXT. */
static void
copy_line (char *to, size_t size, const char *text)
{
  snprintf (to, size, "%.*s", (int) strcspn (text, "\n"), text);
}

/* LINE is kept, or freed. */
static void
take_plan (struct fleet_board *b, char *line)
{
  free (b->plan_line);
  b->plan_line = line;
  if (line && !status_parse (line, &b->plan))
    b->plan.nr_fields = 0;
}

static void
take_earlier (struct fleet_board *b, const struct status_record *r)
{
  free (b->earlier);
  if (asprintf (&b->earlier, "AN EARLIER FLASH IS GIVEN UP: image %s, disk %s, "
                "state %s", text_of (r, "image"), text_of (r, "disk"),
                text_of (r, "state")) == -1)
    b->earlier = NULL;
}

static void
take_progress (struct fleet_board *b, const struct status_record *r)
{
  struct fleet_progress *p = &b->progress;

  if (strcmp (p->label, text_of (r, "label")) != 0) {
    p->shown_percent = 0;
    p->shown = clock_now ();
  }
  snprintf (p->label, sizeof p->label, "%s", text_of (r, "label"));
  p->done = number_of (r, "done");
  p->total = number_of (r, "total");
  p->rate = number_of (r, "rate");
  p->holes = number_of (r, "holes");
  p->slowest = bottleneck_text (bottleneck_of_name (text_of (r, "bottleneck")));
  if (strcmp (text_of (r, "phase"), "copy") == 0)
    b->copied = p->done;
  fleet_display_progress (b);
}

static void
take_state (struct fleet_board *b, const struct status_record *r)
{
  for (int w = WRITTEN_NO; w <= WRITTEN_YES; w++)
    if (strcmp (text_of (r, "written"), written_name ((enum written) w)) == 0)
      b->written = (enum written) w;
  b->resumable = strcmp (text_of (r, "resumable"), "yes") == 0;
}

static void
take_return (struct fleet_board *b, const struct status_record *r)
{
  const char *address = text_of (r, "address");

  snprintf (b->back, sizeof b->back, "back after %" PRIu64 " s%s%.20s",
            number_of (r, "seconds"), *address ? " at " : "", address);
}

static void
take_command (struct fleet_board *b, const struct status_record *r)
{
  const size_t len = strlen (b->back);

  snprintf (b->back + len, sizeof b->back - len, ", command: status %" PRIu64,
            number_of (r, "exit_status"));
}

/* Of an error that is said or was heard. */
static void
keep_error (struct fleet_board *b, const char *code, const char *text)
{
  snprintf (b->error_code, sizeof b->error_code, "%s", code);
  copy_line (b->error, sizeof b->error, text);
}

static void
understand (struct fleet_board *b, const struct status_record *r)
{
  if (strcmp (r->type, "earlier_flash") == 0)
    take_earlier (b, r);
  else if (strcmp (r->type, "progress") == 0)
    take_progress (b, r);
  else if (strcmp (r->type, "board_state") == 0)
    take_state (b, r);
  else if (strcmp (r->type, "back") == 0)
    take_return (b, r);
  else if (strcmp (r->type, "command") == 0)
    take_command (b, r);
  else if (strcmp (r->type, "phase") == 0) {
    copy_line (b->doing, sizeof b->doing, text_of (r, "text"));
    *b->progress.label = '\0';
  }
  else if (strcmp (r->type, "message") == 0
           && strcmp (text_of (r, "level"), "error") == 0)
    keep_error (b, text_of (r, "code"), text_of (r, "text"));
}

/* -- Passing on -------------------------------------------------------------- */

static void
pass_on_record (const struct fleet_board *b, const struct status_record *r)
{
  const char *fields[2 * (STATUS_RECORD_FIELDS + 1) + 1] = { "board", b->name };

  for (unsigned i = 0; i < r->nr_fields; i++) {
    fields[2 * i + 2] = r->fields[i].key;
    fields[2 * i + 3] = r->fields[i].value;
  }
  message_record_fields (r->type, fields);
}

/* Line by line behind the board's name; TEXT is printable but for its newlines. */
static void
say_lines (const struct fleet_board *b, const char *prefix, const char *text)
{
  while (*text) {
    const size_t len = strcspn (text, "\n");

    message_always ("%s: %s%.*s", b->name, prefix, (int) len, text);
    text += len + (text[len] == '\n');
  }
}

static void
say_message (const struct fleet_board *b, const struct status_record *r)
{
  const char *level = text_of (r, "level");
  CLEANUP_FREE char *text = error_tag_text (text_of (r, "text"), text_of (r, "code"));
  const char *from = text_of (r, "from");
  char prefix[48] = "";

  if (strcmp (level, "error") == 0 || strcmp (level, "warning") == 0)
    snprintf (prefix, sizeof prefix, "%s: ", level);
  else if (*from)
    snprintf (prefix, sizeof prefix, "%.32s: ", from);
  if (text && (strcmp (level, "info") != 0 || fleet_display_says_steps ()))
    say_lines (b, prefix, text);
}

/* A line of the command of --run: data, so it goes where the command has sent it. */
static void
say_output (const struct fleet_board *b, const struct status_record *r)
{
  FILE *f = strcmp (text_of (r, "stream"), "stdout") == 0 ? stdout : stderr;

  progress_hide ();
  if (fprintf (f, "%s: %s\n", b->name, text_of (r, "text")) < 0 || fflush (f) == EOF)
    message_detail ("%s: its output cannot be written: %s", b->name, strerror (errno));
}

static void
pass_on (struct fleet_board *b, const struct status_record *r)
{
  if (!message_sink_is_text ()) {
    if (strcmp (r->type, "confirmation") != 0)
      pass_on_record (b, r);
  }
  else if (strcmp (r->type, "message") == 0)
    say_message (b, r);
  else if (strcmp (r->type, "output") == 0)
    say_output (b, r);
  else if (strcmp (r->type, "phase") == 0 && fleet_display_says_steps ())
    say_lines (b, "", text_of (r, "text"));
}

void
fleet_words_take_record (struct fleet_board *b, char *line)
{
  static const char plan[] = STATUS_RECORD_PREFIX "plan ";
  struct status_record r;

  if (strncmp (line, plan, sizeof plan - 1) == 0)
    take_plan (b, strdup (line));
  if (!status_parse (line, &r))
    return;                     /* only of a process that dies while it writes */
  if (strcmp (r.type, "await-go") == 0)
    b->stage = FLEET_PLANNED;
  else if (strcmp (r.type, "ask") == 0) {
    snprintf (b->question, sizeof b->question, "%s", text_of (&r, "question"));
    b->question_echo = strcmp (text_of (&r, "echo"), "yes") == 0;
  }
  else {
    understand (b, &r);
    pass_on (b, &r);
  }
}

void
fleet_words_take_line (struct fleet_board *b, char *line)
{
  terminal_text_clean (line);
  if (!*line)
    return;
  if (message_sink_is_text ())
    say_lines (b, "", line);
  else
    message_record ("message", "board", b->name, "level", "words", "text", line,
                    NULL);
}

void
fleet_words_error (struct fleet_board *b, enum error_code code, const char *text)
{
  const char *name = error_code_name (code);
  CLEANUP_FREE char *tagged = error_tag_text (text, name);

  keep_error (b, name, text);
  if (message_sink_is_text ())
    say_lines (b, "error: ", tagged ? tagged : text);
  else
    message_record ("message", "board", b->name, "level", "error", "code", name,
                    "text", text, NULL);
}

void
fleet_words_end (const struct fleet_board *b)
{
  message_record ("result", "board", b->name,
                  "status", exit_status_name (b->status),
                  "exit_status", RECORD_NUMBER (b->status),
                  "seconds", RECORD_NUMBER (b->begun
                                            ? (uint64_t) (b->ended - b->begun) : 0),
                  "bytes", RECORD_NUMBER (b->copied),
                  "written", written_name (b->written),
                  "resumable", record_bool (b->resumable),
                  "code", b->error_code, "text", b->error, NULL);
}
