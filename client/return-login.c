/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "first-boot.h"
#include "known-hosts.h"
#include "libssh-connection.h"
#include "messages.h"
#include "new-host-key.h"
#include "prompt.h"
#include "report.h"
#include "return-login.h"

#define CONNECT_SECONDS 5       /* an address where nobody is must not cost more */
/* A system that is just starting lets nobody in; after so many refusals it will not
 * let a key in. */
#define REFUSALS_BEFORE_ASKING 8

/* -- Who and where ------------------------------------------------------------ */

static void
add_user (struct return_login *l, const char *user)
{
  for (size_t i = 0; i < l->nr_users; i++)
    if (strcmp (l->users[i], user) == 0)
      return;
  l->users[l->nr_users++] = user;
}

/* Whom the new system was told to have comes first, then who could log in before. */
int
return_login_init (struct return_login *l)
{
  const struct first_boot *fb = l->job->options->first_boot;

  if (fb && fb->settings.user)
    add_user (l, fb->settings.user);
  add_user (l, l->job->config->user);
  add_user (l, "root");
  l->known_name = known_hosts_name (l->job->config);
  if (l->known_name)
    return 0;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

void
return_login_release (struct return_login *l)
{
  board_connection_close (l->connection);
  l->connection = NULL;
  free (l->known_name);
  l->known_name = NULL;
}

static int
add_setting (struct options *o, const char *setting)
{
  if (o->nr_settings == OPTIONS_LIST_MAX) {
    report_error (ERROR_OPTION_VALUE,
                  "-o: given more than %d times", OPTIONS_LIST_MAX - 2);
    return -1;
  }
  /* The first one counts. */
  memmove (o->settings + 1, o->settings, o->nr_settings * sizeof *o->settings);
  o->settings[0] = setting;
  o->nr_settings++;
  return 0;
}

/* At ADDRESS the board must show a key that is known under its name. */
static int
set_address (const struct return_login *l, struct options *o, const char *address,
             char settings[2][512])
{
  if (!*address)
    return 0;
  snprintf (settings[0], sizeof settings[0], "HostName=%s", address);
  snprintf (settings[1], sizeof settings[1], "HostKeyAlias=%s", l->known_name);
  return add_setting (o, settings[0]) == -1 || add_setting (o, settings[1]) == -1
         ? -1 : 0;
}

/* How to log in as USER at ADDRESS ("": where the board was), without questions.
 * OPTIONS and SETTINGS must stay as long as the result, which must be freed.  NULL
 * after a report. */
static struct ssh_config *
login_as (const struct return_login *l, const char *user, const char *address,
          struct options *options, char settings[2][512])
{
  struct ssh_config *c;

  *options = *l->job->options;
  options->user = (char *) user;
  if (set_address (l, options, address, settings) == -1)
    return NULL;
  c = ssh_config_read (options);
  if (!c)
    return NULL;
  c->batch_mode = c->batch_mode || !l->asks;
  if (c->tcp_timeout > CONNECT_SECONDS)
    c->tcp_timeout = CONNECT_SECONDS;
  return c;
}

/* Whether it is time to ask for a password, once, if somebody is there. */
static bool
must_ask (struct return_login *l)
{
  return ++l->refusals == REFUSALS_BEFORE_ASKING && prompt_possible ();
}

/* Log in as the first user who is let in.  FINGERPRINT must be shown again. */
static enum return_attempt
log_in (struct return_login *l, const char *address, const char *fingerprint)
{
  enum connection_failure why = CONNECTION_REFUSED;

  l->asks = must_ask (l);
  prompt_set_occasion (l->asks ? "The new system lets none of the keys in." : NULL);
  for (size_t i = 0; i < l->nr_users && !l->connection
       && why != CONNECTION_UNREACHABLE; i++) {
    struct options options;
    char settings[2][512];
    struct ssh_config *c = login_as (l, l->users[i], address, &options, settings);

    if (c)
      c->only_host_key = strdup (fingerprint);
    if (c && c->only_host_key)
      l->connection = board_connection_try (c, &why);
    ssh_config_free (c);
    l->user = l->users[i];
  }
  prompt_set_occasion (NULL);
  l->asks = false;
  return l->connection ? RETURN_BACK : RETURN_AGAIN;
}

static enum return_attempt
judge_key (struct return_login *l, const struct ssh_config *c, ssh_key key,
           const char *fingerprint)
{
  switch (new_host_key_judge (l->job, c, key, fingerprint)) {
  case NEW_HOST_KEY_TRUSTED:
    return RETURN_BACK;
  case NEW_HOST_KEY_UNEXPECTED:
    snprintf (l->reason, sizeof l->reason, "it shows the host key %s, and another one "
              "is expected", fingerprint);
    return RETURN_AGAIN;
  case NEW_HOST_KEY_REFUSED:
    break;
  }
  return RETURN_ENDED;
}

/* Before anybody logs in: which key is shown there.  FINGERPRINT gets it; the caller
 * must free it. */
static enum return_attempt
see_key (struct return_login *l, const char *address, char **fingerprint)
{
  struct options options;
  char settings[2][512];
  enum return_attempt result = RETURN_UNREACHABLE;
  ssh_key key = NULL;

  message_hold_errors ();
  struct ssh_config *c = login_as (l, l->users[0], address, &options, settings);
  if (c)
    key = libssh_connection_scan (c);
  message_release_errors ();
  *fingerprint = key ? known_hosts_fingerprint (key) : NULL;
  if (*fingerprint)
    result = judge_key (l, c, key, *fingerprint);
  else if (!*address)
    snprintf (l->reason, sizeof l->reason, "%s", message_last_error ());
  ssh_key_free (key);
  ssh_config_free (c);
  return result;
}

enum return_attempt
return_login_try (struct return_login *l, const char *address)
{
  char *fingerprint;
  enum return_attempt result = see_key (l, address, &fingerprint);

  if (result == RETURN_BACK) {
    message_hold_errors ();
    result = log_in (l, address, fingerprint);
    message_release_errors ();
    if (result == RETURN_AGAIN)
      snprintf (l->reason, sizeof l->reason, "%s", message_last_error ());
  }
  ssh_string_free_char (fingerprint);
  return result;
}
