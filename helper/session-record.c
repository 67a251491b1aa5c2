/* SPDX-License-Identifier: MIT */
/* Records: checked, remembered, passed on, and understood. */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session-process.h"
#include "status-record.h"

#define SAY_PAIRS 12
#define TALK_MAX 1000           /* bytes of a line of talk in a note */

static void
send_to_channel (struct session *session, const char *line, size_t len)
{
  if (session->channel && channel_send (session->channel, line, len) == -1)
    session_lose_channel (session);
}

void
session_send_progress (struct session *session)
{
  if (!session->progress_due || !session->channel
      || channel_is_behind (session->channel))
    return;
  session->progress_due = false;
  send_to_channel (session, session->progress, session->progress_len);
}

static void
remember (struct session *session, const char *line, size_t len)
{
  history_add (session->history, line, len);
  /* The file is for a person who looks into the RAM root; a full tmpfs must not
   * stop the flash. */
  if (history_save (session->history) == -1)
    return;
}

static void
take_progress (struct session *session, const struct status_record *record,
               const char *line, size_t len)
{
  const char *phase = status_get (record, "phase");
  uint64_t done, total;

  if (status_get_number (record, "done", &done))
    session->done = done;
  if (status_get_number (record, "total", &total))
    session->total = total;
  if (phase && strcmp (phase, "copy") == 0 && session->done > session->copied) {
    session->copied = session->done;
    session->restarts = 0;
  }
  memcpy (session->progress, line, len);
  session->progress_len = len;
  session->progress_due = true;
  session_send_progress (session);
}

/* Writing begins with the phase `copy`: flash.sh says so before its first
 * write.  An abort that came too late for it is void. */
static void
take_phase (struct session *session, const char *name)
{
  snprintf (session->phase, sizeof session->phase, "%s", name);
  session->done = session->total = 0;
  if (strcmp (name, "copy") != 0)
    return;
  session->state = SESSION_WRITING;
  session->started_writing = true;
  session->aborting = false;
  session->kill_at = 0;
}

/* `writing` needs no more than the phase told. */
static void
take_state (struct session *session, const char *name)
{
  if (!session->started_writing)
    return;
  if (strcmp (name, "verified") == 0)
    session->state = SESSION_VERIFIED;
  else if (strcmp (name, "stopped") == 0) {
    session->state = SESSION_STOPPED;
    session->go = false;
  }
}

static void
take_end (struct session *session, const struct status_record *record)
{
  const char *result = status_get (record, "result");
  const char *written = status_get (record, "written");

  session->ended = true;
  session->rebooting = result && strcmp (result, "rebooting") == 0;
  if (written && strcmp (written, "no") == 0)
    session->started_writing = false;
  session->succeeded = session->rebooting
                       || (result && strcmp (result, "done") == 0);
  session->state = session->succeeded ? SESSION_DONE : SESSION_FAILED;
}

static void
understand (struct session *session, const struct status_record *record)
{
  const char *name = status_get (record, "name");

  if (strcmp (record->type, "phase") == 0 && name)
    take_phase (session, name);
  else if (strcmp (record->type, "ready") == 0
           && session->state == SESSION_PREPARING)
    session->state = SESSION_READY;
  else if (strcmp (record->type, "state") == 0 && name)
    take_state (session, name);
  else if (strcmp (record->type, "end") == 0)
    take_end (session, record);
}

/* Both flash.sh and the command that it runs may say a phase. */
static bool
is_repeated_phase (const struct session *session,
                   const struct status_record *record)
{
  const char *name = status_get (record, "name");

  return strcmp (record->type, "phase") == 0
         && name && strcmp (name, session->phase) == 0;
}

static bool
is_printable (const char *line, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (line[i] < ' ' || line[i] > '~')
      return false;
  return true;
}

/* A reboot that is announced may still fail, and an abandoned session has a
 * last word; nothing else follows an end. */
static bool
is_said_out (const struct session *session)
{
  return session->ended && !session->rebooting && !session->abandoned;
}

/* LINE: LEN bytes without the newline.  What is no record is dropped: only our
 * own programs write here. */
