/* SPDX-License-Identifier: MIT */
/* .gz images. */

#include <config.h>

#include <stdlib.h>

#include "deflate-image.h"
#include "gzip-member.h"

static int
gzip_open (struct image *im, struct fault *fault)
{
  struct gzip_member *member = calloc (1, sizeof *member);

  if (!member)
    return fault_no_memory (fault, "a gzip image");
  member->im = im;
  return deflate_image_open (im, &(struct deflate_format) {
    .framing = &gzip_framing, .opaque = member, .gzip_trailer = true
  }, fault);
}

const struct image_ops gzip_image_ops = {
  .open = gzip_open,
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
