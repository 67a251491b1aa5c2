/* SPDX-License-Identifier: MIT */
/* The size of the disk view comes in three stages.  *Announced*: what the file
 * states (zip) or two witnesses agree on (gzip), so that an export can be opened at
 * once.  Nothing of its last granule is given out before the truth is known, so
 * nobody can take a whole disk view that is not the true one.  *Complete*: the first
 * pass has come to the end, and everything is proven.  *Remembered*: it had come
 * there in an earlier life. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "block-reader.h"
#include "block-stream.h"
#include "cleanup.h"
#include "deflate-image.h"
#include "deflate-pass.h"
#include "deflate-span.h"
#include "hole-map.h"
#include "size-witness.h"

/* Output between two access points, at first. */
#define SPACING (1024 * 1024)
/* Windows take at most this share of the memory limit, and 60 MiB: what 64 MiB of
 * index leave when the points themselves and their allocation are paid. */
#define POINTS_SHARE 8
#define WINDOWS_MIN 64
#define WINDOWS_MAX 1920
#define RING_SHARE 4
#define RING_MIN (UINT64_C (16) << 20)
#define RING_MAX (UINT64_C (256) << 20)
/* A reader who asks for extents first must find their data in the ring. */
#define EXTENTS_SHARE 4
#define NOTE_MAX 400

struct deflate_image
{
  struct image *im;
  struct deflate_format format;
  struct access_points *points;
  struct deflate_pass *pass;
  struct block_stream *front;   /* decodes by PASS */
  struct block_reader *reader;  /* of the spans behind the front */
  /* What the cache has been told of.  One thread at a time: first the one that
   * opens and loads, then the front's, last the one that closes. */
  uint64_t charged;

  /* Set by deflate_image_load, before there are readers. */
  bool remembered;              /* then the front is never started */
  uint64_t remembered_size;
  unsigned char remembered_digest[DIGEST_SIZE];
  char remembered_note[NOTE_MAX];

  pthread_mutex_t lock;         /* guards the rest */
  bool announced;
  uint64_t announced_size;
};

/* Let the cache know of the memory that neither it nor the front knows of: NOW
 * bytes. */
static void
account (struct deflate_image *d, uint64_t now)
{
  struct block_cache *cache = d->im->options.cache;

  if (now > d->charged)
    block_cache_charge (cache, now - d->charged);
  else if (now < d->charged)
    block_cache_uncharge (cache, d->charged - now);
  d->charged = now;
}

static void
account_all (struct deflate_image *d)
{
  account (d, access_points_memory (d->points)
              + (d->pass ? deflate_pass_memory () : 0));
}

/* -- The first pass as the one Block of the front ------------------------- */

static uint64_t
front_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  (void) block;
  return 0;                     /* the pass lives longer than the front's thread */
}

static void *
front_start (void *opaque, const struct block *block, struct fault *fault)
{
  (void) block;
  (void) fault;
  return opaque;                /* the pass lives as long as the image */
}

static ssize_t
front_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  struct deflate_image *d = decoder;
  ssize_t r = deflate_pass_next (d->pass, buf, len, fault);

  account_all (d);
  return r;
}

static void
front_stop (void *decoder)
{
  (void) decoder;               /* the pass lives as long as the image */
}

static const struct block_source front_source = {
  .decoder_memory = front_memory,
  .start = front_start,
  .next = front_next,
  .stop = front_stop,
};

/* -- What is known of the size ---------------------------------------------- */

/* Whether the disk view is proven to its end; *SIZE: up to where it is decoded. */
static bool
is_complete (const struct deflate_image *d, uint64_t *size)
{
  bool ended = true;

  *size = d->remembered ? d->remembered_size
                        : block_stream_position (d->front, &ended);
  return ended;
}

static bool
get_announced (struct deflate_image *d, uint64_t *size)
{
  LOCK_SCOPE (&d->lock);
  *size = d->announced_size;
  return d->announced;
}

