/* SPDX-License-Identifier: MIT */
/* The disk view of an image with changes laid over it, in memory: what is read comes
 * from the image server, what is written stays here.  The changes then become the
 * patch for the board.  One thread at a time. */

#ifndef FLASH_IMAGE_OVERLAY_H
#define FLASH_IMAGE_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "image-patch.h"
#include "image-server.h"

struct image_overlay;

/* Over the disk view that SERVER serves, which must have DISK_SIZE bytes; SERVER must
 * outlive it.  NULL after a report. */
struct image_overlay *image_overlay_new (struct image_server *server,
                                         uint64_t disk_size);
void image_overlay_free (struct image_overlay *o);      /* NULL is allowed */

uint64_t image_overlay_size (const struct image_overlay *o);

/* LEN bytes at OFFSET.  0, or -1 after a report: beyond the disk, the server fails;
 * for a write also: there would be more than IMAGE_PATCH_MAX_DATA bytes of changed
 * blocks. */
int image_overlay_read (struct image_overlay *o, void *buf, size_t len,
                        uint64_t offset);
int image_overlay_write (struct image_overlay *o, const void *buf, size_t len,
                         uint64_t offset);

/* What differs from the image now, in blocks of 4 KiB, added to PATCH, which is
 * empty but for its disk size.  What was written and is the same as before is no
 * change.  0, or -1 after a report. */
int image_overlay_to_patch (const struct image_overlay *o,
                            struct image_patch *patch);

#endif
