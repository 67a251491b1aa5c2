/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status-record.h"
#include "stored-session.h"
#include "terminal-text.h"

static void
put (FILE *f, const char *key, const char *value)
{
  char encoded[STATUS_RECORD_MAX];

  status_encode (value ? value : "", encoded, sizeof encoded);
  fprintf (f, "%s=%s\n", key, encoded);
}

char *
stored_session_text (const struct stored_session *s)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return NULL;
  fprintf (f, "version=1\n");
  put (f, "host", s->host);
  put (f, "user", s->user);
  put (f, "host-key", s->host_key);
  fprintf (f, "port=%u\nlifeboat-port=%u\n", s->port, s->lifeboat_port);
  put (f, "image", s->image);
  put (f, "stored-digest", s->stored_digest);
  fprintf (f, "begun=%lld\n", s->begun);
  if (fclose (f) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

static bool
parse_number (const char *text, unsigned long long most, unsigned long long *n)
{
  char *end;

  if (!isdigit ((unsigned char) *text))
    return false;
  errno = 0;
  *n = strtoull (text, &end, 10);
  return *end == '\0' && errno == 0 && *n <= most;
}

/* VALUE is shown to people. */
static bool
take_text (char **field, char *value)
{
  if (*field || !status_decode (value))
    return false;
  *field = strdup (terminal_text_clean (value));
  return *field != NULL;
}

static bool
take_pair (struct stored_session *s, const char *key, char *value)
{
  unsigned long long n;

  if (strcmp (key, "host") == 0)
    return take_text (&s->host, value);
  if (strcmp (key, "user") == 0)
    return take_text (&s->user, value);
  if (strcmp (key, "host-key") == 0)
    return take_text (&s->host_key, value);
  if (strcmp (key, "image") == 0)
    return take_text (&s->image, value);
  if (strcmp (key, "stored-digest") == 0)
    return take_text (&s->stored_digest, value);
  if (strcmp (key, "version") == 0)
    return strcmp (value, "1") == 0;
  if (strcmp (key, "port") == 0 || strcmp (key, "lifeboat-port") == 0) {
    if (!parse_number (value, 65535, &n))
      return false;
    *(*key == 'p' ? &s->port : &s->lifeboat_port) = (unsigned) n;
    return true;
  }
  if (strcmp (key, "begun") == 0) {
    if (!parse_number (value, INT64_MAX, &n))
      return false;
    s->begun = (long long) n;
    return true;
  }
  return true;                  /* of a later version of this program */
}

bool
stored_session_parse (char *text, struct stored_session *s)
{
  char *line;

  while ((line = strsep (&text, "\n")) != NULL) {
    char *equals = strchr (line, '=');

    if (*line == '\0')
      continue;
    if (!equals)
      return false;
    *equals = '\0';
    if (!take_pair (s, line, equals + 1))
      return false;
  }
  return s->host && s->user && s->host_key && s->image && s->stored_digest
         && s->port > 0;
}

void
stored_session_release (struct stored_session *s)
{
  free (s->key_path);
  free (s->public_key);
  free (s->host);
  free (s->user);
  free (s->host_key);
  free (s->image);
  free (s->stored_digest);
  memset (s, 0, sizeof *s);
}
