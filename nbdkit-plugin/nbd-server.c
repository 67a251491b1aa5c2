/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "nbd-server.h"
#include "report.h"

#define PAUSE_MS_MIN 100
#define PAUSE_MS_MAX 2000
/* An outage that is over sooner is not worth a word. */
#define QUIET_SECONDS 2
#define TELL_SECONDS 60

struct nbd_server
{
  char *uri, *name;             /* constant */
  atomic_bool patient;
  atomic_bool cancelled;
  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t changed;
  bool out;                     /* an outage, from SINCE on */
  bool told;                    /* last at LAST_TOLD */
  unsigned answers;             /* counts the ends of outages */
  time_t since, last_told;      /* seconds of the monotonic clock */
};

static void
init_lock (struct nbd_server *server)
{
  pthread_condattr_t attr;

  pthread_mutex_init (&server->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&server->changed, &attr);
  pthread_condattr_destroy (&attr);
}

struct nbd_server *
nbd_server_new (const char *uri, const char *name)
{
  struct nbd_server *server = calloc (1, sizeof *server);

  if (server) {
    init_lock (server);
    server->uri = strdup (uri);
    server->name = strdup (name);
    if (server->uri && server->name)
      return server;
  }
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  nbd_server_free (server);
  errno = ENOMEM;
  return NULL;
}

void
nbd_server_free (struct nbd_server *server)
{
  if (!server)
    return;
  pthread_cond_destroy (&server->changed);
  pthread_mutex_destroy (&server->lock);
  free (server->name);
  free (server->uri);
  free (server);
}

const char *
nbd_server_uri (const struct nbd_server *server)
{
  return server->uri;
}

const char *
nbd_server_name (const struct nbd_server *server)
{
  return server->name;
}

void
nbd_server_set_patient (struct nbd_server *server)
{
  atomic_store (&server->patient, true);
}

bool
nbd_server_is_patient (struct nbd_server *server)
{
  return atomic_load (&server->patient);
}

void
nbd_server_cancel (struct nbd_server *server)
{
  atomic_store (&server->cancelled, true);
  LOCK_SCOPE (&server->lock);
  pthread_cond_broadcast (&server->changed);
}

bool
nbd_server_is_cancelled (struct nbd_server *server)
{
  return atomic_load (&server->cancelled);
}

static struct timespec
now_plus (unsigned ms)
{
  struct timespec when;

  clock_gettime (CLOCK_MONOTONIC, &when);
  when.tv_sec += ms / 1000;
  when.tv_nsec += (long) (ms % 1000) * 1000 * 1000;
  if (when.tv_nsec >= 1000 * 1000 * 1000) {
    when.tv_sec++;
    when.tv_nsec -= 1000 * 1000 * 1000;
  }
  return when;
}

/* Until WHEN, or until an outage ends.  Called with the lock. */
static int
wait_until (struct nbd_server *server, const struct timespec *when)
{
  const unsigned answers = server->answers;
  int r = 0;

  while (r == 0 && !nbd_server_is_cancelled (server)
         && server->answers == answers)
    r = pthread_cond_timedwait (&server->changed, &server->lock, when);
  return nbd_server_is_cancelled (server) ? -1 : 0;
}

int
nbd_server_pause (struct nbd_server *server, unsigned ms)
{
  const struct timespec when = now_plus (ms);

  LOCK_SCOPE (&server->lock);
  return wait_until (server, &when);
}

/* Called with the lock. */
static void
tell (struct nbd_server *server, const char *why)
{
  const time_t now = now_plus (0).tv_sec;

  if (!server->out) {
    server->out = true;
    server->told = false;
    server->since = now;
  }
  if (!server->told && now >= server->since + QUIET_SECONDS)
    nbdkit_error ("%s: the server does not answer (%s); waiting until it does",
                  server->name, why);
  else if (server->told && now >= server->last_told + TELL_SECONDS)
    nbdkit_error ("%s: the server has not answered for %lld s (%s); still waiting",
                  server->name, (long long) (now - server->since), why);
  else
    return;
  server->told = true;
  server->last_told = now;
}

int
nbd_server_wait (struct nbd_server *server, unsigned *tries, const char *why)
{
  unsigned ms = PAUSE_MS_MAX;

  if (*tries < 6)
    ms = PAUSE_MS_MIN << *tries;
  ++*tries;
  const struct timespec when = now_plus (ms < PAUSE_MS_MAX ? ms : PAUSE_MS_MAX);
  LOCK_SCOPE (&server->lock);
  if (nbd_server_is_cancelled (server))
    return -1;
  tell (server, why);
  return wait_until (server, &when);
}

void
nbd_server_answered (struct nbd_server *server)
{
  LOCK_SCOPE (&server->lock);
  if (!server->out)
    return;
  if (server->told)
    nbdkit_error ("%s: the server answers again, after %lld s", server->name,
                  (long long) (now_plus (0).tv_sec - server->since));
  server->out = false;
  server->answers++;
  pthread_cond_broadcast (&server->changed);
}
