/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bzip2-decoders.h"
#include "bzip2-first-pass.h"
#include "bzip2-points.h"
#include "bzip2-stream.h"
#include "cleanup.h"
#include "hole-map.h"
#include "image-ops.h"
#include "worker-thread.h"

struct bzip2_first_pass
{
  struct image *im;
  pthread_t thread;
  atomic_uint_least64_t stored_done;

  pthread_mutex_t lock;         /* guards the next ones */
  pthread_cond_t changed;       /* the end, somebody waits, or STOPPING */
  bool started, stopping, ended;
  unsigned waiting;             /* callers of bzip2_first_pass_run */
  struct fault fault;           /* errnum != 0: it failed */
  struct bzip2_decoders *decoders;      /* NULL outside of the thread's run */

  struct bzip2_points *points;  /* the rest: the thread's until it has ended */
  struct bzip2_verdict verdict;
  size_t chunk_len;
  char chunk[DIGEST_CHUNK];     /* the end of the disk view so far */
};

struct bzip2_first_pass *
bzip2_first_pass_new (struct image *im)
{
  struct bzip2_first_pass *pass = malloc (sizeof *pass);
  pthread_condattr_t attr;

  if (!pass)
    return NULL;
  memset (pass, 0, offsetof (struct bzip2_first_pass, chunk));
  pass->im = im;
  pthread_mutex_init (&pass->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&pass->changed, &attr);
  pthread_condattr_destroy (&attr);
  pass->points = bzip2_points_new ();
  if (pass->points)
    return pass;
  bzip2_first_pass_free (pass);
  return NULL;
}

void
bzip2_first_pass_free (struct bzip2_first_pass *pass)
{
  if (!pass)
    return;
  pthread_mutex_lock (&pass->lock);
  pass->stopping = true;
  if (pass->decoders)
    bzip2_decoders_cancel (pass->decoders);
  pthread_cond_broadcast (&pass->changed);
  pthread_mutex_unlock (&pass->lock);
  if (pass->started)
    pthread_join (pass->thread, NULL);
  bzip2_points_free (pass->points);
  pthread_cond_destroy (&pass->changed);
  pthread_mutex_destroy (&pass->lock);
  free (pass);
}

/* -- The thread ----------------------------------------------------------- */

/* Rest while nobody waits. */
static int
await_demand (struct bzip2_first_pass *pass, struct fault *fault)
{
  LOCK_SCOPE (&pass->lock);
  while (pass->waiting == 0 && !pass->stopping)
    pthread_cond_wait (&pass->changed, &pass->lock);
  return pass->stopping ? fault_set (fault, ECANCELED, "cancelled") : 0;
}

/* Tell the scan record of whole chunks, so that it can digest them at once. */
static void
flush_chunk (struct bzip2_first_pass *pass, bool at_end)
{
  scan_record_add (pass->im->record, pass->verdict.disk_size - pass->chunk_len,
                   pass->chunk, pass->chunk_len, at_end);
  pass->chunk_len = 0;
}

static int
take_data (struct bzip2_first_pass *pass, const char *data, size_t len,
           struct fault *fault)
{
  while (len > 0) {
    /* One byte too late, so that the last chunk is known as such. */
    if (pass->chunk_len == DIGEST_CHUNK)
      flush_chunk (pass, false);
    size_t n = DIGEST_CHUNK - pass->chunk_len;
    if (n > len)
      n = len;
    memcpy (pass->chunk + pass->chunk_len, data, n);
    pass->chunk_len += n;
    pass->verdict.disk_size += n;
    data += n;
    len -= n;
  }
  if (pass->verdict.disk_size > DISK_SIZE_MAX)
    return fault_set (fault, EFBIG, "the disk view has more than %" PRIu64
                      " bytes", DISK_SIZE_MAX);
  return 0;
}

/* All of the block at *BIT, and in *BIT where it ends. */
static int
take_block (struct bzip2_first_pass *pass, const struct bzip2_stream *stream,
            uint64_t *bit, bool *stream_ends, uint32_t *crc,
            struct fault *fault)
{
  const struct bzip2_point point = {
    .disk_offset = pass->verdict.disk_size, .bit = *bit, .level = stream->level
  };
  const char *data;
  ssize_t n;

  if (await_demand (pass, fault) == -1
      || bzip2_decoders_seek (pass->decoders, *bit, stream->level, fault) == -1)
    return -1;
  if (!bzip2_points_add (pass->points, &point))
    return fault_no_memory (fault, "an access point");
  while ((n = bzip2_decoders_next (pass->decoders, &data, fault)) > 0)
    if (take_data (pass, data, (size_t) n, fault) == -1)
      return -1;
  if (n == -1)
    return -1;
  /* compress.c: how the CRCs of blocks make that of the stream. */
  *crc = (*crc << 1 | *crc >> 31) ^ bzip2_decoders_crc (pass->decoders);
  *bit = bzip2_decoders_end (pass->decoders, stream_ends);
  atomic_store (&pass->stored_done, *bit / 8);
  return 0;
}

