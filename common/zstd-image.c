/* SPDX-License-Identifier: MIT */
/* .zst images: a row of spans (zstd-index.h), which block-reader decodes.  What
 * their frames do not tell of their sizes is found by decoding once: a lone
 * span by zstd-front, several by zstd-sizing.
 *
 * The frames are looked up by the first call that needs them, not in open: a
 * remembered scan knows them already. */

#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "block-reader.h"
#include "block-scan.h"
#include "cleanup.h"
#include "image-ops.h"
#include "zstd-front.h"
#include "zstd-index.h"
#include "zstd-sizing.h"
#include "zstd-span.h"

struct zstd_image
{
  struct image *im;
  size_t cursor;                /* of the scan */

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t idle;          /* nobody is SIZING any more */
  bool sizing;                  /* a thread decodes for the sizes */
  struct zstd_index *index;     /* all of it is constant when there is READER */
  struct zstd_front *front;     /* NULL: not needed */
  struct block_reader *reader;  /* NULL: the sizes are not known */
};

/* -- The spans as Blocks -------------------------------------------------- */

static void
describe_block (const struct zstd_image *z, size_t i, struct block *block)
{
  const struct zstd_span *span = zstd_index_span (z->index, i);

  block->number = i;
  block->offset = span->disk_offset;
  block->size = span->disk_size;
  block->last =
    span->disk_offset + span->disk_size == zstd_index_disk_size (z->index);
  block->alone = zstd_index_nr_spans (z->index) == 1;
}

static void
source_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct zstd_image *z = opaque;

  describe_block (z, zstd_index_locate (z->index, offset), block);
}

static uint64_t
source_memory (void *opaque, const struct block *block)
{
  const struct zstd_image *z = opaque;

  return zstd_span_memory (zstd_index_span (z->index, (size_t) block->number));
}

static void *
source_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct zstd_image *z = opaque;

  return zstd_span_start (z->im,
                          zstd_index_span (z->index, (size_t) block->number),
                          fault);
}

static ssize_t
source_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return zstd_span_next (decoder, buf, len, fault);
}

static void
source_stop (void *decoder)
{
  zstd_span_stop (decoder);
}

static bool
source_walk (void *opaque, bool first, struct block *block)
{
  struct zstd_image *z = opaque;

  if (first)
    z->cursor = 0;
  for (; z->cursor < zstd_index_nr_spans (z->index); z->cursor++)
    if (zstd_index_span (z->index, z->cursor)->disk_size > 0) {
      describe_block (z, z->cursor++, block);
      return true;
    }
  return false;
}

static uint64_t
source_stored_done (const void *decoder)
{
  return zstd_span_stored_done (decoder);
}

static const struct block_source zstd_source = {
  .locate = source_locate,
  .decoder_memory = source_memory,
  .start = source_start,
  .next = source_next,
  .stop = source_stop,
  .walk = source_walk,
  .stored_done = source_stored_done,
};

/* -- Sizes ---------------------------------------------------------------- */

/* What find_sizes calls while it waits: see zstd-sizing.h. */
struct size_poll
{
  int (*fn) (void *opaque, uint64_t done);
  void *opaque;
};

/* Called with the lock. */
static int
make_reader (struct zstd_image *z, struct fault *fault)
{
  z->reader = block_reader_new (&zstd_source, z, z->im->record, &z->im->options,
                                true, fault);
  return z->reader ? 0 : -1;
}

/* Decode for the sizes, without the lock: SIZING keeps others away. */
static int
decode_for_sizes (struct zstd_image *z, const struct size_poll *poll,
                  struct fault *fault)
{
  uint64_t size;

  if (zstd_index_nr_spans (z->index) > 1)
    return zstd_sizing_run (z->im, z->index, poll->fn, poll->opaque, fault);
  if (!z->front)
    z->front = zstd_front_new (z->im, zstd_index_span (z->index, 0), fault);
  if (!z->front
      || zstd_front_run (z->front, poll->fn, poll->opaque, &size, fault) == -1
      || zstd_index_set_size (z->index, 0, size, fault) == -1)
    return -1;
  scan_record_block_verified (z->im->record, 0);
  return 0;
}

/* Wait while another thread is SIZING, a tenth of a second at most if there is
 * something to poll.  Called with the lock. */
static int
wait_for_other (struct zstd_image *z, const struct size_poll *poll,
                struct fault *fault)
{
  struct timespec when;

