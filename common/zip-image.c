/* SPDX-License-Identifier: MIT */
/* .zip archives with one image inside. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "deflate-image.h"
#include "zip-directory.h"
#include "zip-stored.h"

/* The entry that a pass is in. */
struct zip_pass
{
  const struct image *im;
  struct zip_entry entry;
  bool begun;
};

static int
zip_damaged (void *opaque, uint64_t near, const char *cause, struct fault *fault)
{
  const struct zip_pass *zip = opaque;

  return fault_set (fault, EBADMSG, "%s (whose data begin at byte %" PRIu64
                    "), near byte %" PRIu64 ": %s", zip->entry.name,
                    zip->entry.stored_offset, near, cause);
}

static int
zip_truncated (void *opaque, struct fault *fault)
{
  const struct zip_pass *zip = opaque;
  const struct zip_entry *entry = &zip->entry;

  return fault_set (fault, EBADMSG, "%s (whose data begin at byte %" PRIu64
                    ") goes on behind the %" PRIu64 " bytes that the directory "
                    "states", entry->name, entry->stored_offset,
                    entry->stored_size);
}

/* All bytes of the file go through IN, for their digest. */
static int
zip_begin (void *opaque, struct deflate_input *in, struct fault *fault)
{
  struct zip_pass *zip = opaque;
  const uint64_t target = zip->begun ? zip->im->stored_size
                                     : zip->entry.stored_offset;

  in->end = target;
  int r = deflate_input_take (in, NULL, target - deflate_input_offset (in), fault);
  if (r != 1)
    return r == 0 ? zip_truncated (zip, fault) : -1;
  if (zip->begun)
    return 0;
  zip->begun = true;
  in->end = target + zip->entry.stored_size;
  return 1;
}

static int
zip_end (void *opaque, struct deflate_input *in, uint32_t crc, uint64_t size,
         struct fault *fault)
{
  struct zip_pass *zip = opaque;
  const struct zip_entry *entry = &zip->entry;
  const uint64_t near = deflate_input_offset (in);

  if (near != entry->stored_offset + entry->stored_size)
    return zip_damaged (zip, near, "its data end before the size that the directory "
                        "states", fault);
  if (size != entry->size)
    return zip_damaged (zip, near, "it has fewer bytes than the directory states",
                        fault);
  if (crc != entry->crc)
    return zip_damaged (zip, near, "Check mismatch: the CRC32 is wrong", fault);
  return 0;
}

static int
zip_check_size (void *opaque, uint64_t size, struct fault *fault)
{
  const struct zip_pass *zip = opaque;
  const struct zip_entry *entry = &zip->entry;

  if (size > entry->size)
    return fault_set (fault, EBADMSG, "%s (whose data begin at byte %" PRIu64
                      ") has more than the %" PRIu64 " bytes that the directory "
                      "states", entry->name, entry->stored_offset, entry->size);
  return 0;
}

static const char *
zip_note (const void *opaque)
{
  (void) opaque;
  return "";
}

/* There is one stream only. */
static int
zip_skip (struct deflate_input *in, struct fault *fault)
{
  (void) in;
  (void) fault;
  return 0;
}

static const struct deflate_framing zip_framing = {
  .begin = zip_begin,
  .end = zip_end,
  .check_size = zip_check_size,
  .damaged = zip_damaged,
  .truncated = zip_truncated,
  .note = zip_note,
  .skip = zip_skip,
};

static int
zip_open (struct image *im, struct fault *fault)
{
  struct zip_pass *zip = calloc (1, sizeof *zip);

  if (!zip)
    return fault_no_memory (fault, "a zip image");
  zip->im = im;
  if (zip_directory_find (im, &zip->entry, fault) == -1) {
    free (zip);
    return -1;
  }
  if (zip->entry.method == ZIP_STORED) {
    int r = zip_stored_open (im, &zip->entry, fault);
    free (zip);
    return r;
  }
  return deflate_image_open (im, &(struct deflate_format) {
    .framing = &zip_framing, .opaque = zip,
    .stated = true, .stated_size = zip->entry.size
  }, fault);
}

const struct image_ops zip_image_ops = {
  .open = zip_open,
  .close = deflate_image_close,
  .disk_size = deflate_image_disk_size,
  .peek_disk_size = deflate_image_peek_disk_size,
  .pread = deflate_image_pread,
  .extents = deflate_image_extents,
  .scan = deflate_image_scan,
  .statistics = deflate_image_statistics,
  .prefetch = deflate_image_prefetch,
  .save = deflate_image_save,
  .load = deflate_image_load,
};
