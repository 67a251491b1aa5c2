/* SPDX-License-Identifier: MIT */
/* Raw images: the disk view is the stored view. */

#include <config.h>

#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "hole-map.h"
#include "image-ops.h"

/* A chunk that is a hole is known without being read. */
#define SCAN_STEP DIGEST_CHUNK

static int
raw_open (struct image *im, struct fault *fault)
{
  (void) im;
  (void) fault;
  return 0;
}

static void
raw_close (struct image *im)
{
  (void) im;
}

static bool
raw_peek_disk_size (struct image *im, uint64_t *size)
{
  *size = im->stored_size;
  return true;
}

static int
raw_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  (void) fault;
  *size = im->stored_size;
  return 0;
}

static int
raw_pread (struct image *im, void *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  if (image_check_range (im->stored_size, len, offset, fault) == -1)
    return -1;
  if (image_read_stored (im, buf, len, offset, fault) == -1)
    return -1;
  /* The record is left to the scan, except that promises must not go unchecked. */
  if (hole_map_has_promises (scan_record_holes (im->record)))
    hole_map_add (scan_record_holes (im->record), offset, buf, len,
                  offset + len == im->stored_size);
  return 0;
}

/* What the file system calls data may be known to be zero. */
static uint64_t
find_extent (struct image *im, uint64_t offset, uint64_t end, bool *hole)
{
  uint64_t next = im->source->ops->find_extent (im->source, offset, end, hole);

  if (!*hole)
    *hole = hole_map_run (scan_record_holes (im->record), offset, next,
                          &next) == HOLE_ZERO;
  return next;
}

static int
raw_extents (struct image *im, uint64_t offset, uint64_t count,
             struct extent_walk *walk, struct fault *fault)
{
  const uint64_t end = offset + count;

  if (image_check_range (im->stored_size, count, offset, fault) == -1)
    return -1;
  while (offset < end) {
    bool hole = false;
    /* A block device may change unseen. */
    uint64_t next = im->source->ops->find_extent
                    ? find_extent (im, offset, end, &hole) : end;

    if (!extent_walk_emit (walk, offset, next - offset, hole))
      break;
    offset = next;
  }
  return 0;
}

struct raw_scan
{
  char *buf;
  const char *zeroes;           /* SCAN_STEP bytes each */
  struct digest_state *digest;
  uint64_t hole_end;            /* of the hole that was found last */
};

/* Only a file of this machine is believed. */
static bool
is_hole (const struct image *im, struct raw_scan *s, uint64_t offset, size_t len)
{
  bool hole = false;

  if (!im->source->identity || !im->source->ops->find_extent)
    return false;
  if (offset >= s->hole_end) {
    const uint64_t end = im->source->ops->find_extent (im->source, offset,
                                                       im->stored_size, &hole);
    s->hole_end = hole ? end : 0;
  }
  return offset + len <= s->hole_end;
}

static int
scan_step (struct image *im, struct raw_scan *s, uint64_t offset, size_t len,
           struct fault *fault)
{
  const bool at_end = offset + len == im->stored_size;

  if (len == SCAN_STEP && !at_end && is_hole (im, s, offset, len)) {
    digest_add (s->digest, s->zeroes, len);
    scan_record_add_zero_chunk (im->record, offset / DIGEST_CHUNK);
    return 0;
  }
  if (image_read_ahead (im, s->buf, len, offset, fault) == -1)
    return -1;
  digest_add (s->digest, s->buf, len);
  scan_record_add (im->record, offset, s->buf, len, at_end);
  return 0;
}

static int
digest_stored (struct image *im, struct scan_run *run, struct raw_scan *s,
               struct fault *fault)
{
  uint64_t done = 0;

  while (done < im->stored_size) {
    uint64_t left = im->stored_size - done;
    size_t n = left < SCAN_STEP ? (size_t) left : SCAN_STEP;

    if (scan_step (im, s, done, n, fault) == -1)
      return -1;
    done += n;
    if (scan_run_progress (run, done, fault) == -1)
      return -1;
  }
  return 0;
}

static int
raw_scan (struct image *im, struct scan_run *run,
          struct image_scan_result *result, struct fault *fault)
{
  CLEANUP_FREE char *buf = malloc (SCAN_STEP);
  CLEANUP_FREE char *zeroes = calloc (1, SCAN_STEP);
  struct digest_state *digest = digest_new ();
  struct raw_scan scan = { buf, zeroes, digest, 0 };
  int r = -1;

  if (!buf || !zeroes || !digest)
    fault_no_memory (fault, "the scan");
  else
    r = digest_stored (im, run, &scan, fault);
  if (r == 0) {
    digest_get (digest, result->stored_digest);
    result->disk_size = im->stored_size;
    strcpy (result->check, "none");
    scan_result_note (result, "a raw image carries no Check: only read errors "
                      "can be found");
  }
  digest_free (digest);
  return r;
}

const struct image_ops raw_image_ops = {
  .flat = true,
  .open = raw_open,
  .close = raw_close,
  .disk_size = raw_disk_size,
  .peek_disk_size = raw_peek_disk_size,
  .pread = raw_pread,
  .extents = raw_extents,
  .scan = raw_scan,
};