  if (!poll->fn) {
    pthread_cond_wait (&z->idle, &z->lock);
    return 0;
  }
  clock_gettime (CLOCK_REALTIME, &when);
  when.tv_nsec += 100 * 1000 * 1000;
  when.tv_sec += when.tv_nsec / 1000000000;
  when.tv_nsec %= 1000000000;
  pthread_cond_timedwait (&z->idle, &z->lock, &when);
  pthread_mutex_unlock (&z->lock);
  int r = poll->fn (poll->opaque, 0);
  pthread_mutex_lock (&z->lock);
  return r == 0 ? 0 : fault_set (fault, ECANCELED, "cancelled");
}

/* See to it that the index is there with all sizes, and the reader.  Whoever
 * comes first works, the others wait, and take over if that one is
 * cancelled. */
static int
find_sizes (struct zstd_image *z, const struct size_poll *poll,
            struct fault *fault)
{
  LOCK_SCOPE (&z->lock);
  while (z->sizing)
    if (wait_for_other (z, poll, fault) == -1)
      return -1;
  if (z->reader)
    return 0;
  if (!z->index)
    z->index = zstd_index_read (z->im, fault);
  if (!z->index)
    return -1;
  if (!zstd_index_is_sized (z->index)) {
    z->sizing = true;
    pthread_mutex_unlock (&z->lock);
    int r = decode_for_sizes (z, poll, fault);
    pthread_mutex_lock (&z->lock);
    z->sizing = false;
    pthread_cond_broadcast (&z->idle);
    if (r == -1)
      return -1;
  }
  return make_reader (z, fault);
}

static const struct size_poll no_poll = { NULL, NULL };

/* -- The operations ------------------------------------------------------- */

/* Only the first frame's header is read: what can't be decoded at all is
 * refused at once. */
static int
zstd_open (struct image *im, struct fault *fault)
{
  CLEANUP_FREE struct zstd_input *input = zstd_input_new (im);
  struct zstd_frame frame = { .number = 1 };
  struct zstd_image *z = calloc (1, sizeof *z);

  if (!z || !input) {
    free (z);
    return fault_no_memory (fault, "a zstd image");
  }
  im->state = z;
  z->im = im;
  pthread_mutex_init (&z->lock, NULL);
  pthread_cond_init (&z->idle, NULL);
  do {
    frame.offset += frame.stored_size;
    if (zstd_frame_read (input, &frame, fault) == -1)
      return -1;
  }
  while (frame.skippable && frame.offset + frame.stored_size < im->stored_size);
  return 0;
}

static void
zstd_close (struct image *im)
{
  struct zstd_image *z = im->state;

  if (!z)
    return;
  block_reader_free (z->reader);
  zstd_front_free (z->front);
  zstd_index_free (z->index);
  pthread_cond_destroy (&z->idle);
  pthread_mutex_destroy (&z->lock);
  free (z);
}

static bool
zstd_peek_disk_size (struct image *im, uint64_t *size)
{
  struct zstd_image *z = im->state;

  LOCK_SCOPE (&z->lock);
  if (z->reader)
    *size = zstd_index_disk_size (z->index);
  return z->reader != NULL;
}

static int
zstd_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  struct zstd_image *z = im->state;

  if (find_sizes (z, &no_poll, fault) == -1)
    return -1;
  *size = zstd_index_disk_size (z->index);
  return 0;
}

static int
zstd_pread (struct image *im, void *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  struct zstd_image *z = im->state;
  int r = 0;

  if (find_sizes (z, &no_poll, fault) == -1
      || image_check_range (zstd_index_disk_size (z->index), len, offset,
                            fault) == -1)
    return -1;
  if (z->front)
    r = zstd_front_read (z->front, buf, len, offset, fault);
  if (r == 0)
    return block_reader_read (z->reader, buf, len, offset, fault);
  return r == -1 ? -1 : 0;
}

static int
zstd_extents (struct image *im, uint64_t offset, uint64_t count,
              struct extent_walk *walk, struct fault *fault)
{
  struct zstd_image *z = im->state;

  if (find_sizes (z, &no_poll, fault) == -1
      || image_check_range (zstd_index_disk_size (z->index), count, offset,
                            fault) == -1)
    return -1;
  return block_reader_extents (z->reader, offset, count, walk, fault);
}

/* -- The scan ------------------------------------------------------------- */

/* One scan_run for two passes: DONE of the first counts half, unless there is
 * none. */
struct scan_halves
{
  struct scan_run *run;
  uint64_t first;               /* of the progress, in stored bytes, so far */
  struct fault fault;
};

static int
poll_first (void *opaque, uint64_t done)
{
  struct scan_halves *halves = opaque;

  if (done / 2 > halves->first && done <= halves->run->total)
    halves->first = done / 2;
  return scan_run_progress (halves->run, halves->first, &halves->fault);
}

