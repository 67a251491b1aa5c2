/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "command-hint.h"
#include "messages.h"
#include "shell-quote.h"

/* As one word of a shell, in quotes only where it needs them. */
void
command_hint_word (FILE *f, const char *option, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789@%+=:,./_-";
  CLEANUP_FREE char *quoted = NULL;

  if (!*word || word[strspn (word, plain)])
    quoted = shell_quote (word);
  fprintf (f, " %s%s%s", option, *option ? " " : "", quoted ? quoted : word);
}

void
command_hint_connection (FILE *f, const struct options *o)
{
  if (o->settings_file)
    command_hint_word (f, "--settings", o->settings_file);
  if (o->transport == TRANSPORT_LOCAL) {
    fprintf (f, " --local");
    return;
  }
  if (o->transport == TRANSPORT_OPENSSH)
    fprintf (f, " --ssh=%s", transport_name (o->transport));
  if (o->port)
    fprintf (f, " -p %u", o->port);
  if (o->config_file)
    command_hint_word (f, "-F", o->config_file);
  for (size_t i = 0; i < o->nr_identities; i++)
    command_hint_word (f, "-i", o->identities[i]);
  for (size_t i = 0; i < o->nr_settings; i++)
    command_hint_word (f, "-o", o->settings[i]);
  if (o->session_key)
    command_hint_word (f, "--session-key", o->session_key);
  if (o->lifeboat_port)
    fprintf (f, " --lifeboat-port %u", o->lifeboat_port);
  fprintf (f, " %s%s%s", o->user ? o->user : "", o->user ? "@" : "", o->host);
}

void
command_hint_say (const char *purpose, const char *command,
                  const struct options *o)
{
  CLEANUP_FREE char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return;
  fprintf (f, "%s: flash-live-remote %s", purpose, command);
  command_hint_connection (f, o);
  if (fclose (f) == 0)
    message_always ("%s", text);
}
