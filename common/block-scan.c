/* SPDX-License-Identifier: MIT */
/* The Blocks are decoded by threads of the scan's own, the digest of the stored
 * bytes is made by the caller's thread. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "block-memory.h"
#include "block-scan.h"
#include "cleanup.h"
#include "digest.h"
#include "worker-thread.h"

#define STEP (1024 * 1024)
/* The digest follows the decoders at this distance, so that the file is read from
 * the medium once. */
#define DIGEST_AHEAD (8 * UINT64_C (1024) * 1024)
/* Readers who decode at the same time may push half-made digests out
 * (chunk-digests.h); the Blocks of these are decoded once more after the others. */
#define PASSES_MAX 3

struct block_scan
{
  struct image *im;
  const struct block_source *source;
  void *opaque;
  atomic_uint_least64_t done;   /* stored bytes decoded */
  atomic_uint_least64_t failed; /* lowest number of a bad Block */
  atomic_bool stopping;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t changed;       /* a Block or a thread is done */
  bool walking;                 /* SOURCE has told the first Block */
  unsigned passes;              /* over all Blocks, begun */
  bool decoded_any;             /* in this pass */
  struct block next;            /* to be taken next, if HAS_NEXT */
  uint64_t next_memory;
  bool has_next;
  uint64_t memory;              /* of the decoders at work */
  unsigned working;             /* threads that decode */
  unsigned alive;               /* threads that have not ended */
  struct fault fault;           /* of the Block FAILED */
};

/* Whether nothing is to be learned from a Block. */
static bool
is_known (const struct block_scan *scan, const struct block *block)
{
  unsigned char digest[DIGEST_SIZE];

  if (!scan_record_is_block_verified (scan->im->record, block->number))
    return false;
  for (uint64_t offset = block->offset; offset < block->offset + block->size;
       offset += DIGEST_CHUNK - offset % DIGEST_CHUNK)
    if (!scan_record_get_digest (scan->im->record, offset / DIGEST_CHUNK, digest))
      return false;
  return true;
}

/* Look up the next Block that is worth decoding.  Called with the lock. */
static void
advance (struct block_scan *scan)
{
  do {
    scan->has_next =
      scan->source->walk (scan->opaque, !scan->walking, &scan->next);
    scan->walking = true;
  }
  while (scan->has_next && is_known (scan, &scan->next));
  if (scan->has_next)
    scan->next_memory =
      scan->source->decoder_memory (scan->opaque, &scan->next) + STEP;
}

/* Walk once more when a pass is over that decoded something. */
static void
begin_pass (struct block_scan *scan)
{
  if (scan->passes == PASSES_MAX || (scan->passes > 0 && !scan->decoded_any))
    return;
  scan->passes++;
  scan->decoded_any = false;
  scan->walking = false;
  advance (scan);
}

/* Whether SCAN->next can be taken now.  Called with the lock. */
static bool
is_takeable (struct block_scan *scan)
{
  /* A reader may have had it decoded since it was looked up. */
  while (scan->has_next && is_known (scan, &scan->next))
    advance (scan);
  if (!scan->has_next && scan->working == 0)
    begin_pass (scan);
  return scan->has_next
         && (scan->working == 0
             || scan->memory + scan->next_memory
                <= scan->im->options.memory_limit);
}

/* Take the next Block as soon as there is memory for its decoder: false when no
 * more are to be decoded.  *MEMORY goes to release_block. */
static bool
take_block (struct block_scan *scan, struct block *block, uint64_t *memory)
{
  LOCK_SCOPE (&scan->lock);
  for (;;) {
    if (atomic_load (&scan->stopping)
        || atomic_load (&scan->failed) != UINT64_MAX)
      return false;
    if (is_takeable (scan))
      break;
    if (!scan->has_next && scan->working == 0)
      return false;
    pthread_cond_wait (&scan->changed, &scan->lock);
  }
  scan->decoded_any = true;
  *block = scan->next;
  *memory = scan->next_memory;
  scan->memory += *memory;
  scan->working++;
  advance (scan);
  return true;
}

static void
release_block (struct block_scan *scan, uint64_t number, uint64_t memory,
               const struct fault *fault)
{
  LOCK_SCOPE (&scan->lock);
  scan->memory -= memory;
  scan->working--;
  if (fault && number < atomic_load (&scan->failed)) {
    atomic_store (&scan->failed, number);
    scan->fault = *fault;
  }
  pthread_cond_broadcast (&scan->changed);
}

/* Decode all of a Block.  1: given up, because it does not matter any more. */
static int
decode_block (struct block_scan *scan, void *decoder,
              const struct block *block, char *buf, struct fault *fault)
{
  const uint64_t end = block->offset + block->size;
  uint64_t offset = block->offset, counted = 0;

  do {
    /* Up to a multiple of STEP: whole granules for the hole map. */
    size_t n = STEP - offset % STEP;
    if (end - offset < n)
      n = (size_t) (end - offset);
    if (scan->source->next (decoder, buf, n, fault) == -1)
      return -1;
    scan_record_add (scan->im->record, offset, buf, n,
                     block->last && offset + n == end);
    offset += n;

    uint64_t stored = scan->source->stored_done (decoder);
    atomic_fetch_add (&scan->done, stored - counted);
    counted = stored;
    if (atomic_load (&scan->stopping)
        || atomic_load (&scan->failed) < block->number)
      return 1;
  } while (offset < end);
  scan_record_block_verified (scan->im->record, block->number);
  return 0;
}