/* Let the front go on until OFFSET has been passed or the disk view ends. */
static int
run_front (struct deflate_image *d, uint64_t offset, struct fault *fault)
{
  if (d->remembered)
    return 0;
  return block_stream_run (d->front, offset, NULL, NULL, fault);
}

/* Where the part of the disk view begins that is not given out before the size is
 * proven; UINT64_MAX when there is none any more. */
static uint64_t
withheld_from (struct deflate_image *d)
{
  uint64_t announced, size;

  if (!get_announced (d, &announced) || is_complete (d, &size))
    return UINT64_MAX;
  return announced == 0 ? 0 : (announced - 1) / HOLE_GRANULE * HOLE_GRANULE;
}

/* The truth has come out: was the announcement right? */
static int
check_announced (struct deflate_image *d, struct fault *fault)
{
  uint64_t announced, size;

  if (!get_announced (d, &announced) || !is_complete (d, &size)
      || announced == size)
    return 0;
  return fault_set (fault, EIO, "the size was announced as %" PRIu64 " bytes, by "
                    "the file's trailer and by the partition table or a "
                    "companion file, but the data have %" PRIu64 " bytes: "
                    "connect again", announced, size);
}

/* Before bytes up to END are given out. */
static int
prove_size (struct deflate_image *d, uint64_t end, struct fault *fault)
{
  if (end > withheld_from (d) && run_front (d, UINT64_MAX, fault) == -1)
    return -1;
  return check_announced (d, fault);
}

/* Two witnesses for the size, without decoding all. */
static bool
find_witnesses (struct deflate_image *d, uint64_t *size)
{
  struct image *im = d->im;
  const uint64_t most = im->stored_size > DISK_SIZE_MAX / DEFLATE_RATIO_MAX
                        ? DISK_SIZE_MAX : im->stored_size * DEFLATE_RATIO_MAX;
  unsigned char head[SIZE_WITNESS_HEAD], isize[4];
  struct fault ignored;         /* the first pass will come to it, too */

  if (!d->format.gzip_trailer || im->stored_size < sizeof isize
      || image_read_stored (im, isize, sizeof isize,
                            im->stored_size - sizeof isize, &ignored) == -1
      || block_stream_read (d->front, head, sizeof head, 0,
                            &ignored) != (ssize_t) sizeof head)
    return false;
  return size_witness_agree (head, (uint32_t) isize[0] | (uint32_t) isize[1] << 8
                                   | (uint32_t) isize[2] << 16
                                   | (uint32_t) isize[3] << 24,
                             im->options.size_hint, most, size);
}

static void
announce (struct deflate_image *d, uint64_t size)
{
  LOCK_SCOPE (&d->lock);
  d->announced = true;
  d->announced_size = size;
}

int
deflate_image_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  struct deflate_image *d = im->state;

  if (!is_complete (d, size)) {
    if (get_announced (d, size))
      return 0;
    if (!find_witnesses (d, size)) {
      if (run_front (d, UINT64_MAX, fault) == -1)
        return -1;
      is_complete (d, size);
    }
  }
  /* From now on a wrong announcement is forgiven: whoever asked hears the truth. */
  announce (d, *size);
  return 0;
}

bool
deflate_image_peek_disk_size (struct image *im, uint64_t *size)
{
  return is_complete (im->state, size);
}

/* -- The spans between access points -------------------------------------- */

static void
span_locate (void *opaque, uint64_t offset, struct block *block)
{
  const struct deflate_image *d = opaque;
  uint64_t end, size;
  const bool complete = is_complete (d, &size);

  memset (block, 0, sizeof *block);
  access_points_span (d->points, offset, &block->offset, &end);
  /* No two points lie nearer to each other than this, and those that are left when
   * points are thinned out keep their numbers. */
  block->number = block->offset / SPACING;
  /* A point may lie at the very end: before members without content. */
  if (complete && end >= size) {
    end = size;
    block->last = true;
  }
  /* Not complete yet: nobody reads it, and it is too large to be read ahead. */
  block->size = end == UINT64_MAX ? BLOCK_SIZE_UNKNOWN : end - block->offset;
}

