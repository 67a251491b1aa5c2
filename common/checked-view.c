/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "checked-view.h"
#include "chunk-view.h"
#include "digest.h"

/* A link with a delay of 30 ms is kept busy by so many requests of a MiB. */
#define FETCHES 8
/* Those of a disk view that is decoded wait for the decoder's own threads. */
#define DECODED_FETCHES 4

/* What the views take of the memory for the image. */
#define SHARE 8
#define SHARE_MIN (UINT64_C (8) << 20)
#define SHARE_MAX (UINT64_C (64) << 20)

struct checked_view
{
  struct image *im;
  struct chunk_view *disk;
  struct chunk_view *stored;    /* NULL: they are the same bytes */
  uint64_t charged;             /* to the cache of the decoders */
};

static int
refuse (uint64_t offset, const char *cause, struct fault *fault)
{
  return fault_set (fault, EIO, "what comes at byte %" PRIu64 " of the disk view "
                    "is not the image any more that was checked%s%.150s; it was "
                    "replaced, or another server answers: put the old image "
                    "back, or begin anew with the one that is there now",
                    offset, *cause ? ": " : "", cause);
}

static bool
is_zero_digest (size_t len, const unsigned char digest[DIGEST_SIZE])
{
  return len == DIGEST_CHUNK
         && memcmp (digest, digest_of_zero_chunk, DIGEST_SIZE) == 0;
}

/* A whole chunk of the disk view. */
static int
fetch_disk (void *opaque, void *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  const struct checked_view *view = opaque;
  struct image *im = view->im;
  const uint64_t chunk = offset / DIGEST_CHUNK;
  unsigned char expected[DIGEST_SIZE], digest[DIGEST_SIZE];
  uint64_t size;

  if (scan_record_get_digest (im->record, chunk, expected)
      && is_zero_digest (len, expected)) {
    memset (buf, 0, len);
    return 0;
  }
  if (im->ops->pread (im, buf, len, offset, fault) == -1) {
    if (fault->errnum != EBADMSG || !atomic_load (&im->scanned))
      return -1;
    struct fault damage = *fault;
    return refuse (offset, damage.text, fault);
  }
  if (!scan_record_get_digest (im->record, chunk, expected))
    scan_record_add (im->record, offset, buf, len,
                     im->ops->peek_disk_size (im, &size) && offset + len == size);
  if (!scan_record_get_digest (im->record, chunk, expected))
    return 0;                   /* no memory, or the end is not known yet */
  digest_of (buf, len, digest);
  return memcmp (digest, expected, DIGEST_SIZE) == 0 ? 0
         : refuse (offset, "", fault);
}

static int
fetch_stored (void *opaque, void *buf, size_t len, uint64_t offset,
              struct fault *fault)
{
  const struct checked_view *view = opaque;
  struct byte_source *source = view->im->source;

  return source->ops->read (source, buf, len, offset, fault);
}

static uint64_t
share_of (uint64_t limit)
{
  uint64_t share = limit / SHARE < SHARE_MAX ? limit / SHARE : SHARE_MAX;

  if (share < SHARE_MIN)
    share = limit / 4 < SHARE_MIN ? limit / 4 : SHARE_MIN;
  return share;
}

/* A raw image needs one view.  A disk view that comes as it is gets the
 * memory that decoders would have. */
static int
make_views (struct checked_view *view, struct fault *fault)
{
  const struct image *im = view->im;
  const bool raw = im->ops == &raw_image_ops, flat = im->ops->flat;
  const uint64_t limit = im->options.memory_limit, share = share_of (limit);
  const struct chunk_view_options stored = { .memory = share, .threads = FETCHES };
  const struct chunk_view_options disk = {
    .memory = raw ? limit : flat ? limit - share : share,
    .threads = flat ? FETCHES : DECODED_FETCHES,
    /* Decoders have told theirs. */
    .record = flat ? im->record : NULL
  };

  view->disk = chunk_view_new (fetch_disk, view, &disk, fault);
  if (view->disk && !raw)
    view->stored = chunk_view_new (fetch_stored, view, &stored, fault);
  if (!view->disk || (!raw && !view->stored))
    return -1;
  if (view->stored)
    chunk_view_set_size (view->stored, im->stored_size);
  if (!flat) {
    view->charged = 2 * share;
    block_cache_charge (im->options.cache, view->charged);
  }
  return 0;
}

struct checked_view *
checked_view_new (struct image *im, struct fault *fault)
{
  struct checked_view *view = calloc (1, sizeof *view);

  if (!view) {
    fault_no_memory (fault, "a view of the image");
    return NULL;
  }
  view->im = im;
  if (make_views (view, fault) == 0)
    return view;
  checked_view_stop (view);
  checked_view_free (view);
  return NULL;
}

void
checked_view_stop (struct checked_view *view)
{
  if (!view)
    return;
  chunk_view_free (view->disk);
  view->disk = NULL;
}

void
checked_view_free (struct checked_view *view)
{
  if (!view)
    return;
  chunk_view_free (view->stored);
  if (view->charged > 0)
    block_cache_uncharge (view->im->options.cache, view->charged);
  free (view);
}

/* The size is asked for each time: that of gzip may be announced too early. */
static int
check_range (struct checked_view *view, uint64_t len, uint64_t offset,
             struct fault *fault)
{
  struct image *im = view->im;
  uint64_t size;

  if (im->ops->disk_size (im, &size, fault) == -1
      || image_check_range (size, len, offset, fault) == -1)
    return -1;
  chunk_view_set_size (view->disk, size);
  return 0;
}

int
checked_view_read (struct checked_view *view, void *buf, size_t len,
                   uint64_t offset, struct fault *fault)
{
  if (check_range (view, len, offset, fault) == -1)
    return -1;
  return chunk_view_read (view->disk, buf, len, offset, fault);
}

int
checked_view_read_stored (struct checked_view *view, void *buf, size_t len,
                          uint64_t offset, struct fault *fault)
{
  if (!view->stored)
    return checked_view_read (view, buf, len, offset, fault);
  return chunk_view_read (view->stored, buf, len, offset, fault);
}

int
checked_view_extents (struct checked_view *view, uint64_t offset, uint64_t count,
                      struct extent_walk *walk, struct fault *fault)
{
  if (check_range (view, count, offset, fault) == -1)
    return -1;
  return chunk_view_extents (view->disk, offset, count, walk, fault);
}

void
checked_view_prefetch (struct checked_view *view, uint64_t count, uint64_t offset)
{
  struct fault ignored;

  if (check_range (view, count, offset, &ignored) == 0)
    chunk_view_prefetch (view->disk, count, offset);
}

void
checked_view_statistics (struct checked_view *view,
                         struct image_statistics *statistics)
{
  chunk_view_statistics (view->disk, statistics);
}
