/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "history.h"
#include "status-record.h"

#define NOTE STATUS_RECORD_PREFIX "note "

struct history
{
  char *path;
  size_t len;
  char text[HISTORY_MAX];
};

struct history *
history_new (const char *path)
{
  struct history *history = calloc (1, sizeof *history);

  if (!history || !path)
    return history;
  history->path = strdup (path);
  if (!history->path) {
    history_free (history);
    return NULL;
  }
  return history;
}

void
history_free (struct history *history)
{
  if (!history)
    return;
  free (history->path);
  free (history);
}

static size_t
line_length (const struct history *history, size_t at)
{
  const char *newline = memchr (history->text + at, '\n', history->len - at);

  return newline ? (size_t) (newline - (history->text + at)) + 1
                 : history->len - at;
}

/* Whether a later line is of the same type as the one at AT. */
static bool
is_outdated (const struct history *history, size_t at)
{
  const char *line = history->text + at;
  const char *word = line + strlen (STATUS_RECORD_PREFIX);
  const size_t len = strcspn (word, " \n") + (size_t) (word - line);

  for (size_t i = at + line_length (history, at); i < history->len;
       i += line_length (history, i))
    if (strncmp (history->text + i, line, len) == 0
        && strchr (" \n", history->text[i + len]))
      return true;
  return false;
}

static bool
is_note (const struct history *history, size_t at)
{
  return strncmp (history->text + at, NOTE, strlen (NOTE)) == 0;
}

/* Where the oldest line is that IS says yes to; at the end: there is none. */
static size_t
find_line (const struct history *history,
           bool (*is) (const struct history *history, size_t at))
{
  size_t at = 0;

  while (at < history->len && !is (history, at))
    at += line_length (history, at);
  return at;
}

/* The oldest note; else the oldest of a type that was said again: retries must
 * not push out that the session is ready. */
static void
forget_one (struct history *history)
{
  size_t at = find_line (history, is_note);

  if (at == history->len)
    at = find_line (history, is_outdated);
  if (at == history->len)
    at = 0;

  const size_t len = line_length (history, at);
  memmove (history->text + at, history->text + at + len,
           history->len - at - len);
  history->len -= len;
}

void
history_add (struct history *history, const char *line, size_t len)
{
  if (len > STATUS_RECORD_MAX)
    return;
  while (history->len + len > HISTORY_MAX)
    forget_one (history);
  memcpy (history->text + history->len, line, len);
  history->len += len;
}

const char *
history_text (const struct history *history, size_t *len)
{
  *len = history->len;
  return history->text;
}

int
history_load (struct history *history)
{
  CLEANUP_CLOSE int fd = open (history->path, O_RDONLY | O_CLOEXEC);
  ssize_t r = fd == -1 ? -1 : full_read (fd, history->text, HISTORY_MAX);

  history->len = 0;
  if (r == -1)
    return -1;
  const char *newline = memrchr (history->text, '\n', (size_t) r);
  if (newline)
    history->len = (size_t) (newline - history->text) + 1;
  return 0;
}

int
history_save (const struct history *history)
{
  char temporary[256];

  if (!history->path)
    return 0;
  snprintf (temporary, sizeof temporary, "%s.new", history->path);
  CLEANUP_CLOSE int fd =
    open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd == -1 || full_write (fd, history->text, history->len) == -1)
    return -1;
  return rename (temporary, history->path);
}