static void
take_record (struct session *session, const char *line, size_t len)
{
  char copy[STATUS_RECORD_MAX + 1], whole[STATUS_RECORD_MAX + 1];
  struct status_record record;

  if (len >= STATUS_RECORD_MAX || !is_printable (line, len)
      || is_said_out (session))
    return;
  memcpy (whole, line, len);
  whole[len] = '\n';
  memcpy (copy, line, len);
  copy[len] = '\0';
  if (!status_parse (copy, &record) || is_repeated_phase (session, &record))
    return;

  session->last_activity = session_now ();
  if (strcmp (record.type, "progress") == 0) {
    take_progress (session, &record, whole, len + 1);
    return;
  }
  understand (session, &record);
  remember (session, whole, len + 1);
  send_to_channel (session, whole, len + 1);
}

void
session_replay (struct session *session)
{
  char line[STATUS_RECORD_MAX + 1];
  struct status_record record;
  size_t len;

  /* What cannot be read is as if never said: the journal knows more. */
  if (history_load (session->history) == -1)
    return;
  const char *text = history_text (session->history, &len);
  for (size_t at = 0, end; at < len; at = end + 1) {
    end = at + strcspn (text + at, "\n");
    if (end - at > STATUS_RECORD_MAX)
      continue;
    memcpy (line, text + at, end - at);
    line[end - at] = '\0';
    if (status_parse (line, &record))
      understand (session, &record);
  }
}

void
session_say (struct session *session, const char *type, ...)
{
  const char *fields[2 * SAY_PAIRS + 1] = { NULL };
  char line[STATUS_RECORD_MAX + 1];
  va_list args;

  va_start (args, type);
  for (size_t i = 0; i < 2 * SAY_PAIRS; i++) {
    fields[i] = va_arg (args, const char *);
    if (!fields[i])
      break;
  }
  va_end (args);
  take_record (session, line, status_format (line, type, fields) - 1);
}

static void
take_talk (struct session *session, const char *line, size_t len)
{
  char text[TALK_MAX + 1];

  if (len == 0)
    return;
  if (len > TALK_MAX)
    len = TALK_MAX;
  for (size_t i = 0; i < len; i++)
    text[i] = line[i] ? line[i] : '?';
  text[len] = '\0';
  session_say (session, "note", "text", text, NULL);
}

typedef void (*line_fn) (struct session *session, const char *line, size_t len);

/* Hand the complete lines over, keep the rest.  A line that fills the buffer is
 * too long to be one, and is skipped to its end. */
static void
cut_lines (struct session *session, struct line_reader *reader, line_fn take)
{
  size_t at = 0;

  for (;;) {
    const char *newline = memchr (reader->buf + at, '\n', reader->len - at);
    if (!newline)
      break;
    const size_t len = (size_t) (newline - (reader->buf + at));
    if (!reader->skipping)
      take (session, reader->buf + at, len);
    reader->skipping = false;
    at += len + 1;
  }
  memmove (reader->buf, reader->buf + at, reader->len - at);
  reader->len -= at;
  if (reader->len == sizeof reader->buf) {
    reader->skipping = true;
    reader->len = 0;
  }
}

static void
read_lines (struct session *session, struct line_reader *reader, line_fn take)
{
  for (;;) {
    ssize_t r = read (reader->fd, reader->buf + reader->len,
                      sizeof reader->buf - reader->len);

    if (r == -1 && errno == EINTR)
      continue;
    if (r <= 0)
      return;                   /* nothing now; or nobody writes any more */
    reader->len += (size_t) r;
    cut_lines (session, reader, take);
  }
}

void
session_read_records (struct session *session)
{
  read_lines (session, &session->records, take_record);
}

void
session_read_talk (struct session *session)
{
  read_lines (session, &session->talk, take_talk);
}

void
session_greet (struct session *session)
{
  char line[STATUS_RECORD_MAX + 1], protocol[12];
  const char *const fields[] = {
    "protocol", protocol,
    "session", session_file_get (session->file, "session"),
    "helper", PACKAGE_VERSION,
    "state", session_state_name (session->state),
    NULL
  };

  snprintf (protocol, sizeof protocol, "%d", FLASH_PROTOCOL_VERSION);
  size_t len = status_format (line, "hello", fields);
  send_to_channel (session, line, len);

  const char *text = history_text (session->history, &len);
  send_to_channel (session, text, len);
  session->progress_due = session->progress_len > 0 && !session->ended;
  session_send_progress (session);
}
