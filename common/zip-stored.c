/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "hole-map.h"
#include "inflater.h"
#include "zip-stored.h"

#define STEP (1024 * 1024)
/* One request for extents reads so much at most, when it has something to tell. */
#define EXTENTS_STEPS 16

static void
stored_close (struct image *im)
{
  free (im->state);
}

static bool
stored_peek_disk_size (struct image *im, uint64_t *size)
{
  const struct zip_entry *entry = im->state;

  *size = entry->size;
  return true;
}

static int
stored_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  (void) fault;
  stored_peek_disk_size (im, size);
  return 0;
}

static int
stored_pread (struct image *im, void *buf, size_t len, uint64_t offset,
              struct fault *fault)
{
  const struct zip_entry *entry = im->state;

  if (image_check_range (entry->size, len, offset, fault) == -1)
    return -1;
  return image_read_stored (im, buf, len, entry->stored_offset + offset, fault);
}

/* Read the step of the disk view that OFFSET lies in, for the record. */
static int
learn (struct image *im, void *buf, uint64_t offset, size_t *len,
       struct fault *fault)
{
  const struct zip_entry *entry = im->state;
  const uint64_t start = offset / STEP * STEP;
  const uint64_t left = entry->size - start;

  *len = left < STEP ? (size_t) left : STEP;
  if (stored_pread (im, buf, *len, start, fault) == -1)
    return -1;
  scan_record_add (im->record, start, buf, *len, *len == left);
  return 0;
}

static int
stored_extents (struct image *im, uint64_t offset, uint64_t count,
                struct extent_walk *walk, struct fault *fault)
{
  const struct zip_entry *entry = im->state;
  CLEANUP_FREE void *buf = malloc (STEP);
  const uint64_t end = offset + count;
  unsigned steps = 0;

  if (!buf)
    return fault_no_memory (fault, "a buffer");
  if (image_check_range (entry->size, count, offset, fault) == -1)
    return -1;
  while (offset < end) {
    struct hole_map *holes = scan_record_holes (im->record);
    uint64_t next;
    size_t len;
    enum hole_state state = hole_map_run (holes, offset, end, &next);

    if (state == HOLE_UNKNOWN) {
      if (steps++ == EXTENTS_STEPS)
        return 0;
      if (learn (im, buf, offset, &len, fault) == -1)
        return -1;
      state = hole_map_run (holes, offset, end, &next);
    }
    if (!extent_walk_emit (walk, offset, next - offset, state == HOLE_ZERO))
      return 0;
    offset = next;
  }
  return 0;
}

/* Digest stored bytes that are not the image's. */
static int
digest_around (struct image *im, struct digest_state *digest, void *buf,
               uint64_t offset, uint64_t end, struct fault *fault)
{
  while (offset < end) {
    const size_t n = end - offset < STEP ? (size_t) (end - offset) : STEP;

    if (image_read_stored (im, buf, n, offset, fault) == -1)
      return -1;
    digest_add (digest, buf, n);
    offset += n;
  }
  return 0;
}

static int
scan_entry (struct image *im, struct digest_state *digest, void *buf,
            struct scan_run *run, struct fault *fault)
{
  const struct zip_entry *entry = im->state;
  uint32_t crc = 0;
  size_t len;

  for (uint64_t done = 0; done < entry->size; done += len) {
    if (learn (im, buf, done, &len, fault) == -1)
      return -1;
    digest_add (digest, buf, len);
    crc = inflater_crc32 (crc, buf, len);
    if (scan_run_progress (run, entry->stored_offset + done + len, fault) == -1)
      return -1;
  }
  if (crc != entry->crc)
    return fault_set (fault, EBADMSG, "%s (whose data begin at byte %" PRIu64
                      "): Check mismatch: the CRC32 is wrong", entry->name,
                      entry->stored_offset);
  return 0;
}

static int
stored_scan (struct image *im, struct scan_run *run,
             struct image_scan_result *result, struct fault *fault)
{
  const struct zip_entry *entry = im->state;
  CLEANUP_FREE void *buf = malloc (STEP);
  struct digest_state *digest = digest_new ();
  int r = -1;

  if (!buf || !digest)
    fault_no_memory (fault, "the scan");
  else if (digest_around (im, digest, buf, 0, entry->stored_offset, fault) == 0
           && scan_entry (im, digest, buf, run, fault) == 0)
    r = digest_around (im, digest, buf, entry->stored_offset + entry->size,
                       im->stored_size, fault);
  if (r == 0) {
    digest_get (digest, result->stored_digest);
    result->disk_size = entry->size;
    strcpy (result->check, "crc32");
    r = scan_run_progress (run, run->total, fault);
  }
  digest_free (digest);
  return r;
}

/* Opened by zip-image. */
static const struct image_ops zip_stored_ops = {
  .close = stored_close,
  .disk_size = stored_disk_size,
  .peek_disk_size = stored_peek_disk_size,
  .pread = stored_pread,
  .extents = stored_extents,
  .scan = stored_scan,
};

int
zip_stored_open (struct image *im, const struct zip_entry *entry,
                 struct fault *fault)
{
  struct zip_entry *copy = malloc (sizeof *copy);

  if (!copy)
    return fault_no_memory (fault, "a zip image");
  *copy = *entry;
  im->state = copy;
  im->ops = &zip_stored_ops;
  return 0;
}