static int
progress_second (void *opaque, uint64_t done, uint64_t total)
{
  struct scan_halves *halves = opaque;

  /* From FIRST to TOTAL, which is below 2^63. */
  uint64_t rest = total - halves->first;
  uint64_t part = (uint64_t) ((double) done / (double) total * (double) rest);
  if (part > rest)
    part = rest;
  return scan_run_progress (halves->run, halves->first + part, &halves->fault);
}

/* Spans without content, which no byte of the disk view leads to, may be
 * damaged all the same. */
static int
verify_empty_spans (const struct zstd_image *z, struct fault *fault)
{
  for (size_t i = 0; i < zstd_index_nr_spans (z->index); i++) {
    const struct zstd_span *span = zstd_index_span (z->index, i);

    if (span->disk_size > 0)
      continue;
    struct zstd_span_decoder *d = zstd_span_start (z->im, span, fault);
    ssize_t r = d ? zstd_span_next (d, NULL, 0, fault) : -1;
    zstd_span_stop (d);
    if (r == -1)
      return -1;
  }
  return 0;
}

/* Decode what is not proven, and digest the stored bytes. */
static int
prove (struct zstd_image *z, struct scan_run *run,
       unsigned char stored_digest[DIGEST_SIZE], struct fault *fault)
{
  struct scan_halves halves = { .run = run };
  const struct size_poll poll = { poll_first, &halves };
  struct scan_run second = {
    .im = z->im, .progress = progress_second, .opaque = &halves,
    .total = run->total
  };

  if (find_sizes (z, &poll, fault) == -1
      || verify_empty_spans (z, fault) == -1)
    return -1;
  return block_scan (z->im, &zstd_source, z, &second, stored_digest, fault);
}

static int
zstd_scan (struct image *im, struct scan_run *run,
           struct image_scan_result *result, struct fault *fault)
{
  struct zstd_image *z = im->state;

  if (prove (z, run, result->stored_digest, fault) == -1)
    return -1;
  const char *check = zstd_index_check_name (z->index);

  result->disk_size = zstd_index_disk_size (z->index);
  snprintf (result->check, sizeof result->check, "%s", check);
  if (strcmp (check, "none") == 0)
    scan_result_note (result, "the zstd file carries no checksum: damage inside "
                      "its frames may go unseen");
  if (strcmp (check, "mixed") == 0)
    scan_result_note (result, "some of the zstd file's frames carry no checksum: "
                      "damage inside them may go unseen");
  return scan_run_progress (run, run->total, fault);
}

static void
zstd_statistics (struct image *im, struct image_statistics *statistics)
{
  struct zstd_image *z = im->state;

  LOCK_SCOPE (&z->lock);
  if (z->reader)
    block_reader_statistics (z->reader, statistics);
  if (z->front && !z->sizing)
    zstd_front_statistics (z->front, statistics);
}

static void
zstd_prefetch (struct image *im, uint64_t count, uint64_t offset)
{
  struct zstd_image *z = im->state;
  struct fault ignored;
  uint64_t size;

  /* What is in a spool file is decoded already. */
  if (zstd_peek_disk_size (im, &size) && !z->front
      && image_check_range (size, count, offset, &ignored) == 0)
    block_reader_prefetch (z->reader, count, offset);
}

/* -- The remembered scan -------------------------------------------------- */

static void
zstd_save (struct image *im, struct scan_writer *w)
{
  struct zstd_image *z = im->state;

  LOCK_SCOPE (&z->lock);
  if (!z->reader) {
    w->failed = true;           /* there is nothing to remember yet */
    return;
  }
  zstd_index_save (z->index, w);
}

static bool
zstd_load (struct image *im, struct scan_reader *r, uint64_t disk_size)
{
  struct zstd_image *z = im->state;
  struct fault ignored;

  LOCK_SCOPE (&z->lock);
  if (z->index)
    return false;
  z->index = zstd_index_load (im, r, disk_size);
  if (!z->index)
    return false;
  if (make_reader (z, &ignored) == -1) {
    zstd_index_free (z->index);
    z->index = NULL;
    return false;
  }
  return true;
}

const struct image_ops zstd_image_ops = {
  .open = zstd_open,
  .close = zstd_close,
  .disk_size = zstd_disk_size,
  .peek_disk_size = zstd_peek_disk_size,
  .pread = zstd_pread,
  .extents = zstd_extents,
  .scan = zstd_scan,
  .statistics = zstd_statistics,
  .prefetch = zstd_prefetch,
  .save = zstd_save,
  .load = zstd_load,
};
