/* SPDX-License-Identifier: MIT */
/* The file: a header, the ranges (16 bytes each), their bytes back to back, and the
 * XXH3-128 digest of all before it.  Numbers are big-endian. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image-patch.h"
#include "report.h"

#define MAGIC "FLRPATCH"
#define PATCH_VERSION 1
#define HEADER_SIZE 32          /* magic, version, ranges, disk size, data size */
#define ENTRY_SIZE 16           /* offset, length */

static uint64_t
get (const unsigned char *p, size_t bytes)
{
  uint64_t value = 0;

  for (size_t i = 0; i < bytes; i++)
    value = value << 8 | p[i];
  return value;
}

static unsigned char *
put (unsigned char *p, uint64_t value, size_t bytes)
{
  for (size_t i = bytes; i-- > 0; value >>= 8)
    p[i] = (unsigned char) value;
  return p + bytes;
}

static uint64_t
end_of (const struct image_patch_range *range)
{
  return range->offset + range->length;
}

/* -- Making one ------------------------------------------------------------ */

static int
make_room (struct image_patch *patch, size_t len)
{
  size_t room = patch->owned_room ? patch->owned_room : 65536;

  while (room < patch->data_size + len)
    room *= 2;
  unsigned char *data = room > patch->owned_room || !patch->owned
    ? realloc (patch->owned, room) : patch->owned;
  if (data) {
    patch->data = patch->owned = data;
    patch->owned_room = room;
  }
  if (data && patch->nr_ranges == patch->room) {
    const size_t more = patch->room ? 2 * patch->room : 64;
    struct image_patch_range *ranges =
      realloc (patch->ranges, more * sizeof *ranges);

    if (ranges) {
      patch->ranges = ranges;
      patch->room = more;
    }
  }
  if (data && patch->nr_ranges < patch->room)
    return 0;
  report_error (ERROR_OUT_OF_MEMORY, "no memory for the patch of the image");
  return -1;
}

int
image_patch_add (struct image_patch *patch, uint64_t offset, const void *bytes,
                 size_t len)
{
  struct image_patch_range *last =
    patch->nr_ranges ? &patch->ranges[patch->nr_ranges - 1] : NULL;

  if (len == 0)
    return 0;
  if (offset > patch->disk_size || len > patch->disk_size - offset
      || (last && offset < end_of (last))) {
    report_error (ERROR_PATCH_TOO_LARGE,
                  "a patch of %zu bytes at offset %" PRIu64 " does not fit into a "
                  "disk of %" PRIu64 " bytes, or comes out of turn", len, offset,
                  patch->disk_size);
    return -1;
  }
  const bool longer = last && offset == end_of (last);
  if (len > IMAGE_PATCH_MAX_DATA - patch->data_size
      || (!longer && patch->nr_ranges == IMAGE_PATCH_MAX_RANGES)) {
    report_error (ERROR_PATCH_TOO_LARGE,
                  "what is to be changed in the image is more than %u MiB or %u "
                  "places", IMAGE_PATCH_MAX_DATA >> 20, IMAGE_PATCH_MAX_RANGES);
    return -1;
  }
  if (make_room (patch, len) == -1)
    return -1;
  memcpy (patch->owned + patch->data_size, bytes, len);
  if (longer)
    patch->ranges[patch->nr_ranges - 1].length += (uint32_t) len;
  else
    /* make_room has made it.  NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    patch->ranges[patch->nr_ranges++] = (struct image_patch_range) {
      .offset = offset, .length = (uint32_t) len, .at = (uint32_t) patch->data_size,
    };
  patch->data_size += len;
  return 0;
}

unsigned char *
image_patch_make_file (struct image_patch *patch, size_t *size)
{
  const size_t before = HEADER_SIZE + patch->nr_ranges * ENTRY_SIZE;
  unsigned char *file = malloc (before + patch->data_size + DIGEST_SIZE), *p;

  if (!file) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the patch of the image");
    return NULL;
  }
  memcpy (file, MAGIC, 8);      /* NOLINT(bugprone-not-null-terminated-result) */
  p = put (file + 8, PATCH_VERSION, 4);
  p = put (p, patch->nr_ranges, 4);
  p = put (p, patch->disk_size, 8);
  p = put (p, patch->data_size, 8);
  for (size_t i = 0; i < patch->nr_ranges; i++)
    p = put (put (p, patch->ranges[i].offset, 8), patch->ranges[i].length, 8);
  if (patch->data_size > 0)
    memcpy (p, patch->data, patch->data_size);
  digest_of (file, before + patch->data_size, patch->digest);
  memcpy (p + patch->data_size, patch->digest, DIGEST_SIZE);
  *size = before + patch->data_size + DIGEST_SIZE;
  return file;
}

