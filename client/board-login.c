/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "board-login.h"
#include "cleanup.h"
#include "clock.h"
#include "interrupt.h"
#include "messages.h"
#include "report.h"
#include "session-key.h"
#include "session-store.h"

/* sshd lets six attempts pass, and stops counting politely after that. */
#define KEYS_A_LOGIN 5
/* The board gives its port back after a minute. */
#define PROOF_SECONDS 55
#define PROOF_PAUSE 1000        /* ms between two attempts */

/* The sessions whose key may open a lifeboat. */
struct candidates
{
  struct stored_session list[STORED_SESSIONS_MAX];
  size_t nr;
  bool owned;                   /* to be released */
  bool tried[STORED_SESSIONS_MAX];
};

static void
find_candidates (const struct flash_job *job, struct candidates *c)
{
  const struct options *o = job->options;

  memset (c, 0, sizeof *c);
  if (*job->session) {
    if (job->stored)
      c->list[c->nr++] = *job->stored;
    return;
  }
  if (o->session_key) {
    c->list[0].key_path = (char *) o->session_key;
    c->nr = 1;
    return;
  }
  c->nr = session_store_find (o->host, c->list, STORED_SESSIONS_MAX);
  c->owned = true;
}

static void
release_candidates (struct candidates *c)
{
  for (size_t i = 0; c->owned && i < c->nr; i++)
    stored_session_release (&c->list[i]);
}

static unsigned
lifeboat_port (const struct flash_job *job, const struct stored_session *s)
{
  if (job->options->lifeboat_port)
    return job->options->lifeboat_port;
  return s->lifeboat_port ? s->lifeboat_port : job->config->port;
}

/* The login of the next candidates that share a port; NULL: none is left, or no
 * memory. */
static struct ssh_config *
next_login (const struct flash_job *job, struct candidates *c)
{
  const char *keys[KEYS_A_LOGIN + 1] = { NULL };
  const char *host_keys[KEYS_A_LOGIN] = { NULL };
  size_t nr = 0, nr_host_keys = 0;
  unsigned port = 0;
  struct ssh_config *config;

  for (size_t i = 0; i < c->nr && nr < KEYS_A_LOGIN; i++) {
    const struct stored_session *s = &c->list[i];

    if (c->tried[i] || (port && lifeboat_port (job, s) != port))
      continue;
    port = lifeboat_port (job, s);
    c->tried[i] = true;
    keys[nr++] = s->key_path;
    if (s->host_key && *s->host_key)
      host_keys[nr_host_keys++] = s->host_key;
  }
  config = nr ? ssh_config_for_lifeboat (job->config, port, keys) : NULL;
  for (size_t i = 0; config && i < nr_host_keys; i++)
    if (!(config->host_keys[i] = strdup (host_keys[i]))) {
      report_error (ERROR_OUT_OF_MEMORY, "out of memory");
      ssh_config_free (config);
      return NULL;
    }
  return config;
}

/* Try the keys of C; false: the board can't be reached at all. */
static bool
try_lifeboats (struct flash_job *job, struct candidates *c)
{
  struct ssh_config *config;
  enum connection_failure why = CONNECTION_REFUSED;
  bool reachable = true;

  while (reachable && !job->connection
         && (config = next_login (job, c)) != NULL) {
    job->connection = board_connection_try (config, &why);
    if (!job->connection) {
      job->host_key_changed = job->host_key_changed || why == CONNECTION_HOST_KEY;
      /* On a port of its own there may just be no lifeboat now. */
      reachable = why != CONNECTION_UNREACHABLE || config->port != job->config->port;
    }
    ssh_config_free (config);
  }
  job->in_lifeboat = job->connection != NULL;
  return reachable;
}

static enum board_login
log_in_as_usual (struct flash_job *job)
{
  struct ssh_config config = *job->config;      /* what it points to is shared */
  enum connection_failure why = CONNECTION_REFUSED;

  /* Several ssh's cannot share one terminal. */
  config.batch_mode = config.batch_mode || job->ask_nothing
                      || (job->member
                          && job->options->transport == TRANSPORT_OPENSSH);
  /* Whatever known_hosts and its checking allow: it is one board to the end. */
  if (job->host_key)
    config.only_host_key = job->host_key;
  job->connection = board_connection_try (&config, &why);
  if (!job->connection && why == CONNECTION_HOST_KEY)
    job->host_key_changed = true;
  return job->connection ? LOGIN_ORDINARY : LOGIN_FAILED;
}