static uint64_t
span_memory (void *opaque, const struct block *block)
{
  (void) opaque;
  (void) block;
  return deflate_span_memory ();
}

static void *
span_start (void *opaque, const struct block *block, struct fault *fault)
{
  const struct deflate_image *d = opaque;

  return deflate_span_start (d->im, d->format.framing, d->points, block->offset,
                             fault);
}

static ssize_t
span_next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  return deflate_span_next (decoder, buf, len, fault);
}

static void
span_stop (void *decoder)
{
  deflate_span_stop (decoder);
}

static const struct block_source span_source = {
  .proven = true,
  .locate = span_locate,
  .decoder_memory = span_memory,
  .start = span_start,
  .next = span_next,
  .stop = span_stop,
};

/* -- Opening ----------------------------------------------------------------- */

static uint64_t
ring_size (const struct image *im)
{
  const uint64_t size = im->options.memory_limit / RING_SHARE;

  return size < RING_MIN ? RING_MIN : size > RING_MAX ? RING_MAX : size;
}

static struct access_points *
make_points (const struct image *im)
{
  const uint64_t max = im->options.memory_limit / POINTS_SHARE
                       / DEFLATE_WINDOW_SIZE;

  return access_points_new (max < WINDOWS_MIN ? WINDOWS_MIN
                            : max > WINDOWS_MAX ? WINDOWS_MAX : (size_t) max,
                            SPACING);
}

static struct block_stream *
make_front (struct deflate_image *d, struct fault *fault)
{
  const struct block whole = {
    .offset = 0, .size = BLOCK_SIZE_UNKNOWN, .last = true, .alone = true
  };
  const struct block_stream_options options = {
    .ring_size = ring_size (d->im), .record = d->im->record,
    .cache = d->im->options.cache
  };

  return block_stream_new (&front_source, d, &whole, &options, fault);
}

int
deflate_image_open (struct image *im, const struct deflate_format *format,
                    struct fault *fault)
{
  struct deflate_image *d = calloc (1, sizeof *d);

  if (!d) {
    free (format->opaque);
    return fault_no_memory (fault, "an image");
  }
  im->state = d;
  d->im = im;
  d->format = *format;
  d->announced = format->stated;
  d->announced_size = format->stated_size;
  pthread_mutex_init (&d->lock, NULL);
  d->points = make_points (im);
  if (!d->points)
    return fault_no_memory (fault, "an image");
  d->pass = deflate_pass_new (im, format->framing, format->opaque, d->points,
                              fault);
  if (!d->pass)
    return -1;
  account_all (d);
  d->front = make_front (d, fault);
  if (!d->front)
    return -1;
  /* Spans are small, except in files that were made to hurt. */
  d->reader = block_reader_new (&span_source, d, NULL, &im->options, false,
                                fault);
  return d->reader ? 0 : -1;
}

void
deflate_image_close (struct image *im)
{
  struct deflate_image *d = im->state;

  if (!d)
    return;
  block_reader_free (d->reader);
  block_stream_free (d->front);
  account (d, 0);
  deflate_pass_free (d->pass);
  access_points_free (d->points);
  pthread_mutex_destroy (&d->lock);
  free (d->format.opaque);
  free (d);
}

/* -- Reading ------------------------------------------------------------------ */

/* Let the front go on until the disk view reaches END, or show that it does not
 * reach so far. */
static int
reach (struct deflate_image *d, uint64_t len, uint64_t offset,
       struct fault *fault)
{
  const uint64_t end = offset + len;
  uint64_t size;

  if (end > 0 && run_front (d, end - 1, fault) == -1)
    return -1;
  if (is_complete (d, &size))
    return image_check_range (size, len, offset, fault);
  return 0;
}

