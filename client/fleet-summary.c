/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fleet-summary.h"
#include "message-sink.h"
#include "messages.h"
#include "size-text.h"

struct counts
{
  size_t done, not_written, interrupted, partly_written;
  size_t not_back, command_failed;      /* done, too, as far as the disk goes */
};

static struct counts
count (const struct fleet_board boards[], size_t nr)
{
  struct counts c = { 0 };

  for (size_t i = 0; i < nr; i++)
    switch (boards[i].status) {
    case STATUS_DONE: c.done++; break;
    case STATUS_INTERRUPTED: c.interrupted++; break;
    case STATUS_PARTLY_WRITTEN: c.partly_written++; break;
    case STATUS_NOT_BACK: c.not_back++; break;
    case STATUS_COMMAND_FAILED: c.command_failed++; break;
    default: c.not_written++;
    }
  return c;
}

enum exit_status
fleet_summary_status (const struct fleet_board boards[], size_t nr,
                      const struct options *o)
{
  const struct counts c = count (boards, nr);

  if (c.partly_written > 0)
    return STATUS_PARTLY_WRITTEN;
  if (c.interrupted > 0)
    return STATUS_INTERRUPTED;
  if (c.done == nr)
    return STATUS_DONE;
  if (c.not_written == 0)
    return c.not_back > 0 ? STATUS_NOT_BACK : STATUS_COMMAND_FAILED;
  return c.not_written < nr && !o->dry_run && !o->rehearse ? STATUS_SOME_DONE
                                                   : STATUS_NOT_WRITTEN;
}

/* -- For people --------------------------------------------------------------- */

static const char *
result_of (const struct fleet_board *b, const struct options *o)
{
  switch (b->status) {
  case STATUS_DONE: return o->dry_run ? "ok" : o->rehearse ? "rehearsed" : "done";
  case STATUS_INTERRUPTED: return "interrupted";
  case STATUS_PARTLY_WRITTEN: return "PARTLY WRITTEN";
  case STATUS_NOT_BACK: return "NOT BACK";
  case STATUS_COMMAND_FAILED: return "command failed";
  default: return "nothing written";
  }
}

static const char *
advice_for (const struct fleet_board *b, const struct options *o)
{
  switch (b->status) {
  case STATUS_DONE:
    if (o->dry_run || o->rehearse)
      return "nothing: it is as it was";
    if (*b->back)
      return b->back;
    return b->options.device ? "nothing" : o->reboot ? "nothing: it reboots"
           : "reset it with the command abandon";
  case STATUS_INTERRUPTED:
    return b->resumable ? "leave it switched on; the same command goes on"
                        : "compare it with the command verify";
  case STATUS_NOT_BACK:
    return "look at it: its disk holds the image";
  case STATUS_COMMAND_FAILED:
    return b->back;
  case STATUS_PARTLY_WRITTEN:
    return b->resumable ? "leave it switched on; the same command tries again"
                        : "leave it switched on; see the command status";
  default:
    return b->written == WRITTEN_UNKNOWN ? "nothing, as far as this command goes"
           : "nothing: it is as it was";
  }
}

static void
say_board (const struct fleet_board *b, const struct options *o, int width)
{
  const long seconds = b->begun ? b->ended - b->begun : 0;
  char bytes[SIZE_TEXT_MAX] = "-", time[32] = "-";

  if (b->copied > 0)
    size_text (b->copied, bytes);
  if (b->begun)
    snprintf (time, sizeof time, "%ld:%02ld", seconds / 60, seconds % 60);
  message_always ("  %-*s  %-15s  %6s  %9s  %s", width, b->name, result_of (b, o),
                  time, bytes, advice_for (b, o));
}

static bool
is_written (const struct fleet_board *b)
{
  return b->status == STATUS_DONE || b->status == STATUS_NOT_BACK
         || b->status == STATUS_COMMAND_FAILED;
}

/* The boards that the same command is worth giving again. */
static void
say_rest (const struct fleet_board boards[], size_t nr)
{
  CLEANUP_FREE char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return;
  for (size_t i = 0; i < nr; i++)
    if (!is_written (&boards[i]))
      fprintf (f, " %s%s%s", boards[i].options.user ? boards[i].options.user : "",
               boards[i].options.user ? "@" : "", boards[i].name);
  if (fclose (f) == 0)
    message_always ("Not done:%s", text);
}

static void
say_error (const struct fleet_board *b)
{
  CLEANUP_FREE char *text = error_tag_text (b->error, b->error_code);

  message_always ("  %s: %s", b->name, text ? text : b->error);
}

static void
say_table (const struct fleet_board boards[], size_t nr, const struct options *o)
{
  const struct counts c = count (boards, nr);
  int width = (int) strlen ("BOARD");

  for (size_t i = 0; i < nr; i++)
    if ((int) strlen (boards[i].name) > width)
      width = (int) strlen (boards[i].name);
  message_always ("%zu of %zu boards are %s:", c.done, nr,
                  o->dry_run || o->rehearse ? "ready for this flash" : "done");
  message_always ("  %-*s  %-15s  %6s  %9s  %s", width, "BOARD", "RESULT", "TIME",
                  "BYTES", "WHAT TO DO NOW");
  for (size_t i = 0; i < nr; i++)
    say_board (&boards[i], o, width);
  for (size_t i = 0; i < nr; i++)
    if (boards[i].status != STATUS_DONE && *boards[i].error)
      say_error (&boards[i]);
  if (c.done + c.not_back + c.command_failed < nr)
    say_rest (boards, nr);
}

void
fleet_summary_show (const struct fleet_board boards[], size_t nr,
                    const struct options *o)
{
  const struct counts c = count (boards, nr);

  if (message_sink_is_text ())
    say_table (boards, nr, o);
  else
    message_record ("summary", "boards", RECORD_NUMBER (nr),
                    "boards_done", RECORD_NUMBER (c.done),
                    "boards_not_written", RECORD_NUMBER (c.not_written),
                    "boards_interrupted", RECORD_NUMBER (c.interrupted),
                    "boards_partly_written", RECORD_NUMBER (c.partly_written),
                    "boards_not_back", RECORD_NUMBER (c.not_back),
                    "boards_command_failed", RECORD_NUMBER (c.command_failed), NULL);
}
