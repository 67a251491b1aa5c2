/* SPDX-License-Identifier: MIT */
/* Raw images: the disk view is the stored view. */

#include <config.h>

#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "hole-map.h"
#include "image-ops.h"

#define SCAN_STEP (1024 * 1024)

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

static int
digest_stored (struct image *im, struct scan_run *run, void *buf,
               struct digest_state *digest, struct fault *fault)
{
  uint64_t done = 0;

  while (done < im->stored_size) {
    uint64_t left = im->stored_size - done;
    size_t n = left < SCAN_STEP ? (size_t) left : SCAN_STEP;

    if (image_read_ahead (im, buf, n, done, fault) == -1)
      return -1;
    digest_add (digest, buf, n);
    scan_record_add (im->record, done, buf, n, done + n == im->stored_size);
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
  CLEANUP_FREE void *buf = malloc (SCAN_STEP);
  struct digest_state *digest = digest_new ();
  int r = -1;

  if (!buf || !digest)
    fault_no_memory (fault, "the scan");
  else
    r = digest_stored (im, run, buf, digest, fault);
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
