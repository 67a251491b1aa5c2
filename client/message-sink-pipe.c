/* SPDX-License-Identifier: MIT */
/* Records for the process that flashes many boards at once. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "exit-status.h"
#include "file-io.h"
#include "message-sink.h"
#include "status-record.h"

struct pipe_sink
{
  struct message_sink base;
  int fd;
};

/* Unlike a board's, these lines lose nothing: no value is cut. */
static void
write_field (FILE *f, const char *key, const char *value)
{
  const size_t size = 3 * strlen (value) + 1;
  CLEANUP_FREE char *encoded = malloc (size);

  if (!encoded)
    return;
  status_encode (value, encoded, size);
  fprintf (f, " %s=%s", key, encoded);
}

/* If the other process is gone, this one ends with it. */
static void
take_record (struct message_sink *base, const char *type,
             const char *const fields[])
{
  const struct pipe_sink *s = (const struct pipe_sink *) base;
  CLEANUP_FREE char *line = NULL;
  size_t size;
  FILE *f = open_memstream (&line, &size);

  if (!f)
    return;
  fprintf (f, STATUS_RECORD_PREFIX "%s", type);
  for (size_t i = 0; fields[i]; i += 2)
    write_field (f, fields[i], fields[i + 1]);
  fputc ('\n', f);
  if (fclose (f) == EOF || full_write (s->fd, line, size) == -1)
    return;
}

static void
say_last_words (struct message_sink *base)
{
  static const char text[] = STATUS_RECORD_PREFIX
    "message level=error code=interrupted text=interrupted;%20nothing%20was%20written\n";
  const struct pipe_sink *s = (const struct pipe_sink *) base;

  if (full_write (s->fd, text, sizeof text - 1) == -1)
    return;
}

struct message_sink *
message_sink_pipe (int fd)
{
  static struct pipe_sink sink = { .base = { take_record, say_last_words } };

  sink.fd = fd;
  return &sink.base;
}
