/* SPDX-License-Identifier: MIT */
/* A patch (image-patch.h) as a board receives it: the digest is made right, so that
 * the numbers are looked at.  What is taken for one must be what it was made from:
 * made into a file again it is the same, and nothing lies beyond its disk. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "image-patch.h"

#define WINDOW 70000

static void
check_same_file (const struct image_patch *patch, const struct fuzz_file *file)
{
  struct image_patch again = { .disk_size = patch->disk_size };
  size_t len;

  for (size_t i = 0; i < patch->nr_ranges; i++) {
    const struct image_patch_range *r = &patch->ranges[i];

    FUZZ_CHECK (image_patch_add (&again, r->offset, patch->data + r->at, r->length)
                == 0);
  }
  unsigned char *made = image_patch_make_file (&again, &len);
  FUZZ_CHECK (made);
  /* Ranges that touch become one. */
  FUZZ_CHECK (again.nr_ranges <= patch->nr_ranges
              && again.data_size == patch->data_size);
  if (again.nr_ranges == patch->nr_ranges)
    FUZZ_CHECK (len == file->len && memcmp (made, file->data, len) == 0);
  free (made);
  image_patch_release (&again);
}

static void
check_windows (const struct image_patch *patch, const uint8_t *control)
{
  static unsigned char buf[WINDOW];
  const size_t len = 1 + (size_t) (control[0] | control[1] << 8);
  uint64_t offset = 0;

  for (size_t i = 0; i < patch->nr_ranges && i < 50; i++) {
    const struct image_patch_range *r = &patch->ranges[i];

    FUZZ_CHECK (r->offset + r->length <= patch->disk_size);
    FUZZ_CHECK (image_patch_find (patch, r->offset) == r);
    FUZZ_CHECK (image_patch_find (patch, r->offset + r->length - 1) == r);
    FUZZ_CHECK (image_patch_lay_over (patch, buf, len, r->offset));
    FUZZ_CHECK (buf[0] == patch->data[r->at]);
    offset = r->offset + r->length;
  }
  image_patch_lay_over (patch, buf, len, offset + control[2]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct image_patch patch;
  struct fuzz_file file;
  uint64_t disk_size = 0;

  fuzz_file_init (&file, data, size);
  fuzz_file_force (&file, "FLRPATCH\0\0\0\1", 12);
  if (file.len >= IMAGE_PATCH_LEAST_FILE) {
    for (int i = 16; i < 24; i++)
      disk_size = disk_size << 8 | file.data[i];
    digest_of (file.data, file.len - DIGEST_SIZE, file.data + file.len - DIGEST_SIZE);
  }
  const unsigned before = fuzz_reports ();
  if (image_patch_read_file (&patch, file.data, file.len, disk_size) == 0) {
    check_same_file (&patch, &file);
    check_windows (&patch, file.control);
  }
  else
    FUZZ_CHECK (fuzz_reports () == before + 1);
  image_patch_release (&patch);
  fuzz_file_free (&file);
  return 0;
}
