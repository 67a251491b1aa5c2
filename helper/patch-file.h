/* SPDX-License-Identifier: MIT */
/* RAM_ROOT/patch: what the client wants the disk to have instead of the image's
 * own bytes (image-patch.h). */

#ifndef FLASH_HELPER_PATCH_FILE_H
#define FLASH_HELPER_PATCH_FILE_H

#include "flash-settings.h"
#include "image-patch.h"

struct patch_file
{
  void *map;                    /* the whole file; what PATCH points into */
  size_t size;
  struct image_patch patch;
};

/* Map it, and check that it is whole, in order, and the one that SETTINGS name; they
 * must name one.  -1 after report_error(), and nothing is open. */
int patch_file_open (struct patch_file *file, const struct flash_settings *settings);
void patch_file_close (struct patch_file *file);

#endif