static void
scan_block (struct block_scan *scan, const struct block *block,
            uint64_t memory, char *buf)
{
  struct fault fault;
  void *decoder = NULL;
  int r = -1;

  if (!buf)
    fault_no_memory (&fault, "the scan");
  else {
    decoder = scan->source->start (scan->opaque, block, &fault);
    if (decoder)
      r = decode_block (scan, decoder, block, buf, &fault);
  }
  scan->source->stop (decoder);
  release_block (scan, block->number, memory, r == -1 ? &fault : NULL);
}

static void *
run_thread (void *opaque)
{
  struct block_scan *scan = opaque;
  char *buf = block_memory_new (STEP);
  struct block block;
  uint64_t memory;

  while (take_block (scan, &block, &memory))
    scan_block (scan, &block, memory, buf);
  block_memory_free (buf, STEP);

  LOCK_SCOPE (&scan->lock);
  scan->alive--;
  pthread_cond_broadcast (&scan->changed);
  return NULL;
}

/* Wait a tenth of a second, or less if something changes.  Returns whether any
 * thread is still alive. */
static bool
wait_a_moment (struct block_scan *scan)
{
  struct timespec when;

  clock_gettime (CLOCK_REALTIME, &when);
  when.tv_nsec += 100 * 1000 * 1000;
  if (when.tv_nsec >= 1000 * 1000 * 1000) {
    when.tv_sec++;
    when.tv_nsec -= 1000 * 1000 * 1000;
  }
  LOCK_SCOPE (&scan->lock);
  if (scan->alive > 0)
    pthread_cond_timedwait (&scan->changed, &scan->lock, &when);
  return scan->alive > 0;
}

static int
digest_step (struct block_scan *scan, struct digest_state *digest, char *buf,
             uint64_t *position, struct fault *fault)
{
  uint64_t left = scan->im->stored_size - *position;
  size_t n = left < STEP ? (size_t) left : STEP;

  if (image_read_stored (scan->im, buf, n, *position, fault) == -1)
    return -1;
  digest_add (digest, buf, n);
  *position += n;
  return 0;
}

/* The caller's part of the work while the threads decode, and after that. */
static int
follow (struct block_scan *scan, struct scan_run *run, struct digest_state *digest,
        char *buf, struct fault *fault)
{
  const uint64_t total = scan->im->stored_size;
  uint64_t position = 0, shown = 0;
  bool decoding = true;

  while (decoding || position < total) {
    /* What readers have had decoded does not count in DONE, but it is digested. */
    uint64_t done = decoding ? atomic_load (&scan->done) : position;
    if (done > total - 1)
      done = total - 1;         /* not before the very end */
    if (done > shown)
      shown = done;

    if (position < total && (!decoding || position < done + DIGEST_AHEAD)) {
      if (digest_step (scan, digest, buf, &position, fault) == -1)
        return -1;
    }
    else
      decoding = wait_a_moment (scan);
    if (!decoding && atomic_load (&scan->failed) != UINT64_MAX)
      return 0;                 /* the digest of a bad file is of no use */
    if (scan_run_progress (run, shown, fault) == -1)
      return -1;
  }
  return 0;
}

/* Start the threads, follow them, and join them whatever happens. */
static int
run_scan (struct block_scan *scan, struct scan_run *run,
          struct digest_state *digest, char *buf, struct fault *fault)
{
  const unsigned max = scan->im->options.threads;
  CLEANUP_FREE pthread_t *threads = calloc (max, sizeof *threads);
  unsigned started = 0;
  int r = 0;

  if (!threads)
    return fault_no_memory (fault, "the scan");
  scan->alive = max;
  while (started < max
         && worker_thread_start (&threads[started], run_thread, scan,
                                 fault) == 0)
    started++;
  pthread_mutex_lock (&scan->lock);
  scan->alive -= max - started;
  pthread_mutex_unlock (&scan->lock);
  if (started == 0)
    return -1;

  r = follow (scan, run, digest, buf, fault);
  atomic_store (&scan->stopping, true);
  pthread_mutex_lock (&scan->lock);
  pthread_cond_broadcast (&scan->changed);
  pthread_mutex_unlock (&scan->lock);
  for (unsigned i = 0; i < started; i++)
    pthread_join (threads[i], NULL);
  if (r == 0 && atomic_load (&scan->failed) != UINT64_MAX) {
    *fault = scan->fault;
    r = -1;
  }
  return r;
}

int
block_scan (struct image *im, const struct block_source *source, void *opaque,
            struct scan_run *run, unsigned char stored_digest[DIGEST_SIZE],
            struct fault *fault)
{
  struct block_scan scan = {
    .im = im, .source = source, .opaque = opaque, .failed = UINT64_MAX,
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER
  };
  CLEANUP_FREE char *buf = malloc (STEP);
  struct digest_state *digest = digest_new ();
  int r = -1;

  if (!buf || !digest)
    fault_no_memory (fault, "the scan");
  else {
    begin_pass (&scan);
    r = run_scan (&scan, run, digest, buf, fault);
  }
  if (r == 0)
    digest_get (digest, stored_digest);
  digest_free (digest);
  return r;
}
