/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex-digit.h"
#include "status-record.h"

static bool
is_plain (unsigned char c)
{
  return c > ' ' && c <= '~' && c != '%';
}

size_t
status_encode (const char *value, char *out, size_t size)
{
  size_t n = 0;

  if (size == 0)
    return 0;
  for (; *value; value++) {
    unsigned char c = (unsigned char) *value;
    size_t need = is_plain (c) ? 1 : 3;

    if (n + need >= size)
      break;
    if (need == 1)
      out[n] = (char) c;
    else
      snprintf (out + n, 4, "%%%02X", c);
    n += need;
  }
  out[n] = '\0';
  return n;
}

/* How many bytes the record takes when no value is cut. */
static size_t
encoded_size (const char *value)
{
  size_t n = 0;

  for (; *value; value++)
    n += is_plain ((unsigned char) *value) ? 1 : 3;
  return n;
}

size_t
status_format (char *line, const char *type, const char *const fields[])
{
  size_t total = strlen (STATUS_RECORD_PREFIX) + strlen (type) + 1;
  size_t longest = 0, longest_size = 0;

  for (size_t i = 0; fields[i]; i += 2) {
    size_t size = encoded_size (fields[i + 1]);

    total += 2 + strlen (fields[i]) + size;
    if (size > longest_size) {
      longest = i;
      longest_size = size;
    }
  }

  /* Only one value is ever long (a message); it gives way. */
  size_t excess = total > STATUS_RECORD_MAX ? total - STATUS_RECORD_MAX : 0;
  size_t longest_room =
    longest_size > excess ? longest_size - excess + 1 : 1;

  const size_t size = STATUS_RECORD_MAX + 1;
  size_t n = (size_t) snprintf (line, size, "%s%s", STATUS_RECORD_PREFIX, type);
  for (size_t i = 0; fields[i] && n + 3 < size; i += 2) {
    int r = snprintf (line + n, size - n - 1, " %s=", fields[i]);
    if (r < 0 || (size_t) r >= size - n - 1)
      break;
    n += (size_t) r;
    size_t room = size - n - 1;
    if (i == longest && longest_room < room)
      room = longest_room;
    n += status_encode (fields[i + 1], line + n, room);
  }
  line[n++] = '\n';
  line[n] = '\0';
  return n;
}

bool
status_decode (char *value)
{
  char *out = value;

  for (const char *in = value; *in; in++) {
    if (*in != '%') {
      *out++ = *in;
      continue;
    }
    int high = hex_digit (in[1]);
    int low = high < 0 ? -1 : hex_digit (in[2]);
    if (low < 0 || (high == 0 && low == 0))
      return false;
    *out++ = (char) (high << 4 | low);
    in += 2;
  }
  *out = '\0';
  return true;
}

/* Cut the next space-separated word off *CURSOR; NULL at the end. */
static char *
next_word (char **cursor)
{
  char *word = *cursor + strspn (*cursor, " ");

  if (*word == '\0')
    return NULL;
  *cursor = word + strcspn (word, " ");
  if (**cursor)
    *(*cursor)++ = '\0';
  return word;
}

bool
status_parse (char *line, struct status_record *record)
{
  const size_t prefix = strlen (STATUS_RECORD_PREFIX);

  if (strncmp (line, STATUS_RECORD_PREFIX, prefix) != 0)
    return false;

  char *cursor = line + prefix;
  record->nr_fields = 0;
  record->type = next_word (&cursor);
  if (!record->type)
    return false;

  char *word;
  while ((word = next_word (&cursor)) != NULL) {
    char *equals = strchr (word, '=');
    if (!equals || equals == word || record->nr_fields == STATUS_RECORD_FIELDS)
      return false;
    *equals = '\0';
    if (!status_decode (equals + 1))
      return false;
    record->fields[record->nr_fields].key = word;
    record->fields[record->nr_fields].value = equals + 1;
    record->nr_fields++;
  }
  return true;
}

const char *
status_get (const struct status_record *record, const char *key)
{
  for (unsigned i = 0; i < record->nr_fields; i++)
    if (strcmp (record->fields[i].key, key) == 0)
      return record->fields[i].value;
  return NULL;
}

bool
status_get_number (const struct status_record *record, const char *key,
                   uint64_t *number)
{
  const char *value = status_get (record, key);
  char *end;

  if (!value || *value < '0' || *value > '9')
    return false;
  errno = 0;
  unsigned long long n = strtoull (value, &end, 10);
  if (errno != 0 || *end != '\0')
    return false;
  *number = n;
  return true;
}
