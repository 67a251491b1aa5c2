/* SPDX-License-Identifier: MIT */
/* A partition of an image overlay as libext2fs reads and writes it. */

#ifndef FLASH_OVERLAY_IO_H
#define FLASH_OVERLAY_IO_H

#include <ext2fs/ext2fs.h>

#include "image-overlay.h"

/* The manager for the SIZE bytes at START of OVERLAY.  There is one in this program:
 * it is for the file system that is opened next. */
io_manager overlay_io_manager (struct image_overlay *overlay, uint64_t start,
                               uint64_t size);

#endif
