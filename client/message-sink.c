/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "message-sink.h"

static struct message_sink *current;

void
message_sink_set (struct message_sink *sink)
{
  current = sink;
}

bool
message_sink_is_text (void)
{
  return !current;
}

bool
message_sink_last_words (void)
{
  if (!current)
    return false;
  if (current->last_words)
    current->last_words (current);
  return true;
}

void
message_record_fields (const char *type, const char *const fields[])
{
  const int saved_errno = errno;

  if (current)
    current->record (current, type, fields);
  errno = saved_errno;
}

void
message_record (const char *type, ...)
{
  const char *fields[2 * RECORD_FIELDS_MAX + 1];
  const char *key;
  size_t n = 0;
  va_list args;

  if (!current)
    return;
  va_start (args, type);
  while (n < 2 * RECORD_FIELDS_MAX && (key = va_arg (args, const char *)) != NULL) {
    const char *value = va_arg (args, const char *);

    if (!*value)
      continue;
    fields[n++] = key;
    fields[n++] = value;
  }
  va_end (args);
  fields[n] = NULL;
  message_record_fields (type, fields);
}

const char *
record_number (uint64_t number, char text[RECORD_NUMBER_MAX])
{
  snprintf (text, RECORD_NUMBER_MAX, "%" PRIu64, number);
  return text;
}

const char *
record_bool (bool value)
{
  return value ? "yes" : "no";
}