/* The span that OFFSET lies in, complete. */
static int
complete_span (struct deflate_image *d, uint64_t offset, struct block *block,
               struct fault *fault)
{
  for (;;) {
    uint64_t position;

    is_complete (d, &position);
    span_locate (d, offset, block);
    if (block->size != BLOCK_SIZE_UNKNOWN)
      return 0;
    if (run_front (d, position + SPACING, fault) == -1)
      return -1;
  }
}

/* Read what is behind the front and has left its ring. */
static int
read_behind (struct deflate_image *d, char *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  struct hole_map *holes = scan_record_holes (d->im->record);

  while (len > 0) {
    struct block block;
    uint64_t end;

    if (hole_map_run (holes, offset, offset + len, &end) == HOLE_ZERO)
      memset (buf, 0, (size_t) (end - offset));
    else {
      if (complete_span (d, offset, &block, fault) == -1)
        return -1;
      if (end > block.offset + block.size)
        end = block.offset + block.size;
      if (block_reader_read (d->reader, buf, (size_t) (end - offset), offset,
                             fault) == -1)
        return -1;
    }
    const size_t n = (size_t) (end - offset);
    buf += n;
    offset += n;
    len -= n;
  }
  return 0;
}

int
deflate_image_pread (struct image *im, void *buf, size_t len, uint64_t offset,
                     struct fault *fault)
{
  struct deflate_image *d = im->state;
  ssize_t r = 0;

  if (image_check_range (DISK_SIZE_MAX, len, offset, fault) == -1
      || prove_size (d, offset + len, fault) == -1)
    return -1;
  if (!d->remembered) {
    r = block_stream_read (d->front, buf, len, offset, fault);
    if (r == -1)
      return -1;
    if (r == BLOCK_STREAM_GONE)
      r = 0;
    if ((size_t) r == len)
      return 0;
  }
  /* What is missing is either behind the front, or beyond the end. */
  if (reach (d, len, offset, fault) == -1)
    return -1;
  return read_behind (d, (char *) buf + r, len - (size_t) r,
                      offset + (uint64_t) r, fault);
}

int
deflate_image_extents (struct image *im, uint64_t offset, uint64_t count,
                       struct extent_walk *walk, struct fault *fault)
{
  struct deflate_image *d = im->state;
  struct hole_map *holes = scan_record_holes (im->record);
  const uint64_t start = offset, end = offset + count;
  /* The reader will come back for the data, and the ring must hold them still. */
  const uint64_t ahead = ring_size (im) / EXTENTS_SHARE;
  uint64_t size, next;

  if (image_check_range (DISK_SIZE_MAX, count, offset, fault) == -1)
    return -1;
  while (offset < end) {
    if (prove_size (d, offset + 1, fault) == -1)
      return -1;
    const uint64_t withheld = withheld_from (d);
    const uint64_t limit = end < withheld ? end : withheld;
    enum hole_state state = hole_map_run (holes, offset, limit, &next);
    if (state == HOLE_UNKNOWN) {
      if (offset - start >= ahead)
        return 0;
      if (run_front (d, (limit - start < ahead ? limit : start + ahead) - 1,
                     fault) == -1
          || reach (d, 1, offset, fault) == -1)
        return -1;
      /* What is still unknown now (no memory for the map) counts as data. */
      state = hole_map_run (holes, offset, limit, &next);
    }
    if (is_complete (d, &size)
        && image_check_range (size, count, start, fault) == -1)
      return -1;
    if (!extent_walk_emit (walk, offset, next - offset, state == HOLE_ZERO))
      return 0;
    offset = next;
  }
  return 0;
}

/* -- The scan ------------------------------------------------------------------ */

struct scan_poll
{
  struct deflate_image *d;
  struct scan_run *run;
  struct fault fault;
};

