/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "integrity-record.h"
#include "terminal-text.h"

static int
take_number (const char *value, uint64_t *number)
{
  char *end;

  errno = 0;
  unsigned long long n = strtoull (value, &end, 10);
  if (!isdigit ((unsigned char) *value) || *end || errno)
    return -1;
  *number = n;
  return 0;
}

static int
take_word (const char *value, char *word, size_t size)
{
  if (strlen (value) >= size)
    return -1;
  strcpy (word, value);
  return 0;
}

static int
take_digest (const char *value, char digest[33])
{
  if (strlen (value) != 32 || strspn (value, "0123456789abcdef") != 32)
    return -1;
  strcpy (digest, value);
  return 0;
}

static int
take_state (const char *value, enum integrity_state *state)
{
  if (strcmp (value, "scanning") == 0)
    *state = INTEGRITY_SCANNING;
  else if (strcmp (value, "intact") == 0)
    *state = INTEGRITY_INTACT;
  else if (strcmp (value, "damaged") == 0)
    *state = INTEGRITY_DAMAGED;
  else
    return -1;
  return 0;
}

static void
add_note (const char *value, char *notes, size_t size)
{
  size_t len = strlen (notes);

  snprintf (notes + len, size - len, "%s%s", len ? "\n" : "", value);
}

static int
take_line (const char *key, const char *value, struct integrity *i)
{
  if (strcmp (key, "version") == 0)
    return strcmp (value, "1") == 0 ? 0 : -1;
  if (strcmp (key, "state") == 0)
    return take_state (value, &i->state);
  if (strcmp (key, "format") == 0)
    return take_word (value, i->format, sizeof i->format);
  if (strcmp (key, "stored-size") == 0)
    return take_number (value, &i->stored_size);
  if (strcmp (key, "disk-size") == 0)
    return take_number (value, &i->disk_size);
  if (strcmp (key, "done") == 0)
    return take_number (value, &i->done);
  if (strcmp (key, "total") == 0)
    return take_number (value, &i->total);
  if (strcmp (key, "stored-xxh3-128") == 0)
    return take_digest (value, i->digest);
  if (strcmp (key, "check") == 0)
    return take_word (value, i->check, sizeof i->check);
  if (strcmp (key, "note") == 0)
    add_note (value, i->notes, sizeof i->notes);
  if (strcmp (key, "error") == 0)
    snprintf (i->error, sizeof i->error, "%s", value);
  return 0;
}

int
integrity_parse (const char text[INTEGRITY_SIZE], struct integrity *i)
{
  CLEANUP_FREE char *copy = strndup (text, INTEGRITY_SIZE);
  char *rest = copy, *line;
  bool has_version = false, has_state = false;

  memset (i, 0, sizeof *i);
  while (rest && (line = strsep (&rest, "\n")) != NULL) {
    char *value = strchr (line, '=');

    if (!value)
      continue;
    *value++ = '\0';
    terminal_text_clean (value);
    if (take_line (line, value, i) == -1)
      return -1;
    has_version = has_version || strcmp (line, "version") == 0;
    has_state = has_state || strcmp (line, "state") == 0;
  }
  if (!has_version || !has_state || !*i->format)
    return -1;
  return i->state != INTEGRITY_INTACT || *i->digest ? 0 : -1;
}

/* -- The header of the digests -------------------------------------------- */

static int
make_header (uint64_t disk_size, char text[DIGESTS_HEADER_SIZE])
{
  memset (text, 0, DIGESTS_HEADER_SIZE);
  return snprintf (text, DIGESTS_HEADER_SIZE,
                   "version=1\nalgorithm=xxh3-128\nchunk-size=%d\n"
                   "disk-size=%" PRIu64 "\nchunks=%" PRIu64 "\n",
                   DIGEST_CHUNK, disk_size, digest_chunks (disk_size));
}

void
digests_header_make (uint64_t disk_size, char text[DIGESTS_HEADER_SIZE])
{
  make_header (disk_size, text);
}

int
digests_header_check (const char text[DIGESTS_HEADER_SIZE], uint64_t disk_size)
{
  char expected[DIGESTS_HEADER_SIZE];
  const int len = make_header (disk_size, expected);

  return memcmp (text, expected, (size_t) len) == 0 ? 0 : -1;
}
