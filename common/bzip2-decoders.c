/* SPDX-License-Identifier: MIT */
/* A job is a place where a block may begin, and what is decoded there: pieces,
 * which the reader takes while the block is still being decoded if it is the
 * one that he waits for.  That job is never made to wait for memory; all others
 * are behind it, or they are false and given up. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "bzip2-block.h"
#include "bzip2-decoders.h"
#include "bzip2-finder.h"
#include "cleanup.h"
#include "image-ops.h"
#include "worker-thread.h"

#define PIECE_SIZE (512 * 1024)
#define JOBS_A_THREAD 2
/* So much decoded data is always allowed. */
#define MEMORY_MIN (UINT64_C (8) << 20)

struct piece
{
  struct piece *next;
  size_t len;
  char data[PIECE_SIZE];
};

enum job_state { RUNNING, DONE, FAILED };

/* Guarded by the decoders' lock. */
struct job
{
  struct job *next;             /* at a higher bit */
  uint64_t bit;
  unsigned level;
  enum job_state state;
  bool abandoned;               /* its thread is to stop, and frees it */
  struct piece *first, *last;
  uint32_t crc;                 /* these three are known when it is DONE */
  uint64_t end;
  bool stream_ends;
  struct fault fault;           /* FAILED */
};

struct bzip2_decoders
{
  const struct image *im;
  uint64_t memory_limit;        /* for pieces */
  unsigned max_threads;

  pthread_mutex_t lock;         /* guards the rest, but not what is FINDER's */
  pthread_cond_t changed;
  bool stopping;
  bool reading;                 /* the reader has begun; EXPECTED is valid */
  uint64_t expected;            /* bit of the block that the reader wants */
  struct bzip2_finder *finder;  /* used by the thread that set FINDING */
  bool finding;
  int found;                    /* its last answer; not 1: no more jobs come */
  struct fault fault;           /* with FOUND == -1 */
  struct job *jobs;             /* in rising order */
  unsigned nr_jobs;             /* of JOBS */
  uint64_t memory;              /* of all pieces */
  unsigned nr_threads;
  pthread_t *threads;

  struct job *current;          /* the reader's; in no list */
  struct piece *taken;          /* what he looks at */
};

/* -- Pieces and jobs ------------------------------------------------------ */

static void
free_pieces (struct bzip2_decoders *d, struct piece *piece)
{
  while (piece) {
    struct piece *next = piece->next;

    free (piece);
    d->memory -= PIECE_SIZE;
    piece = next;
  }
}

/* Called with the lock. */
static void
free_job (struct bzip2_decoders *d, struct job *job)
{
  if (job)
    free_pieces (d, job->first);
  free (job);
}

/* Forget a job that is in no list any more.  Called with the lock. */
static void
drop_job (struct bzip2_decoders *d, struct job *job)
{
  if (job && job->state == RUNNING)
    job->abandoned = true;
  else
    free_job (d, job);
}

static void
append_job (struct bzip2_decoders *d, struct job *job)
{
  struct job **p = &d->jobs;

  while (*p)
    p = &(*p)->next;
  *p = job;
  d->nr_jobs++;
}

static struct job *
pop_job (struct bzip2_decoders *d)
{
  struct job *job = d->jobs;

  d->jobs = job->next;
  job->next = NULL;
  d->nr_jobs--;
  return job;
}

/* Whether JOB must wait before it takes another piece. */
static bool
is_over_limit (const struct bzip2_decoders *d, const struct job *job)
{
  return d->memory + PIECE_SIZE > d->memory_limit
         && !(d->reading && job->bit == d->expected);
}

/* An empty piece for JOB; NULL: no memory, or it is to stop. */
static struct piece *
new_piece (struct bzip2_decoders *d, const struct job *job, struct fault *fault)
{
  LOCK_SCOPE (&d->lock);
  while (!job->abandoned && !d->stopping && is_over_limit (d, job))
    pthread_cond_wait (&d->changed, &d->lock);
  if (job->abandoned || d->stopping) {
    fault_set (fault, ECANCELED, "cancelled");
    return NULL;
  }
  struct piece *piece = malloc (sizeof *piece);
  if (!piece) {
    fault_no_memory (fault, "decoded data");
    return NULL;
  }
  piece->next = NULL;
  piece->len = 0;
  d->memory += PIECE_SIZE;
  return piece;
}

