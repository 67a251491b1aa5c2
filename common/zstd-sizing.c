/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "image-ops.h"
#include "worker-thread.h"
#include "zstd-sizing.h"
#include "zstd-span.h"

#define STEP (256 * 1024)

struct sizing
{
  const struct image *im;
  atomic_bool stopping;
  atomic_uint_least64_t done;   /* stored bytes decoded */

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t changed;       /* a span or a thread is done */
  struct zstd_index *index;
  size_t next;                  /* spans before this one are taken */
  uint64_t memory;              /* of the decoders at work */
  unsigned working, alive;      /* threads that decode; that have not ended */
  size_t failed;                /* the first bad span, SIZE_MAX: none */
  struct fault fault;           /* of it */
};

/* The next span without a size, as soon as there is memory for its decoder:
 * false when there are no more. */
static bool
take_span (struct sizing *s, size_t *number, struct zstd_span *span)
{
  const size_t nr = zstd_index_nr_spans (s->index);

  LOCK_SCOPE (&s->lock);
  for (;;) {
    while (s->next < nr && zstd_index_span (s->index, s->next)->disk_size
                           != ZSTD_SIZE_UNKNOWN)
      s->next++;
    if (s->next >= nr || atomic_load (&s->stopping) || s->failed != SIZE_MAX)
      return false;
    *span = *zstd_index_span (s->index, s->next);
    uint64_t need = zstd_span_memory (span);
    if (s->working == 0 || s->memory + need <= s->im->options.memory_limit) {
      s->memory += need;
      break;
    }
    pthread_cond_wait (&s->changed, &s->lock);
  }
  s->working++;
  *number = s->next++;
  return true;
}

static void
release_span (struct sizing *s, size_t number, const struct zstd_span *span,
              uint64_t size, struct fault *fault)
{
  LOCK_SCOPE (&s->lock);
  s->memory -= zstd_span_memory (span);
  s->working--;
  if (size != ZSTD_SIZE_UNKNOWN
      && zstd_index_set_size (s->index, number, size, fault) == -1)
    size = ZSTD_SIZE_UNKNOWN;
  if (size == ZSTD_SIZE_UNKNOWN && fault->errnum != ECANCELED
      && number < s->failed) {
    s->failed = number;
    s->fault = *fault;
  }
  pthread_cond_broadcast (&s->changed);
}

/* The size of SPAN, or ZSTD_SIZE_UNKNOWN with FAULT set. */
static uint64_t
measure (struct sizing *s, const struct zstd_span *span, char *buf,
         struct fault *fault)
{
  struct zstd_span_decoder *decoder = zstd_span_start (s->im, span, fault);
  uint64_t size = 0, counted = 0;
  ssize_t n = -1;

  while (decoder && (n = zstd_span_next (decoder, buf, STEP, fault)) > 0) {
    const uint64_t stored = zstd_span_stored_done (decoder);

    size += (uint64_t) n;
    atomic_fetch_add (&s->done, stored - counted);
    counted = stored;
    if (atomic_load (&s->stopping)) {
      n = fault_set (fault, ECANCELED, "cancelled");
      break;
    }
  }
  zstd_span_stop (decoder);
  return n == -1 ? ZSTD_SIZE_UNKNOWN : size;
}

static void *
run_thread (void *opaque)
{
  struct sizing *s = opaque;
  CLEANUP_FREE char *buf = malloc (STEP);
  struct zstd_span span;
  struct fault fault;
  size_t number;

  while (take_span (s, &number, &span)) {
    uint64_t size = ZSTD_SIZE_UNKNOWN;

    if (buf)
      size = measure (s, &span, buf, &fault);
    else
      fault_no_memory (&fault, "a decoder");
    release_span (s, number, &span, size, &fault);
  }
  LOCK_SCOPE (&s->lock);
  s->alive--;
  pthread_cond_broadcast (&s->changed);
  return NULL;
}

/* Wait for the threads, with calls of POLL. */
static int
follow (struct sizing *s, int (*poll) (void *, uint64_t), void *poll_opaque,
        struct fault *fault)
{
  bool alive = true;

  while (alive) {
    struct timespec when;

    if (poll && poll (poll_opaque, atomic_load (&s->done)) != 0)
      return fault_set (fault, ECANCELED, "cancelled");
    clock_gettime (CLOCK_REALTIME, &when);
    when.tv_nsec += 100 * 1000 * 1000;
    when.tv_sec += when.tv_nsec / 1000000000;
    when.tv_nsec %= 1000000000;
    LOCK_SCOPE (&s->lock);
    if (s->alive > 0)
      pthread_cond_timedwait (&s->changed, &s->lock, &when);
    alive = s->alive > 0;
  }
  return 0;
}

int
zstd_sizing_run (const struct image *im, struct zstd_index *index,
                 int (*poll) (void *, uint64_t), void *poll_opaque,
                 struct fault *fault)
{
  const unsigned max = im->options.threads;
  CLEANUP_FREE pthread_t *threads = calloc (max, sizeof *threads);
  struct sizing s = {
    .im = im, .index = index, .failed = SIZE_MAX,
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER
  };
  unsigned started = 0;
  int r;

  if (!threads)
    return fault_no_memory (fault, "a decoder");
  pthread_mutex_lock (&s.lock);         /* nobody counts ALIVE down before it is
                                         * right */
  while (started < max
         && worker_thread_start (&threads[started], run_thread, &s, fault) == 0)
    started++;
  s.alive = started;
  pthread_mutex_unlock (&s.lock);
  if (started == 0)
    return -1;
  r = follow (&s, poll, poll_opaque, fault);
  atomic_store (&s.stopping, true);
  for (unsigned i = 0; i < started; i++)
    pthread_join (threads[i], NULL);
  if (r == 0 && s.failed != SIZE_MAX) {
    *fault = s.fault;
    r = -1;
  }
  return r;
}
