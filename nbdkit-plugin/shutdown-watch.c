/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "fault.h"
#include "report.h"
#include "shutdown-watch.h"
#include "worker-thread.h"

#define TICK_MS 100
/* nbdkit_nanosleep is the only way to learn that nbdkit ends, and it logs an
 * error then.  So it is called only when some callback has been busy for so many
 * ticks, without a pause. */
#define LONG_TICKS 3

struct shutdown_watch
{
  void (*cancel) (void *opaque);
  void *opaque;
  pthread_t thread;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t changed;       /* BUSY is no longer 0, or STOP */
  bool stop;
  unsigned busy;                /* callbacks under way */
  unsigned ticks;               /* for which BUSY has not been 0 */
};

/* Wait for a tick, or for STOP; called and left with the lock held. */
static void
wait_tick (struct shutdown_watch *watch)
{
  struct timespec until;

  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_nsec += TICK_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  while (!watch->stop
         && pthread_cond_timedwait (&watch->changed, &watch->lock,
                                    &until) != ETIMEDOUT)
    ;
}

static void *
run_watch (void *opaque)
{
  struct shutdown_watch *watch = opaque;

  LOCK_SCOPE (&watch->lock);
  while (!watch->stop) {
    if (watch->busy == 0) {
      watch->ticks = 0;
      pthread_cond_wait (&watch->changed, &watch->lock);
    }
    else if (watch->ticks < LONG_TICKS) {
      watch->ticks++;
      wait_tick (watch);
    }
    else {
      pthread_mutex_unlock (&watch->lock);
      int r = nbdkit_nanosleep (0, TICK_MS * 1000000);
      if (r == -1)
        watch->cancel (watch->opaque);
      pthread_mutex_lock (&watch->lock);
      if (r == -1)
        break;
    }
  }
  return NULL;
}

struct shutdown_watch *
shutdown_watch_start (void (*cancel) (void *opaque), void *opaque)
{
  struct shutdown_watch *watch = calloc (1, sizeof *watch);
  pthread_condattr_t attr;
  struct fault fault;

  if (!watch) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  watch->cancel = cancel;
  watch->opaque = opaque;
  pthread_mutex_init (&watch->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&watch->changed, &attr);
  pthread_condattr_destroy (&attr);
  if (worker_thread_start (&watch->thread, run_watch, watch, &fault) == 0)
    return watch;
  report_error (fault_code (&fault), "%s", fault.text);
  pthread_cond_destroy (&watch->changed);
  pthread_mutex_destroy (&watch->lock);
  free (watch);
  return NULL;
}

void
shutdown_watch_stop (struct shutdown_watch *watch)
{
  if (!watch)
    return;
  pthread_mutex_lock (&watch->lock);
  watch->stop = true;
  pthread_cond_signal (&watch->changed);
  pthread_mutex_unlock (&watch->lock);
  pthread_join (watch->thread, NULL);
  pthread_cond_destroy (&watch->changed);
  pthread_mutex_destroy (&watch->lock);
  free (watch);
}

void
shutdown_watch_enter (struct shutdown_watch *watch)
{
  LOCK_SCOPE (&watch->lock);
  if (watch->busy++ == 0)
    pthread_cond_signal (&watch->changed);
}

void
shutdown_watch_leave (struct shutdown_watch *watch)
{
  LOCK_SCOPE (&watch->lock);
  if (--watch->busy == 0)
    watch->ticks = 0;
}