/* LEN bytes came into PIECE; it is given back if there are none. */
static void
add_piece (struct bzip2_decoders *d, struct job *job, struct piece *piece,
           ssize_t len)
{
  LOCK_SCOPE (&d->lock);
  if (len <= 0) {
    free_pieces (d, piece);
    return;
  }
  piece->len = (size_t) len;
  if (job->last)
    job->last->next = piece;
  else
    job->first = piece;
  job->last = piece;
  pthread_cond_broadcast (&d->changed);
}

/* Decode all of a block. */
static int
decode (struct bzip2_decoders *d, struct job *job, struct bzip2_block *block,
        struct fault *fault)
{
  for (;;) {
    struct piece *piece = new_piece (d, job, fault);

    if (!piece)
      return -1;
    ssize_t n = bzip2_block_next (block, piece->data, PIECE_SIZE, fault);
    add_piece (d, job, piece, n);
    if (n < PIECE_SIZE)
      return n == -1 ? -1 : 0;
  }
}

/* Called without the lock. */
static void
run_job (struct bzip2_decoders *d, struct job *job)
{
  struct fault fault;
  struct bzip2_block *block =
    bzip2_block_start (d->im, job->bit, job->level, &fault);
  int r = block ? decode (d, job, block, &fault) : -1;

  LOCK_SCOPE (&d->lock);
  job->state = r == 0 ? DONE : FAILED;
  if (r == 0) {
    job->crc = bzip2_block_crc (block);
    job->end = bzip2_block_end (block, &job->stream_ends);
  }
  else
    job->fault = fault;
  bzip2_block_stop (block);
  if (job->abandoned)
    free_job (d, job);
  pthread_cond_broadcast (&d->changed);
}

/* -- The threads ---------------------------------------------------------- */

/* The next job that is worth running; NULL: there are no more.  Finding it
 * means reading the file, which is done without the lock. */
static struct job *
find_job (struct bzip2_decoders *d)
{
  LOCK_SCOPE (&d->lock);
  while (!d->stopping && d->found == 1
         && (d->finding || d->nr_jobs >= JOBS_A_THREAD * d->max_threads))
    pthread_cond_wait (&d->changed, &d->lock);
  if (d->stopping || d->found != 1)
    return NULL;
  d->finding = true;
  pthread_mutex_unlock (&d->lock);

  struct job *job = calloc (1, sizeof *job);
  struct fault fault;
  int found = job ? bzip2_finder_next (d->finder, &job->bit, &job->level, &fault)
                  : fault_no_memory (&fault, "a decoder");

  pthread_mutex_lock (&d->lock);
  d->finding = false;
  d->found = found;
  pthread_cond_broadcast (&d->changed);
  if (found == 1) {
    append_job (d, job);
    return job;
  }
  if (found == -1)
    d->fault = fault;
  free (job);
  return NULL;
}

static void *
run_thread (void *opaque)
{
  struct bzip2_decoders *d = opaque;
  struct job *job;

  while ((job = find_job (d)) != NULL)
    run_job (d, job);
  return NULL;
}

struct bzip2_decoders *
bzip2_decoders_new (const struct image *im, struct fault *fault)
{
  const uint64_t limit = im->options.memory_limit;
  const uint64_t fit = limit / 2 / BZIP2_BLOCK_MEMORY;
  struct bzip2_decoders *d = calloc (1, sizeof *d);

  if (!d) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  pthread_mutex_init (&d->lock, NULL);
  pthread_cond_init (&d->changed, NULL);
  d->im = im;
  d->found = 1;
  d->max_threads = im->options.threads;
  if (d->max_threads > fit)
    d->max_threads = fit > 1 ? (unsigned) fit : 1;
  const uint64_t decoders = (uint64_t) d->max_threads * BZIP2_BLOCK_MEMORY;
  d->memory_limit =
    limit > decoders + MEMORY_MIN ? limit - decoders : MEMORY_MIN;
  d->finder = bzip2_finder_new (im);
  d->threads = calloc (d->max_threads, sizeof *d->threads);
  if (!d->finder || !d->threads) {
    fault_no_memory (fault, "a decoder");
    bzip2_decoders_free (d);
    return NULL;
  }
  while (d->nr_threads < d->max_threads
         && worker_thread_start (&d->threads[d->nr_threads], run_thread, d,
                                 fault) == 0)
    d->nr_threads++;
  if (d->nr_threads > 0)
    return d;
  bzip2_decoders_free (d);
  return NULL;
}

void
bzip2_decoders_cancel (struct bzip2_decoders *d)
{
  LOCK_SCOPE (&d->lock);
  d->stopping = true;
  pthread_cond_broadcast (&d->changed);
}

