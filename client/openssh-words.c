/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"
#include "openssh-words.h"

static bool
begins (const char *line, const char *with)
{
  return strncmp (line, with, strlen (with)) == 0;
}

/* What -v adds that is not marked as debugging. */
static bool
is_chatter (const char *line)
{
  static const char *const starts[] = {
    "debug", "OpenSSH_", "Authenticated ", "Transferred: ", "Bytes per second: "
  };

  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (begins (line, starts[i]))
      return true;
  return false;
}

/* "debug1: Server host key: TYPE SHA256:...", for certificates "host certificate". */
static void
look_for_host_key (struct openssh_words *w, const char *line)
{
  static const char *const starts[] = {
    "debug1: Server host key: ", "debug1: Server host certificate: "
  };

  for (size_t i = 0; i < 2; i++) {
    const char *type = begins (line, starts[i]) ? line + strlen (starts[i]) : NULL;
    const char *fingerprint = type ? strstr (type, " SHA256:") : NULL;

    if (fingerprint)
      snprintf (w->host_key, sizeof w->host_key, "%.*s",
                (int) strcspn (fingerprint + 1, " ,"), fingerprint + 1);
  }
}

/* Its last words say less than those before. */
static const struct
{
  const char *words;
  enum connection_failure failure;
  enum error_code code;
} judgements[] = {
  { "HOST IDENTIFICATION HAS CHANGED", CONNECTION_HOST_KEY, ERROR_HOST_KEY_CHANGED },
  { "host key is known for", CONNECTION_HOST_KEY, ERROR_HOST_KEY_UNKNOWN },
  { "REVOKED HOST KEY", CONNECTION_HOST_KEY, ERROR_HOST_KEY_REVOKED },
  { "Host key verification failed", CONNECTION_HOST_KEY, ERROR_HOST_KEY_REJECTED },
  { "Permission denied", CONNECTION_REFUSED, ERROR_LOGIN_REFUSED },
  { "Too many authentication failures", CONNECTION_REFUSED, ERROR_LOGIN_REFUSED },
  { "Could not resolve hostname", CONNECTION_UNREACHABLE, ERROR_HOST_NOT_FOUND },
};

static void
judge (struct openssh_words *w, const char *line)
{
  for (size_t i = 0; i < sizeof judgements / sizeof *judgements; i++)
    if (strstr (line, judgements[i].words)) {
      w->failure = judgements[i].failure;
      if (w->code == ERROR_HOST_UNREACHABLE)
        w->code = judgements[i].code;
      return;
    }
}

static void
take_line (struct openssh_words *w)
{
  while (w->len > 0 && w->line[w->len - 1] == '\r')
    w->len--;
  w->line[w->len] = '\0';
  w->len = 0;
  if (!*w->line)
    return;
  if (is_chatter (w->line)) {
    look_for_host_key (w, w->line);
    message_detail ("ssh: %s", w->line);
    return;
  }
  judge (w, w->line);
  snprintf (w->last, sizeof w->last, "%.255s", w->line);
  message_verbatim ("ssh: ", w->line);
}

void
openssh_words_read (struct openssh_words *w)
{
  char buf[4096];
  ssize_t n;

  while (w->fd >= 0 && (n = read (w->fd, buf, sizeof buf)) > 0)
    for (ssize_t i = 0; i < n; i++) {
      if (buf[i] == '\n' || w->len == sizeof w->line - 1)
        take_line (w);
      if (buf[i] != '\n' && buf[i] != '\0')
        w->line[w->len++] = buf[i];
    }
}

void
openssh_words_end (struct openssh_words *w)
{
  openssh_words_read (w);
  if (w->len > 0)
    take_line (w);
}
