/* SPDX-License-Identifier: MIT */
/* One image, used in every way that image.h and image-scan.h offer. */

#include <config.h>

#include <errno.h>
#include <string.h>

#include "digest.h"
#include "fuzz-support.h"
#include "image-scan.h"
#include "image-statistics.h"

/* Enough for one decoder of any format at its usual settings; the limit is part of
 * what is tested. */
#define MEMORY_LIMIT (UINT64_C (8) << 20)
/* One decoder is always allowed, whatever it needs; none is larger than this for
 * the dictionaries that fit into an input. */
#define MEMORY_PEAK_MAX (UINT64_C (200) << 20)
#define READ_MAX (192 * 1024)
#define EXTENTS_WINDOW (UINT64_C (4) << 20)
#define DIGESTS_MAX (UINT64_C (8) << 20)        /* of the disk view, compared */

/* The bits of control[0]. */
#define WITH_SPOOL 1
#define READ_FIRST 2            /* before the size is asked for */
#define CANCEL_SCAN 4
#define SCAN_FIRST 8
#define MORE_MEMORY 16

static char first[READ_MAX], second[READ_MAX];
static char chunk[DIGEST_CHUNK];

/* Call, and see to it that a failure says why. */
#define MUST_REPORT(result, call)                                           \
  do {                                                                      \
    const unsigned before = fuzz_reports ();                                \
    errno = 0;                                                              \
    result = (call);                                                        \
    FUZZ_CHECK (result != -1 || (errno != 0 && fuzz_reports () > before));  \
  } while (0)

struct extents
{
  uint64_t next, end;
  unsigned count;
  uint64_t hole, hole_end;      /* the last hole told */
};

static int
note_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct extents *e = opaque;

  FUZZ_CHECK (offset == e->next && length > 0 && length <= e->end - offset);
  e->next = offset + length;
  if (hole) {
    e->hole = offset;
    e->hole_end = offset + length;
  }
  return ++e->count == 100 ? 3 : 0;
}

/* OFFSET and COUNT of what to read, by two bytes of control. */
static uint64_t
choose_offset (uint64_t size, const uint8_t control[2])
{
  const uint64_t share = (uint64_t) (control[0] << 8 | control[1]);

  return size / 65536 * share + size % 65536 * share / 65536;
}

static size_t
choose_length (uint64_t size, uint64_t offset, uint8_t control)
{
  uint64_t n = (uint64_t) control * 769 + 1;

  if (n > READ_MAX)
    n = READ_MAX;
  return n < size - offset ? (size_t) n : (size_t) (size - offset);
}

static void
check_extents (struct image *im, uint64_t size, uint64_t offset)
{
  uint64_t count = size - offset < EXTENTS_WINDOW ? size - offset : EXTENTS_WINDOW;
  struct extents e = { .next = offset, .end = offset + count };
  int r;

  MUST_REPORT (r, image_extents (im, offset, count, note_extent, &e));
  if (r != 0 || count == 0)
    return;
  FUZZ_CHECK (e.count > 0);
  if (e.hole_end > e.hole) {
    size_t n = e.hole_end - e.hole < READ_MAX ? (size_t) (e.hole_end - e.hole)
                                              : READ_MAX;

    if (image_pread (im, first, n, e.hole) == 0)
      for (size_t i = 0; i < n; i++)
        FUZZ_CHECK (first[i] == 0);
  }
}

/* Read a range twice, with another read between. */
static void
check_reads (struct image *im, uint64_t size, const uint8_t *control)
{
  uint64_t offset = choose_offset (size, control);
  size_t n = choose_length (size, offset, control[2]);
  int r, again;

  image_prefetch (im, n, offset);
  MUST_REPORT (r, image_pread (im, first, n, offset));
  if (size > 0) {
    uint64_t other = choose_offset (size, control + 3);
    size_t m = choose_length (size, other, control[2]);
    MUST_REPORT (again, image_pread (im, second, m, other));
  }
  MUST_REPORT (again, image_pread (im, second, n, offset));
  if (r == 0 && again == 0)
    FUZZ_CHECK (memcmp (first, second, n) == 0);
  check_extents (im, size, offset);

  FUZZ_CHECK (image_pread (im, first, 1, size) == -1);
  FUZZ_CHECK (image_pread (im, first, READ_MAX, UINT64_MAX - 5) == -1
              && errno == EINVAL);
}

