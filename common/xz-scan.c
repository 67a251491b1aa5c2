/* SPDX-License-Identifier: MIT */
/* The full scan of an .xz image: all Blocks, by all threads; the digest of the
 * stored bytes, by the caller's thread; the Index once more.
 *
 * The scan keeps nothing that it decodes, except what it learns about holes. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "block-memory.h"
#include "cleanup.h"
#include "digest.h"
#include "hole-map.h"
#include "worker-thread.h"
#include "xz-block.h"
#include "xz-image.h"
#include "xz-index.h"

#define STEP (1024 * 1024)
/* The digest follows the decoders at this distance, so that the file is read from
 * the medium once. */
#define DIGEST_AHEAD (8 * UINT64_C (1024) * 1024)

struct xz_scan
{
  struct image *im;
  struct hole_map *holes;
  struct xz_index *index;       /* read anew for this scan */
  atomic_uint_least64_t done;   /* stored bytes decoded */
  atomic_uint_least64_t failed; /* lowest number of a bad Block */
  atomic_bool stopping;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t changed;       /* a Block or a thread is done */
  struct xz_index_cursor cursor;
  struct xz_block_info next;    /* to be taken next, if HAS_NEXT */
  uint64_t next_memory;
  bool has_next;
  uint64_t memory;              /* of the decoders at work */
  unsigned working;             /* threads that decode */
  unsigned alive;               /* threads that have not ended */
  struct fault fault;           /* of the Block FAILED */
};

/* Look up the Block after the current one.  Called with the lock. */
static void
advance (struct xz_scan *scan)
{
  scan->has_next = xz_index_next (&scan->cursor, &scan->next);
  if (scan->has_next)
    scan->next_memory = xz_block_memory (scan->im, &scan->next) + STEP;
}

/* Take the next Block as soon as there is memory for its decoder: false when no
 * more are to be decoded.  *MEMORY goes to release_block. */
static bool
take_block (struct xz_scan *scan, struct xz_block_info *info, uint64_t *memory)
{
  LOCK_SCOPE (&scan->lock);
  for (;;) {
    if (!scan->has_next || atomic_load (&scan->stopping)
        || atomic_load (&scan->failed) != UINT64_MAX)
      return false;
    if (scan->working == 0
        || scan->memory + scan->next_memory <= scan->im->options.memory_limit)
      break;
    pthread_cond_wait (&scan->changed, &scan->lock);
  }
  *info = scan->next;
  *memory = scan->next_memory;
  scan->memory += *memory;
  scan->working++;
  advance (scan);
  return true;
}

static void
release_block (struct xz_scan *scan, uint64_t number, uint64_t memory,
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
decode_block (struct xz_scan *scan, struct xz_block_decoder *decoder,
              const struct xz_block_info *info, char *buf, struct fault *fault)
{
  const uint64_t end = info->disk_offset + info->disk_size;
  uint64_t offset = info->disk_offset, counted = 0;

  do {
    /* Up to a multiple of STEP: whole granules for the hole map. */
    size_t n = STEP - offset % STEP;
    if (end - offset < n)
      n = (size_t) (end - offset);
    if (xz_block_next (decoder, buf, n, fault) == -1)
      return -1;
    hole_map_add (scan->holes, offset, buf, n,
                  offset + n == xz_index_disk_size (scan->index));
    offset += n;

    uint64_t stored = xz_block_stored_done (decoder);
    atomic_fetch_add (&scan->done, stored - counted);
    counted = stored;
    if (atomic_load (&scan->stopping)
        || atomic_load (&scan->failed) < info->number)
      return 1;
  } while (offset < end);
  return 0;
}

static void
scan_block (struct xz_scan *scan, const struct xz_block_info *info,
            uint64_t memory, char *buf)
{
  struct fault fault;
  struct xz_block_decoder *decoder = NULL;
  int r = -1;

  if (!buf)
    fault_no_memory (&fault, "the scan");
  else {
    decoder = xz_block_start (scan->im, info, &fault);
    if (decoder)
      r = decode_block (scan, decoder, info, buf, &fault);
  }
  xz_block_stop (decoder);
  release_block (scan, info->number, memory, r == -1 ? &fault : NULL);
}

static void *
run_thread (void *opaque)
{
  struct xz_scan *scan = opaque;
  char *buf = block_memory_new (STEP);
  struct xz_block_info info;
  uint64_t memory;

  while (take_block (scan, &info, &memory))
    scan_block (scan, &info, memory, buf);
  block_memory_free (buf, STEP);

  LOCK_SCOPE (&scan->lock);
  scan->alive--;
  pthread_cond_broadcast (&scan->changed);
  return NULL;
}

/* Wait a tenth of a second, or less if something changes.  Returns whether any
 * thread is still alive. */
static bool
wait_a_moment (struct xz_scan *scan)
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
digest_step (struct xz_scan *scan, struct digest_state *digest, char *buf,
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
follow (struct xz_scan *scan, struct scan_run *run, struct digest_state *digest,
        char *buf, struct fault *fault)
{
  const uint64_t total = scan->im->stored_size;
  uint64_t position = 0;
  bool decoding = true;

  while (decoding || position < total) {
    uint64_t done = atomic_load (&scan->done);
    if (done > total - 1)
      done = total - 1;         /* not before the very end */

    if (position < total && (!decoding || position < done + DIGEST_AHEAD)) {
      if (digest_step (scan, digest, buf, &position, fault) == -1)
        return -1;
    }
    else
      decoding = wait_a_moment (scan);
    if (!decoding && atomic_load (&scan->failed) != UINT64_MAX)
      return 0;                 /* the digest of a bad file is of no use */
    if (scan_run_progress (run, done, fault) == -1)
      return -1;
  }
  return 0;
}

/* Start the threads, follow them, and join them whatever happens. */
static int
run_scan (struct xz_scan *scan, struct scan_run *run,
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

static void
describe_result (const struct xz_scan *scan, struct image_scan_result *result)
{
  const char *check = xz_index_check_name (scan->index);

  result->disk_size = xz_index_disk_size (scan->index);
  snprintf (result->check, sizeof result->check, "%s", check);
  if (strcmp (check, "none") == 0)
    scan_result_note (result, "the xz file carries no Check: damage inside its "
                      "Blocks may go unseen");
  if (strcmp (check, "unverifiable") == 0)
    scan_result_note (result, "this liblzma cannot verify the kind of Check that "
                      "the xz file carries");
}

int
xz_scan (struct image *im, struct scan_run *run,
         struct image_scan_result *result, struct fault *fault)
{
  struct xz_image *xz = im->state;
  struct xz_scan scan = {
    .im = im, .holes = xz->holes, .failed = UINT64_MAX,
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER
  };
  CLEANUP_FREE char *buf = malloc (STEP);
  struct digest_state *digest = digest_new ();
  int r = -1;

  if (!buf || !digest)
    fault_no_memory (fault, "the scan");
  else
    scan.index = xz_index_read (im, fault);
  if (scan.index) {
    xz_index_begin (scan.index, &scan.cursor);
    advance (&scan);
    r = run_scan (&scan, run, digest, buf, fault);
  }
  if (r == 0) {
    digest_get (digest, result->stored_digest);
    describe_result (&scan, result);
    r = scan_run_progress (run, run->total, fault);
  }
  xz_index_free (scan.index);
  digest_free (digest);
  return r;
}
