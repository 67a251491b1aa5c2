/* SPDX-License-Identifier: MIT */
/* What xz-image.c keeps of an open .xz image, for xz-scan.c. */

#ifndef FLASHIMAGE_XZ_IMAGE_H
#define FLASHIMAGE_XZ_IMAGE_H

#include "image-ops.h"

struct hole_map;

struct xz_image
{
  struct image *im;
  struct xz_index *index;
  struct hole_map *holes;
  struct block_reader *reader;
};

/* The operation "scan". */
int xz_scan (struct image *im, struct scan_run *run,
             struct image_scan_result *result, struct fault *fault);

#endif