static void
check_stored (struct image *im, const struct fuzz_file *file)
{
  size_t n = file->len < READ_MAX ? file->len : READ_MAX;

  FUZZ_CHECK (image_stored_size (im) == file->len);
  FUZZ_CHECK (image_pread_stored (im, first, n, file->len - n) == 0);
  FUZZ_CHECK (memcmp (first, file->data + file->len - n, n) == 0);
  FUZZ_CHECK (image_pread_stored (im, first, 1, file->len) == -1
              && errno == EINVAL);
}

static int
note_progress (void *opaque, uint64_t done, uint64_t total)
{
  const struct fuzz_file *file = opaque;

  FUZZ_CHECK (done <= total && total == file->len);
  return file->control[0] & CANCEL_SCAN;
}

/* What a scan found to be intact has a digest for every chunk, and reads so. */
static void
check_digests (struct image *im, uint64_t size)
{
  for (uint64_t offset = 0; offset < size && offset < DIGESTS_MAX;
       offset += DIGEST_CHUNK) {
    size_t n = size - offset < DIGEST_CHUNK ? (size_t) (size - offset)
                                            : DIGEST_CHUNK;
    unsigned char told[DIGEST_SIZE], made[DIGEST_SIZE];

    FUZZ_CHECK (image_get_digest (im, offset / DIGEST_CHUNK, told));
    FUZZ_CHECK (image_pread (im, chunk, n, offset) == 0);
    digest_of (chunk, n, made);
    FUZZ_CHECK (memcmp (told, made, sizeof made) == 0);
  }
}

static void
check_scan (struct image *im, const struct fuzz_file *file)
{
  struct image_scan_result result;
  unsigned char stored_digest[DIGEST_SIZE];
  char error[300];
  uint64_t size;

  errno = 0;
  int r = image_scan (im, note_progress, (void *) (uintptr_t) file, &result, error,
                      sizeof error);
  if (r == -1) {
    FUZZ_CHECK (errno != 0 && error[0] != '\0');
    return;
  }
  FUZZ_CHECK (image_disk_size (im, &size) == 0 && size == result.disk_size);
  FUZZ_CHECK (result.check[0] != '\0');
  digest_of (file->data, file->len, stored_digest);
  FUZZ_CHECK (memcmp (stored_digest, result.stored_digest, DIGEST_SIZE) == 0);
  check_digests (im, size);
}

static void
use_image (struct image *im, const struct fuzz_file *file)
{
  struct image_statistics statistics;
  uint64_t size;
  int r;

  check_stored (im, file);
  if (file->control[0] & READ_FIRST)
    MUST_REPORT (r, image_pread (im, first, 1000, file->control[1] * UINT64_C (5000)));
  if (file->control[0] & SCAN_FIRST)
    check_scan (im, file);
  MUST_REPORT (r, image_disk_size (im, &size));
  if (r == 0)
    check_reads (im, size, file->control + 1);
  check_scan (im, file);
  image_get_statistics (im, &statistics);
  FUZZ_CHECK (statistics.memory_peak <= MEMORY_PEAK_MAX);
}

void
fuzz_image (const struct fuzz_file *file)
{
  struct image_options options = {
    .memory_limit = MEMORY_LIMIT << (file->control[0] & MORE_MEMORY ? 3 : 0),
    .threads = 2,
    .spool_dir = file->control[0] & WITH_SPOOL ? "." : NULL,
  };
  const unsigned before = fuzz_reports ();

  errno = 0;
  struct image *im = image_open (fuzz_memory_file (file->data, file->len), "input",
                                 &options);
  if (im)
    use_image (im, file);
  else
    FUZZ_CHECK (errno != 0 && fuzz_reports () > before);
  image_close (im);
}
