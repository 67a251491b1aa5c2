/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "block-cache.h"
#include "block-stream.h"
#include "chunk-ring.h"
#include "cleanup.h"
#include "scan-record.h"
#include "spool.h"
#include "worker-thread.h"

/* The thread of a ring runs ahead of its readers: the farther, the more they have
 * read, up to a share of the ring, which keeps the rest for those who come
 * behind. */
#define AHEAD_MIN (UINT64_C (8) << 20)
#define AHEAD_MAX (UINT64_C (64) << 20)
#define AHEAD_SHARE 4
#define RING_MIN (2 * AHEAD_MIN)
/* Having come so far it rests until this part of it has been read: to wake it up
 * for every chunk costs more than the chunk. */
#define REST_SHARE 4
/* The spool file for a Block of unknown size grows by this. */
#define SPOOL_STEP (UINT64_C (64) << 20)

/* A reader that waits for a chunk.  The thread may not push that chunk out of
 * the ring before the reader has seen it. */
struct waiter
{
  uint64_t number;
  uint64_t until;               /* for the bytes before this disk offset */
  pthread_cond_t wake;
  struct waiter *next;
};

struct block_stream
{
  const struct block_source *source;
  void *opaque;
  struct block block;
  struct block_stream_options options;
  uint64_t ahead_max;           /* constant */

  pthread_mutex_t lock;         /* guards the rest, but not DECODER */
  pthread_cond_t demand;        /* the thread may have something to do */
  pthread_cond_t progress;      /* for runners: a chunk, the end, a failure */
  bool started, stopping, restart, ended;
  bool resting;                 /* the thread has come as far as was wanted */
  struct fault fault;           /* errnum != 0: it failed for good */
  uint64_t position;            /* disk offset: decoded up to here */
  uint64_t ahead;               /* how far a ring's thread runs ahead of them */
  uint64_t until;               /* readers want it decoded up to here */
  unsigned runners;             /* callers who want more than UNTIL */
  uint64_t run_until;
  struct waiter *waiters;
  struct chunk_ring *ring;      /* NULL: there is a spool file */
  uint64_t restarts;
  pthread_t thread;

  uint64_t decoder_memory;      /* constant */
  void *decoder;                /* only the thread touches the rest */
  char *spool_buf;
  uint64_t spooled;             /* the spool file reaches to here */
  uint64_t charged;             /* to the cache */
};

static uint64_t
block_end (const struct block_stream *s)
{
  return s->block.size == BLOCK_SIZE_UNKNOWN ? UINT64_MAX
                                             : s->block.offset + s->block.size;
}

struct block_stream *
block_stream_new (const struct block_source *source, void *opaque,
                  const struct block *block,
                  const struct block_stream_options *options,
                  struct fault *fault)
{
  struct block_stream *s = calloc (1, sizeof *s);
  pthread_condattr_t attr;

  if (!s) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  pthread_mutex_init (&s->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&s->demand, NULL);
  pthread_cond_init (&s->progress, &attr);
  pthread_condattr_destroy (&attr);
  s->source = source;
  s->opaque = opaque;
  s->block = *block;
  s->options = *options;
  s->position = s->spooled = block->offset;
  if (options->cache)
    s->decoder_memory = source->decoder_memory (opaque, block);

