/* SPDX-License-Identifier: MIT */
/* Records as JSON: flash-live-remote-json(5). */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "error-catalogue.h"
#include "exit-status.h"
#include "file-io.h"
#include "json-writer.h"
#include "message-sink.h"
#include "messages.h"
#include "utc-time.h"

#define RECORD_VERSION 1

struct json_sink
{
  struct message_sink base;
  int fd;                       /* -1: nobody reads any more */
  const char *board;            /* the caller's; NULL: none */
  char *last_words;             /* behind the time; NULL: no memory */
};

static void take_record (struct message_sink *base, const char *type,
                         const char *const fields[]);
static void say_last_words (struct message_sink *base);

static struct json_sink sink = {
  .base = { take_record, say_last_words }, .fd = -1
};

/* -- What a field is ------------------------------------------------------- */

static const char *const number_keys[] = {
  "blocks", "boards", "boards_command_failed", "boards_done",
  "boards_interrupted", "boards_not_back", "boards_not_written",
  "boards_partly_written", "bytes", "bytes_sent", "chunks", "compared",
  "differing", "disk_size", "done", "exit_status", "holes", "image_size",
  "length", "lifeboat_port", "line", "memory_available", "memory_total", "milliseconds",
  "number", "of", "offset", "pass", "ranges", "rate", "received",
  "received_again", "reconnects", "repaired", "restarts", "seconds",
  "seconds_left",
  "signal", "size", "stored_size", "total", "unreadable", "unsteady",
  "userland_bits"
};
static const char *const bool_keys[] = {
  "attached", "dry_run", "given", "lifeboat", "reboots", "rehearsal", "removable",
  "resumable", "resumes", "root_disk", "writing_begun"
};

static bool
is_one_of (const char *key, const char *const keys[], size_t nr)
{
  for (size_t i = 0; i < nr; i++)
    if (strcmp (key, keys[i]) == 0)
      return true;
  return false;
}
#define IS_ONE_OF(key, keys) is_one_of (key, keys, sizeof (keys) / sizeof *(keys))

static void
write_field (struct json_writer *w, const char *key, const char *value)
{
  /* NOLINTBEGIN(clang-analyzer-core.NonNullParamChecker): no record has a NULL in its
   * midst; only a "board" is asked for before it is known */
  if (IS_ONE_OF (key, number_keys)) {
    char *end;

    errno = 0;
    unsigned long long n = strtoull (value, &end, 10);
    if (*value >= '0' && *value <= '9' && !*end && errno == 0)
      json_number (w, key, n);
  }
  else if (IS_ONE_OF (key, bool_keys))
    json_bool (w, key, strcmp (value, "yes") == 0);
  /* NOLINTEND(clang-analyzer-core.NonNullParamChecker) */
  else
    json_string (w, key, value);
}

/* -- Records --------------------------------------------------------------- */

static const char *
board_of (const char *const fields[])
{
  for (size_t i = 0; fields[i]; i += 2)
    if (strcmp (fields[i], "board") == 0)
      return fields[i + 1];
  return sink.board;
}

static void
write_record (FILE *f, const char *type, const char *const fields[])
{
  const char *board = board_of (fields);
  char time[UTC_TIME_MAX];
  struct json_writer w;

  json_begin_object (&w, f);
  json_number (&w, "version", RECORD_VERSION);
  json_string (&w, "type", type);
  json_string (&w, "time", utc_time_now (time));
  if (board && *board)
    json_string (&w, "board", board);
  for (size_t i = 0; fields[i]; i += 2)
    if (strcmp (fields[i], "board") != 0)
      write_field (&w, fields[i], fields[i + 1]);
  json_end_object (&w);
}

/* A flash goes on even when nobody listens. */
static void
lose_reader (int error)
{
  sink.fd = -1;
  fprintf (stderr, MESSAGE_PROGRAM ": stdout: %s; no more records are written [%s]\n",
           strerror (error), error_code_name (ERROR_OUTPUT_FAILED));
}

/* Each line in one piece: it may be read while it grows. */
static void
take_record (struct message_sink *base, const char *type,
             const char *const fields[])
{
  CLEANUP_FREE char *line = NULL;
  size_t size;
  FILE *f;

  (void) base;
  if (sink.fd == -1)
    return;
  f = open_memstream (&line, &size);
  if (f)
    write_record (f, type, fields);
  if (!f || fclose (f) == EOF)
    lose_reader (ENOMEM);
  else if (full_write (sink.fd, line, size) == -1)
    lose_reader (errno);
}

/* -- The end on the spot --------------------------------------------------- */

static const char last_head[] = "{\"version\":1,\"type\":\"result\",\"time\":\"";

static void
prepare_last_words (void)
{
  size_t size;
  FILE *f;

  free (sink.last_words);
  sink.last_words = NULL;
  f = open_memstream (&sink.last_words, &size);
  if (!f)
    return;
  fputs ("\",", f);
  struct json_writer w = { .f = f };
  if (sink.board)
    json_string (&w, "board", sink.board);
  json_string (&w, "status", exit_status_name (STATUS_NOT_WRITTEN));
  json_number (&w, "exit_status", STATUS_NOT_WRITTEN);
  json_string (&w, "code", error_code_name (ERROR_INTERRUPTED));
  json_string (&w, "text", "interrupted; nothing was written by this command");
  json_end_object (&w);
  fclose (f);
}

static void
say_last_words (struct message_sink *base)
{
  char time[UTC_TIME_MAX];

  (void) base;
  if (sink.fd == -1 || !sink.last_words)
    return;
  utc_time_now (time);
  if (full_write (sink.fd, last_head, sizeof last_head - 1) == 0
      && full_write (sink.fd, time, strlen (time)) == 0
      && full_write (sink.fd, sink.last_words, strlen (sink.last_words)) == 0)
    return;
}

void
message_sink_json_set_board (const char *board)
{
  sink.board = board;
  prepare_last_words ();
}

struct message_sink *
message_sink_json (int fd)
{
  sink.fd = fd;
  message_sink_json_set_board (NULL);
  return &sink.base;
}
