/* SPDX-License-Identifier: MIT */
/* The %-tokens of ssh_config's values. */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "report.h"
#include "ssh-config-lines.h"
#include "ssh-config.h"

static int
no_memory (void)
{
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

static int
append (char **text, const char *more, size_t len)
{
  size_t old = *text ? strlen (*text) : 0;
  char *longer = realloc (*text, old + len + 1);

  if (!longer)
    return no_memory ();
  memcpy (longer + old, more, len);
  longer[old + len] = '\0';
  *text = longer;
  return 0;
}

/* The value of a %-token, or NULL: unknown. */
static const char *
token_value (const struct ssh_config *c, char token, char buf[256])
{
  switch (token) {
  case '%': return "%";
  case 'd': return ssh_config_home ();
  case 'h': return c->host;
  case 'n': return c->alias;
  case 'r': return c->user;
  case 'u': return config_local_user ();
  case 'k': return c->host_key_alias ? c->host_key_alias : c->host;
  case 'p': snprintf (buf, 256, "%u", c->port); return buf;
  case 'i': snprintf (buf, 256, "%lu", (unsigned long) getuid ()); return buf;
  case 'l': case 'L':
    if (gethostname (buf, 255) == -1)
      return NULL;
    buf[token == 'L' ? strcspn (buf, ".") : 255] = '\0';
    return buf;
  }
  return NULL;
}

/* Expand the %-tokens, and with IS_PATH ~/ and ${VARIABLES}, too.  NULL after a
 * report. */
static char *
expand (const struct ssh_config *c, const char *path, bool is_path)
{
  CLEANUP_FREE char *out = strdup ("");
  char buf[256];

  if (!out) {
    no_memory ();
    return NULL;
  }
  if (is_path && path[0] == '~' && path[1] == '/') {
    if (append (&out, ssh_config_home (), strlen (ssh_config_home ())) == -1)
      return NULL;
    path++;
  }
  while (*path) {
    const char *value = path;
    size_t len = strcspn (path, is_path ? "%$" : "%"), skip = len;

    if (len == 0 && *path == '%') {
      value = token_value (c, path[1], buf);
      skip = 2;
    }
    else if (len == 0 && path[1] == '{' && strchr (path, '}')) {
      CLEANUP_FREE char *name = strndup (path + 2, strcspn (path + 2, "}"));
      skip = strcspn (path, "}") + 1;
      value = name ? getenv (name) : NULL;
    }
    else if (len == 0)
      skip = 1;
    if (!value) {
      report_error (ERROR_SSH_CONFIG_UNSUPPORTED,
                    "ssh configuration: \"%s\" cannot be expanded; the system's "
                    "ssh may know how: --ssh=openssh", path);
      return NULL;
    }
    if (append (&out, value, value == path ? skip : strlen (value)) == -1)
      return NULL;
    path += skip;
  }
  char *result = out;
  out = NULL;
  return result;
}

char *
ssh_config_expand_path (const struct ssh_config *c, const char *path)
{
  return expand (c, path, true);
}

char *
ssh_config_expand (const struct ssh_config *c, const char *text)
{
  return expand (c, text, false);
}