void
bzip2_decoders_free (struct bzip2_decoders *d)
{
  if (!d)
    return;
  bzip2_decoders_cancel (d);
  for (unsigned i = 0; i < d->nr_threads; i++)
    pthread_join (d->threads[i], NULL);
  while (d->jobs)
    free_job (d, pop_job (d));
  free_job (d, d->current);
  free_pieces (d, d->taken);
  bzip2_finder_free (d->finder);
  pthread_cond_destroy (&d->changed);
  pthread_mutex_destroy (&d->lock);
  free (d->threads);
  free (d);
}

/* -- The reader ----------------------------------------------------------- */

/* The job at EXPECTED, out of the list; NULL: the finder has gone past it
 * without finding it.  Called with the lock. */
static struct job *
await_job (struct bzip2_decoders *d)
{
  for (;;) {
    while (d->jobs && d->jobs->bit < d->expected)
      drop_job (d, pop_job (d));
    pthread_cond_broadcast (&d->changed);
    if (d->jobs)
      return d->jobs->bit == d->expected ? pop_job (d) : NULL;
    if (d->stopping || d->found != 1)
      return NULL;
    pthread_cond_wait (&d->changed, &d->lock);
  }
}

/* A job that the reader runs himself: a false header before the block gave it a
 * wrong level, or the finder has failed. */
static struct job *
run_own_job (struct bzip2_decoders *d, uint64_t bit, unsigned level)
{
  struct job *job = calloc (1, sizeof *job);

  if (!job)
    return NULL;
  job->bit = bit;
  job->level = level;
  run_job (d, job);
  return job;                   /* nobody else knows it: NOLINT(*-unix.Malloc) */
}

int
bzip2_decoders_seek (struct bzip2_decoders *d, uint64_t bit, unsigned level,
                     struct fault *fault)
{
  LOCK_SCOPE (&d->lock);
  free_pieces (d, d->taken);
  d->taken = NULL;
  drop_job (d, d->current);
  d->reading = true;
  d->expected = bit;
  d->current = await_job (d);
  if (!d->current && d->found == -1) {
    *fault = d->fault;
    return -1;
  }
  if (d->current && d->current->level == level)
    return 0;
  drop_job (d, d->current);
  pthread_mutex_unlock (&d->lock);
  struct job *job = run_own_job (d, bit, level);
  pthread_mutex_lock (&d->lock);
  d->current = job;
  return job ? 0 : fault_no_memory (fault, "a decoder");
}

ssize_t
bzip2_decoders_next (struct bzip2_decoders *d, const char **data,
                     struct fault *fault)
{
  struct job *job = d->current;

  LOCK_SCOPE (&d->lock);
  free_pieces (d, d->taken);
  d->taken = NULL;
  pthread_cond_broadcast (&d->changed);
  while (!job->first && job->state == RUNNING && !d->stopping)
    pthread_cond_wait (&d->changed, &d->lock);
  if (d->stopping)
    return fault_set (fault, ECANCELED, "cancelled");
  if (job->state == FAILED) {
    *fault = job->fault;
    return -1;
  }
  if (!job->first)
    return 0;
  d->taken = job->first;
  job->first = d->taken->next;
  d->taken->next = NULL;
  if (!job->first)
    job->last = NULL;
  *data = d->taken->data;
  return (ssize_t) d->taken->len;
}

uint32_t
bzip2_decoders_crc (const struct bzip2_decoders *d)
{
  return d->current->crc;
}

uint64_t
bzip2_decoders_end (const struct bzip2_decoders *d, bool *stream_ends)
{
  *stream_ends = d->current->stream_ends;
  return d->current->end;
}

/* Take the finder away from the threads: no more jobs come. */
static int
take_finder (struct bzip2_decoders *d, struct fault *fault)
{
  LOCK_SCOPE (&d->lock);
  while (d->finding)
    pthread_cond_wait (&d->changed, &d->lock);
  if (d->found == -1) {
    *fault = d->fault;
    return -1;
  }
  d->found = 0;
  pthread_cond_broadcast (&d->changed);
  return 0;
}

static bool
is_stopping (struct bzip2_decoders *d)
{
  LOCK_SCOPE (&d->lock);
  return d->stopping;
}

int
bzip2_decoders_digest (struct bzip2_decoders *d,
                       unsigned char digest[DIGEST_SIZE], struct fault *fault)
{
  int r;

  if (take_finder (d, fault) == -1)
    return -1;
  do {
    if (is_stopping (d))
      return fault_set (fault, ECANCELED, "cancelled");
    r = bzip2_finder_skip (d->finder, fault);
  }
  while (r == 1);
  if (r == 0)
    bzip2_finder_digest (d->finder, digest);
  return r;
}