static int
poll_scan (void *opaque)
{
  struct scan_poll *poll = opaque;

  return scan_run_progress (poll->run, deflate_pass_stored_done (poll->d->pass),
                            &poll->fault);
}

/* What is known after the end. */
static const char *
get_note (const struct deflate_image *d)
{
  return d->remembered ? d->remembered_note
                       : d->format.framing->note (d->format.opaque);
}

static void
get_digest (const struct deflate_image *d, unsigned char digest[DIGEST_SIZE])
{
  if (d->remembered)
    memcpy (digest, d->remembered_digest, DIGEST_SIZE);
  else
    deflate_pass_digest (d->pass, digest);
}

/* The first pass is a full scan.  If it has been made already, its verdict
 * holds: the file has not changed since. */
int
deflate_image_scan (struct image *im, struct scan_run *run,
                    struct image_scan_result *result, struct fault *fault)
{
  struct deflate_image *d = im->state;
  struct scan_poll poll = { .d = d, .run = run };

  if (!d->remembered
      && block_stream_run (d->front, UINT64_MAX, poll_scan, &poll, fault) == -1)
    return -1;
  is_complete (d, &result->disk_size);
  get_digest (d, result->stored_digest);
  strcpy (result->check, "crc32");
  if (*get_note (d))
    scan_result_note (result, "%s", get_note (d));
  return scan_run_progress (run, run->total, fault);
}

void
deflate_image_statistics (struct image *im, struct image_statistics *statistics)
{
  const struct deflate_image *d = im->state;

  /* The front's ring and the points are charged to the cache, so they are in. */
  block_reader_statistics (d->reader, statistics);
}

/* While the first pass runs, what is wanted soon is what it will come to. */
void
deflate_image_prefetch (struct image *im, uint64_t count, uint64_t offset)
{
  struct deflate_image *d = im->state;
  struct fault ignored;
  uint64_t size;

  if (is_complete (d, &size)
      && image_check_range (size, count, offset, &ignored) == 0)
    block_reader_prefetch (d->reader, count, offset);
}

/* -- Remembered scans ------------------------------------------------------------ */

void
deflate_image_save (struct image *im, struct scan_writer *w)
{
  const struct deflate_image *d = im->state;
  const char *note = get_note (d);
  unsigned char digest[DIGEST_SIZE];

  get_digest (d, digest);
  scan_writer_bytes (w, digest, sizeof digest);
  scan_writer_u64 (w, strlen (note));
  scan_writer_bytes (w, note, strlen (note));
  access_points_save (d->points, w);
}

/* The digest and the note. */
static bool
load_verdict (struct deflate_image *d, struct scan_reader *r)
{
  const void *digest = scan_reader_bytes (r, DIGEST_SIZE);
  const uint64_t note_len = scan_reader_u64 (r);

  if (!digest || note_len >= NOTE_MAX)
    return false;
  const void *note = scan_reader_bytes (r, (size_t) note_len);
  if (!note)
    return false;
  memcpy (d->remembered_digest, digest, DIGEST_SIZE);
  memcpy (d->remembered_note, note, (size_t) note_len);
  d->remembered_note[note_len] = '\0';
  return true;
}

bool
deflate_image_load (struct image *im, struct scan_reader *r, uint64_t disk_size)
{
  struct deflate_image *d = im->state;
  struct access_points *points = make_points (im);

  /* An empty disk view has a point too. */
  if (!points || disk_size > DISK_SIZE_MAX
      || (d->format.stated && d->format.stated_size != disk_size)
      || !load_verdict (d, r)
      || !access_points_load (points, r, im->stored_size, disk_size)
      || r->failed || r->len > 0) {
    access_points_free (points);
    return false;
  }
  /* The front is never started. */
  deflate_pass_free (d->pass);
  d->pass = NULL;
  access_points_free (d->points);
  d->points = points;
  d->remembered = true;
  d->remembered_size = disk_size;
  account_all (d);
  return true;
}
