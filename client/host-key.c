/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "host-key.h"
#include "known-hosts.h"
#include "messages.h"
#include "prompt.h"
#include "report.h"

int
host_key_ask (const char *question, const char *fingerprint)
{
  char answer[128];

  for (;;) {
    if (prompt_ask (question, true, answer, sizeof answer) == -1
        || strcasecmp (answer, "no") == 0)
      return -1;
    if (strcasecmp (answer, "yes") == 0 || strcmp (answer, fingerprint) == 0)
      return 0;
  }
}

/* As ssh asks: 0 when the person trusts the key. */
static int
ask_about_key (const struct ssh_config *c, const char *type,
               const char *fingerprint)
{
  CLEANUP_FREE char *question = NULL;

  message_always ("The host %s (port %u) is not known.\n"
                  "Its %s key has the fingerprint %s.",
                  c->host, c->port, type, fingerprint);
  if (asprintf (&question, "Connect and remember this key? "
                "(yes, no or the fingerprint) ") == -1) {
    question = NULL;
    return -1;
  }
  return host_key_ask (question, fingerprint);
}

static int
accept_new_key (const struct ssh_config *c, ssh_key key, const char *type,
                const char *fingerprint, bool has_authority)
{
  const char *file = c->known_hosts[0] ? c->known_hosts[0] : "known_hosts";

  if (has_authority)
    message_warning ("known_hosts names an authority (@cert-authority) for %s; the "
                     "ssh that is built in checks no certificates of hosts: "
                     "--ssh=openssh does", c->host);
  if (c->strict == STRICT_ACCEPT_NEW || c->strict == STRICT_NO)
    message_warning ("%s is not known; its %s key %s is accepted "
                     "(StrictHostKeyChecking)", c->host, type, fingerprint);
  else if (c->strict == STRICT_YES || c->batch_mode || !prompt_possible ()) {
    report_error (ERROR_HOST_KEY_UNKNOWN,
                  "%s (port %u) is not known: it is not in %s, and %s.\n"
                  "Its %s key has the fingerprint %s.\n"
                  "Log in once with ssh and compare the fingerprint, or give "
                  "-o StrictHostKeyChecking=accept-new.",
                  c->host, c->port, file,
                  c->strict == STRICT_YES ? "StrictHostKeyChecking is yes"
                  : "there is no terminal to ask on", type, fingerprint);
    return -1;
  }
  else if (ask_about_key (c, type, fingerprint) == -1) {
    report_error (ERROR_HOST_KEY_REJECTED, "the key of %s was not accepted", c->host);
    return -1;
  }
  /* As with ssh, a file that can't be written is no reason to stop. */
  known_hosts_add (c, key);
  return 0;
}

static bool
is_listed (char *const list[], const char *text)
{
  for (size_t i = 0; list[i]; i++)
    if (strcmp (list[i], text) == 0)
      return true;
  return false;
}

int
host_key_judge (const struct ssh_config *c, ssh_key key, const char *fingerprint)
{
  const char *type = ssh_key_type_to_char (ssh_key_type (key));
  CLEANUP_FREE char *name = known_hosts_name (c);
  char place[512];

  if (c->only_host_key && strcmp (c->only_host_key, fingerprint) != 0) {
    report_error (ERROR_HOST_KEY_CHANGED,
                  "%s shows another host key than a moment ago: %s, not %s",
                  c->host, fingerprint, c->only_host_key);
    return -1;
  }
  if (c->only_host_key)
    return 0;
  const enum known_host known = known_hosts_check (c, key, place, sizeof place);
  switch (known) {
  case KNOWN_HOST_SAME:
    message_detail ("Host key: %s %s (%s)", type, fingerprint, place);
    return 0;
  case KNOWN_HOST_NEW:
  case KNOWN_HOST_BY_AUTHORITY:
    if (is_listed (c->host_keys, fingerprint)) {
      message_detail ("Host key: %s %s (that of the flash)", type, fingerprint);
      return 0;
    }
    return accept_new_key (c, key, type, fingerprint,
                           known == KNOWN_HOST_BY_AUTHORITY);
  case KNOWN_HOST_CHANGED:
    report_error (ERROR_HOST_KEY_CHANGED,
                  "the host key of %s has CHANGED: this is another machine, or "
                  "someone listens in.\n"
                  "It shows the %s key %s; %s knows another one.\n"
                  "If the board was installed anew, forget the old key: "
                  "ssh-keygen -f %.*s -R '%s'",
                  c->host, type, fingerprint, place,
                  (int) strcspn (place, ","), place, name ? name : c->host);
    return -1;
  case KNOWN_HOST_REVOKED:
    report_error (ERROR_HOST_KEY_REVOKED, "the host key of %s, %s, is REVOKED (%s)",
                  c->host, fingerprint, place);
    return -1;
  default:
    return -1;
  }
}