  if (options->spool)
    s->spool_buf = malloc (CHUNK_SIZE);
  else {
    uint64_t size = options->ring_size > RING_MIN ? options->ring_size : RING_MIN;

    s->ahead_max = size / AHEAD_SHARE < AHEAD_MAX ? size / AHEAD_SHARE
                                                  : AHEAD_MAX;
    if (block->size / CHUNK_SIZE + 2 < size / CHUNK_SIZE)
      size = (block->size / CHUNK_SIZE + 2) * CHUNK_SIZE;
    s->ring = chunk_ring_new (block->offset, size);
  }
  if (!s->spool_buf && !s->ring) {
    block_stream_free (s);
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  return s;
}

/* Let the cache know what is in use: RING bytes in the ring, and a decoder if there
 * is one or there will be. */
static void
account (struct block_stream *s, uint64_t ring, bool decoding)
{
  struct block_cache *cache = s->options.cache;
  uint64_t now = ring + (s->spool_buf ? CHUNK_SIZE : 0)
                 + (decoding ? s->decoder_memory : 0);

  if (!cache)
    return;
  if (now > s->charged)
    block_cache_charge (cache, now - s->charged);
  else if (now < s->charged)
    block_cache_uncharge (cache, s->charged - now);
  s->charged = now;
}

void
block_stream_free (struct block_stream *s)
{
  if (!s)
    return;
  pthread_mutex_lock (&s->lock);
  s->stopping = true;
  pthread_cond_broadcast (&s->demand);
  pthread_mutex_unlock (&s->lock);
  if (s->started)
    pthread_join (s->thread, NULL);
  s->source->stop (s->decoder);
  chunk_ring_free (s->ring);
  free (s->spool_buf);
  s->spool_buf = NULL;
  account (s, 0, false);
  pthread_cond_destroy (&s->progress);
  pthread_cond_destroy (&s->demand);
  pthread_mutex_destroy (&s->lock);
  free (s);
}

static bool
is_awaited (const struct block_stream *s, uint64_t number)
{
  for (const struct waiter *w = s->waiters; w; w = w->next)
    if (w->number == number)
      return true;
  return false;
}

static bool
has_demand (const struct block_stream *s)
{
  if (s->restart)
    return true;
  if (s->ended || s->fault.errnum != 0)
    return false;
  const uint64_t rest = s->resting ? s->ahead / REST_SHARE : 0;
  if ((s->position < s->until && s->until - s->position > rest)
      || (s->runners > 0 && s->position < s->run_until))
    return true;
  /* UNTIL is where the latest reader is; others may wait farther ahead. */
  for (const struct waiter *w = s->waiters; w; w = w->next)
    if (w->number >= s->position / CHUNK_SIZE)
      return true;
  return false;
}

/* Where the chunk at the current position goes.  Waits until it may.  NULL: no
 * memory, or stopping. */
static char *
claim_chunk (struct block_stream *s, uint64_t number)
{
  uint64_t victim;

  if (!s->ring)
    return s->spool_buf;
  while (((chunk_ring_victim (s->ring, number, &victim) && is_awaited (s, victim))
          || chunk_ring_is_pinned (s->ring, number))
         && !s->stopping)
    pthread_cond_wait (&s->demand, &s->lock);
  return chunk_ring_claim (s->ring, number);
}

static int
spool (struct block_stream *s, const char *buf, size_t len, uint64_t offset,
       struct fault *fault)
{
  /* For a Block whose size is known there is room already. */
  if (s->block.size == BLOCK_SIZE_UNKNOWN && offset + len > s->spooled) {
    if (spool_reserve (s->options.spool, SPOOL_STEP, s->spooled + SPOOL_STEP,
                       fault) == -1)
      return -1;
    s->spooled += SPOOL_STEP;
  }
  return spool_write (s->options.spool, buf, len, offset, fault);
}

/* Decode LEN bytes at OFFSET to BUF and to wherever else they go.  Called
 * without the lock. */
static ssize_t
decode (struct block_stream *s, char *buf, size_t len, uint64_t offset,
        struct fault *fault)
{
  if (!s->decoder) {
    s->decoder = s->source->start (s->opaque, &s->block, fault);
    if (!s->decoder)
      return -1;
  }
  ssize_t n = s->source->next (s->decoder, buf, len, fault);
  if (n == -1)
    return -1;
  struct scan_record *record = s->options.record;
  const bool at_end = (size_t) n < len || offset + len == block_end (s);
  if (record)
    scan_record_add (record, offset, buf, (size_t) n, at_end && s->block.last);
  if (record && at_end)
    scan_record_block_verified (record, s->block.number);
  if (s->options.spool && spool (s, buf, (size_t) n, offset, fault) == -1)
    return -1;
  return n;
}

/* Wake those for whom something has come.  Called with the lock. */
static void
wake (struct block_stream *s)
{
  for (struct waiter *w = s->waiters; w; w = w->next)
    if (w->until <= s->position || s->ended || s->fault.errnum != 0)
      pthread_cond_signal (&w->wake);
  if (s->runners > 0)
    pthread_cond_broadcast (&s->progress);
}

/* Decode the next chunk and publish it.  Called with the lock. */
static void
step (struct block_stream *s)
{
  const uint64_t offset = s->position, number = offset / CHUNK_SIZE;
  size_t len = CHUNK_SIZE - offset % CHUNK_SIZE;
  struct fault fault = { .errnum = 0 };

  if (block_end (s) - offset < len)
    len = (size_t) (block_end (s) - offset);
  char *buf = claim_chunk (s, number);
  if (s->stopping)
    return;
  if (!buf) {
    fault_no_memory (&s->fault, "decoded data");
    wake (s);
    return;
  }
  const uint64_t ring = s->ring ? chunk_ring_memory (s->ring) : 0;
  pthread_mutex_unlock (&s->lock);
  account (s, ring, true);
  ssize_t n = decode (s, buf, len, offset, &fault);
  pthread_mutex_lock (&s->lock);

  if (n == -1)
    s->fault = fault;
  else {
    if (s->ring)
      chunk_ring_publish (s->ring, number, (size_t) n);
    s->position += (uint64_t) n;
    s->ended = (size_t) n < len || s->position == block_end (s);
  }
  wake (s);
}

/* Begin again at the Block's start; what is in the ring stays valid. */
static void
start_again (struct block_stream *s)
{
  s->restart = false;
  s->ended = false;
  s->fault.errnum = 0;
  s->position = s->block.offset;
  s->restarts++;
  s->source->stop (s->decoder);
  s->decoder = NULL;
}

static void
finish (struct block_stream *s)
{
  s->source->stop (s->decoder);
  s->decoder = NULL;
  /* A pass that nobody read along with leaves nothing that is worth its memory:
   * readers will begin somewhere else than at the end. */
  if (s->until == 0 && s->ring)
    chunk_ring_clear (s->ring);
  account (s, s->ring ? chunk_ring_memory (s->ring) : 0, false);
}

static void *
run_thread (void *opaque)
{
  struct block_stream *s = opaque;

  pthread_mutex_lock (&s->lock);
  while (!s->stopping) {
    if (!has_demand (s)) {
      s->resting = true;
      pthread_cond_wait (&s->demand, &s->lock);
      continue;
    }
    s->resting = false;
    if (s->restart)
      start_again (s);
    step (s);
    if (s->ended || s->fault.errnum != 0)
      finish (s);
  }
  pthread_mutex_unlock (&s->lock);
  return NULL;
}

static int
start_thread (struct block_stream *s, struct fault *fault)
{
  if (!s->started) {
    if (worker_thread_start (&s->thread, run_thread, s, fault) == -1)
      return -1;
    s->started = true;
  }
  return 0;
}

/* Wait until the bytes from OFFSET, which lies in the chunk that is needed, up to
 * UNTIL have come, or never will. */
static void
wait_for (struct block_stream *s, uint64_t offset, uint64_t until)
{
  struct waiter self = {
    .number = offset / CHUNK_SIZE, .until = until, .next = s->waiters
  };
  struct waiter **p = &s->waiters;

  pthread_cond_init (&self.wake, NULL);
  s->waiters = &self;
  pthread_cond_signal (&s->demand);
  pthread_cond_wait (&self.wake, &s->lock);
  while (*p != &self)
    p = &(*p)->next;
  *p = self.next;
  pthread_cond_destroy (&self.wake);
  /* The thread may wait to overwrite just this chunk.  It cannot do so before
   * the lock is released, and then the chunk is pinned. */
  pthread_cond_signal (&s->demand);
}

/* Copy what the ring has of one chunk: how many bytes, or 0.  Called with the
 * lock, which is released for a while: the thread shall not wait for it. */
static size_t
copy_chunk (struct block_stream *s, void *buf, size_t len, uint64_t offset)
{
  size_t n;
  const char *data = chunk_ring_pin (s->ring, offset, &n);

  if (!data)
    return 0;
  if (n > len)
    n = len;
  pthread_mutex_unlock (&s->lock);
  memcpy (buf, data, n);
  pthread_mutex_lock (&s->lock);
  chunk_ring_unpin (s->ring, offset);
  if (!s->resting)              /* it may wait for just this chunk */
    pthread_cond_signal (&s->demand);
  return n;
}

/* Read from one chunk.  Called with the lock, releases it for a while. */
static ssize_t
read_ring (struct block_stream *s, void *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  for (;;) {
    size_t n = copy_chunk (s, buf, len, offset);

    if (n > 0)
      return (ssize_t) n;
    if (offset < s->position) {
      if (!s->options.restartable)
        return BLOCK_STREAM_GONE;
      s->restart = true;
    }
    else if (s->fault.errnum != 0) {
      *fault = s->fault;
      return -1;
    }
    else if (s->ended)
      return 0;
    wait_for (s, offset, offset + 1);
  }
}

/* Read from the spool file.  Called with the lock, releases it for a while. */
static ssize_t
read_spool (struct block_stream *s, void *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  while (s->position < offset + len) {
    if (s->fault.errnum != 0) {
      *fault = s->fault;
      return -1;
    }
    if (s->ended) {
      if (s->position <= offset)
        return 0;
      len = (size_t) (s->position - offset);
      break;
    }
    wait_for (s, offset, offset + len);
  }
  pthread_mutex_unlock (&s->lock);
  int r = spool_read (s->options.spool, buf, len, offset, fault);
  pthread_mutex_lock (&s->lock);
  return r == -1 ? -1 : (ssize_t) len;
}

static void
note_demand (struct block_stream *s, uint64_t end)
{
  s->ahead = end - s->block.offset;
  if (s->ahead > s->ahead_max)
    s->ahead = s->ahead_max;
  if (s->ahead < AHEAD_MIN)
    s->ahead = AHEAD_MIN;
  s->until = s->options.spool ? UINT64_MAX : end + s->ahead;
  if (s->resting && has_demand (s))
    pthread_cond_signal (&s->demand);
}

ssize_t
block_stream_read (struct block_stream *s, void *buf, size_t len,
                   uint64_t offset, struct fault *fault)
{
  size_t done = 0;

  LOCK_SCOPE (&s->lock);
  if (start_thread (s, fault) == -1)
    return -1;
  while (done < len) {
    size_t n = CHUNK_SIZE - (offset + done) % CHUNK_SIZE;
    ssize_t r;

    if (n > len - done)
      n = len - done;
    note_demand (s, offset + done + n);
    if (s->options.spool)
      r = read_spool (s, (char *) buf + done, n, offset + done, fault);
    else
      r = read_ring (s, (char *) buf + done, n, offset + done, fault);
    if (r == -1)
      return -1;
    if (r == BLOCK_STREAM_GONE)
      return done > 0 ? (ssize_t) done : r;
    if (r == 0)
      break;
    done += (size_t) r;
  }
  return (ssize_t) done;
}

/* A tenth of a second from now. */
static struct timespec
next_poll (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  t.tv_nsec += 100 * 1000 * 1000;
  if (t.tv_nsec >= 1000 * 1000 * 1000) {
    t.tv_sec++;
    t.tv_nsec -= 1000 * 1000 * 1000;
  }
  return t;
}

/* Wait for the thread, with calls of POLL.  Called with the lock. */
static int
wait_run (struct block_stream *s, uint64_t offset, int (*poll) (void *),
          void *poll_opaque, struct fault *fault)
{
  struct timespec when = next_poll ();

  while (s->position <= offset && !s->ended && s->fault.errnum == 0) {
    pthread_cond_signal (&s->demand);
    if (!poll) {
      pthread_cond_wait (&s->progress, &s->lock);
      continue;
    }
    if (pthread_cond_timedwait (&s->progress, &s->lock, &when) != ETIMEDOUT)
      continue;
    pthread_mutex_unlock (&s->lock);
    int r = poll (poll_opaque);
    pthread_mutex_lock (&s->lock);
    if (r != 0)
      return fault_set (fault, ECANCELED, "cancelled");
    when = next_poll ();
  }
  if (s->position <= offset && !s->ended) {
    *fault = s->fault;
    return -1;
  }
  return 0;
}

int
block_stream_run (struct block_stream *s, uint64_t offset,
                  int (*poll) (void *), void *poll_opaque, struct fault *fault)
{
  LOCK_SCOPE (&s->lock);
  if (start_thread (s, fault) == -1)
    return -1;
  /* With several callers the farthest one decides; that it may also be one who
   * has gone costs a bit of work, no more. */
  if (s->runners++ == 0 || offset > s->run_until)
    s->run_until = offset == UINT64_MAX ? offset : offset + 1;
  int r = wait_run (s, offset, poll, poll_opaque, fault);
  s->runners--;
  return r;
}

uint64_t
block_stream_position (struct block_stream *s, bool *ended)
{
  LOCK_SCOPE (&s->lock);
  *ended = s->ended;
  return s->position;
}

bool
block_stream_is_done (struct block_stream *s)
{
  LOCK_SCOPE (&s->lock);
  return s->ended || s->fault.errnum != 0 || !s->started;
}

uint64_t
block_stream_restarts (struct block_stream *s)
{
  LOCK_SCOPE (&s->lock);
  return s->restarts;
}

uint64_t
block_stream_memory (struct block_stream *s)
{
  LOCK_SCOPE (&s->lock);
  return s->ring ? chunk_ring_memory (s->ring) : 0;
}