/* 0, or -1 after a report. */
static int
remember_host_key (struct flash_job *job)
{
  if (!job->host_key)
    job->host_key = strdup (board_connection_host_key (job->connection));
  if (job->host_key)
    return 0;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  board_connection_close (job->connection);
  job->connection = NULL;
  return -1;
}

enum board_login
board_login (struct flash_job *job, bool quiet)
{
  struct candidates candidates;
  enum board_login result = LOGIN_FAILED;
  bool reachable;

  job->host_key_changed = job->in_lifeboat = false;
  if (job->options->session_key && !quiet
      && session_key_check (job->options->session_key) == -1)
    return LOGIN_FAILED;
  if (job->options->transport == TRANSPORT_LOCAL)
    return log_in_as_usual (job);
  find_candidates (job, &candidates);
  /* A key that is refused is no error: the board is just not being flashed. */
  message_hold_errors ();
  reachable = try_lifeboats (job, &candidates);
  if (!quiet)
    message_release_errors ();
  release_candidates (&candidates);
  if (job->in_lifeboat)
    result = LOGIN_LIFEBOAT;
  else if (reachable)
    result = log_in_as_usual (job);
  else if (!quiet)
    report_error (message_last_code (), "%s", message_last_error ());
  message_release_errors ();
  if (job->connection && remember_host_key (job) == -1)
    return LOGIN_FAILED;
  return result;
}

/* -- The proof ------------------------------------------------------------ */

/* The config of the second login: this session's key and the host key that the
 * first one has seen. */
static struct ssh_config *
proof_login (const struct flash_job *job)
{
  const char *const keys[] = { job->stored->key_path, NULL };
  struct ssh_config *config =
    ssh_config_for_lifeboat (job->config, lifeboat_port (job, job->stored), keys);

  if (config
      && !(config->only_host_key =
             strdup (board_connection_host_key (job->connection)))) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    ssh_config_free (config);
    return NULL;
  }
  return config;
}

/* Until the board's minute is over, or an interrupt comes. */
static struct board_connection *
open_lifeboat (const struct ssh_config *config)
{
  struct pollfd interrupt = { .fd = interrupt_fd (), .events = POLLIN };
  const long end = clock_seconds () + PROOF_SECONDS;
  struct board_connection *c = NULL;
  enum connection_failure why = CONNECTION_REFUSED;

  message_hold_errors ();
  while (!c && why != CONNECTION_HOST_KEY && clock_seconds () < end) {
    c = board_connection_try (config, &why);
    if (!c && poll (&interrupt, 1, PROOF_PAUSE) > 0)
      break;
  }
  message_release_errors ();
  return c;
}

int
board_login_change_to_lifeboat (struct flash_job *job)
{
  struct board_connection *ordinary = job->connection;
  struct ssh_config *config = proof_login (job);
  struct board_connection *lifeboat = NULL;
  unsigned port = config ? config->port : 0;

  message_phase ("prove-lifeboat",
                 "Proving the lifeboat: a second login, by the flash's own key");
  if (config && flash_job_tell_session (job, "lifeboat-open") == 0) {
    lifeboat = open_lifeboat (config);
    if (!lifeboat)
      report_error (ERROR_LIFEBOAT_FAILED,
                    "the lifeboat does not let anybody in (port %u): %s", port,
                    message_last_error ());
  }
  ssh_config_free (config);
  if (lifeboat) {
    job->connection = lifeboat;
    job->in_lifeboat = true;
    if (flash_job_tell_session (job, "lifeboat-close") == 0) {
      board_connection_close (ordinary);
      message_info ("Proven: port %u of the board leads into its memory, past its "
                    "disk, with the host key that it had before", port);
      return 0;
    }
    report_error (ERROR_LIFEBOAT_FAILED,
                  "the board's ssh port could not be given back");
    board_connection_close (lifeboat);
    job->connection = ordinary;
    job->in_lifeboat = false;
  }
  message_hold_errors ();
  flash_job_tell_session (job, "lifeboat-close");
  message_release_errors ();
  return -1;
}