/* A whole stream; in *OFFSET where it ends. */
static int
take_stream (struct bzip2_first_pass *pass, const struct bzip2_stream *stream,
             uint64_t *offset, struct fault *fault)
{
  uint32_t crc = 0, stored_crc;
  uint64_t bit = stream->bit;
  bool ends = stream->is_empty;

  while (!ends)
    if (take_block (pass, stream, &bit, &ends, &crc, fault) == -1)
      return -1;
  if (bzip2_stream_end (pass->im, bit, &stored_crc, offset, fault) == -1)
    return -1;
  if (crc == stored_crc)
    return 0;
  return fault_set (fault, EBADMSG, "Check mismatch: the CRC32 of the stream at "
                    "byte %" PRIu64 ", which ends at byte %" PRIu64 ", is wrong",
                    stream->offset, *offset);
}

/* All streams, and what follows them. */
static int
take_file (struct bzip2_first_pass *pass, struct fault *fault)
{
  struct bzip2_stream stream = { .offset = 0 };
  uint64_t end = 0;
  int r;

  while ((r = bzip2_stream_begin (pass->im, &stream, fault)) == 1) {
    if (take_stream (pass, &stream, &end, fault) == -1)
      return -1;
    if (stream.is_empty && await_demand (pass, fault) == -1)
      return -1;
    stream.offset = end;
  }
  if (r == -1)
    return -1;
  if (pass->chunk_len > 0)
    flush_chunk (pass, true);
  pass->verdict.trailing = pass->im->stored_size - end;
  return bzip2_decoders_digest (pass->decoders, pass->verdict.stored_digest,
                                fault);
}

static void *
run_thread (void *opaque)
{
  struct bzip2_first_pass *pass = opaque;
  struct fault fault = { .errnum = 0 };
  struct bzip2_decoders *decoders = bzip2_decoders_new (pass->im, &fault);

  pthread_mutex_lock (&pass->lock);
  pass->decoders = decoders;
  pthread_mutex_unlock (&pass->lock);
  if (decoders && take_file (pass, &fault) == 0)
    fault.errnum = 0;

  pthread_mutex_lock (&pass->lock);
  pass->decoders = NULL;
  pass->fault = fault;
  pass->ended = true;
  pthread_cond_broadcast (&pass->changed);
  pthread_mutex_unlock (&pass->lock);
  bzip2_decoders_free (decoders);
  return NULL;
}

/* -- Waiting for it ------------------------------------------------------- */

/* A tenth of a second at most.  Called with the lock. */
static void
wait_a_moment (struct bzip2_first_pass *pass)
{
  struct timespec when;

  clock_gettime (CLOCK_MONOTONIC, &when);
  when.tv_nsec += 100 * 1000 * 1000;
  when.tv_sec += when.tv_nsec / 1000000000;
  when.tv_nsec %= 1000000000;
  pthread_cond_timedwait (&pass->changed, &pass->lock, &when);
}

/* Called with the lock. */
static int
wait_for_end (struct bzip2_first_pass *pass, int (*poll) (void *, uint64_t),
              void *poll_opaque, struct fault *fault)
{
  while (!pass->ended) {
    if (!poll) {
      pthread_cond_wait (&pass->changed, &pass->lock);
      continue;
    }
    pthread_mutex_unlock (&pass->lock);
    int r = poll (poll_opaque, atomic_load (&pass->stored_done));
    pthread_mutex_lock (&pass->lock);
    if (r != 0)
      return fault_set (fault, ECANCELED, "cancelled");
    if (!pass->ended)
      wait_a_moment (pass);
  }
  if (pass->fault.errnum == 0)
    return 0;
  *fault = pass->fault;
  return -1;
}

int
bzip2_first_pass_run (struct bzip2_first_pass *pass,
                      int (*poll) (void *, uint64_t), void *poll_opaque,
                      struct fault *fault)
{
  LOCK_SCOPE (&pass->lock);
  if (!pass->started) {
    if (worker_thread_start (&pass->thread, run_thread, pass, fault) == -1)
      return -1;
    pass->started = true;
  }
  pass->waiting++;
  pthread_cond_broadcast (&pass->changed);
  int r = wait_for_end (pass, poll, poll_opaque, fault);
  pass->waiting--;
  return r;
}

void
bzip2_first_pass_verdict (struct bzip2_first_pass *pass,
                          struct bzip2_verdict *verdict)
{
  LOCK_SCOPE (&pass->lock);
  *verdict = pass->verdict;
}

struct bzip2_points *
bzip2_first_pass_take_points (struct bzip2_first_pass *pass)
{
  LOCK_SCOPE (&pass->lock);
  struct bzip2_points *points = pass->points;

  pass->points = NULL;
  return points;
}