/* -- Reading one ----------------------------------------------------------- */

/* NULL: the sizes in it are right, so that all that they speak of is there. */
static const char *
check_header (struct image_patch *patch, const unsigned char *file, size_t len,
              uint64_t disk_size)
{
  if (len < IMAGE_PATCH_LEAST_FILE || len > IMAGE_PATCH_MAX_FILE)
    return "its size is wrong";
  if (memcmp (file, MAGIC, 8) != 0 || get (file + 8, 4) != PATCH_VERSION)
    return "it is no patch of this version";
  const uint64_t ranges = get (file + 12, 4), data = get (file + 24, 8);
  if (ranges > IMAGE_PATCH_MAX_RANGES || data > IMAGE_PATCH_MAX_DATA
      || len != IMAGE_PATCH_LEAST_FILE + ranges * ENTRY_SIZE + data)
    return "its size is wrong";
  if (get (file + 16, 8) != disk_size)
    return "it is made for another image";
  patch->disk_size = disk_size;
  patch->nr_ranges = (size_t) ranges;
  patch->data_size = (size_t) data;
  patch->data = file + HEADER_SIZE + ranges * ENTRY_SIZE;
  digest_of (file, len - DIGEST_SIZE, patch->digest);
  return memcmp (file + len - DIGEST_SIZE, patch->digest, DIGEST_SIZE) == 0
    ? NULL : "it is damaged: its digest is another one";
}

/* ENTRY becomes *RANGE, whose bytes begin AT in the data; END is that of the range
 * before it. */
static bool
take_range (const struct image_patch *patch, const unsigned char *entry, size_t at,
            uint64_t end, struct image_patch_range *range)
{
  const uint64_t offset = get (entry, 8), length = get (entry + 8, 8);

  if (length == 0 || length > patch->data_size - at || offset < end
      || offset > patch->disk_size || length > patch->disk_size - offset)
    return false;
  *range = (struct image_patch_range) {
    .offset = offset, .length = (uint32_t) length, .at = (uint32_t) at,
  };
  return true;
}

static const char *
take_ranges (struct image_patch *patch, const unsigned char *table)
{
  uint64_t end = 0;
  size_t at = 0;

  patch->ranges = calloc (patch->nr_ranges + 1, sizeof *patch->ranges);
  if (!patch->ranges)
    return "no memory";
  patch->room = patch->nr_ranges + 1;
  for (size_t i = 0; i < patch->nr_ranges; i++) {
    struct image_patch_range *range = &patch->ranges[i];

    if (!take_range (patch, table + i * ENTRY_SIZE, at, end, range))
      return "its ranges are not in order";
    end = end_of (range);
    at += range->length;
  }
  return at == patch->data_size ? NULL : "its ranges do not use all its bytes";
}

int
image_patch_read_file (struct image_patch *patch, const void *file, size_t len,
                       uint64_t disk_size)
{
  memset (patch, 0, sizeof *patch);
  const char *wrong = check_header (patch, file, len, disk_size);

  if (!wrong)
    wrong = take_ranges (patch, (const unsigned char *) file + HEADER_SIZE);
  if (!wrong)
    return 0;
  image_patch_release (patch);
  report_error (ERROR_SESSION_FAILED,
                "the patch of the image cannot be used: %s", wrong);
  return -1;
}

void
image_patch_release (struct image_patch *patch)
{
  free (patch->ranges);
  free (patch->owned);
  memset (patch, 0, sizeof *patch);
}

/* -- Laying it over -------------------------------------------------------- */

const struct image_patch_range *
image_patch_find (const struct image_patch *patch, uint64_t offset)
{
  size_t low = 0, high = patch->nr_ranges;

  while (low < high) {
    const size_t middle = low + (high - low) / 2;

    if (end_of (&patch->ranges[middle]) <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low < patch->nr_ranges ? &patch->ranges[low] : NULL;
}

bool
image_patch_lay_over (const struct image_patch *patch, void *buf, size_t len,
                      uint64_t offset)
{
  const struct image_patch_range *r = image_patch_find (patch, offset);
  const uint64_t end = offset + len;
  bool any = false;

  for (; r && r < patch->ranges + patch->nr_ranges && r->offset < end; r++) {
    const uint64_t from = r->offset > offset ? r->offset : offset;
    const uint64_t to = end_of (r) < end ? end_of (r) : end;

    memcpy ((unsigned char *) buf + (from - offset),
            patch->data + r->at + (from - r->offset), (size_t) (to - from));
    any = true;
  }
  return any;
}
