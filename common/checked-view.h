/* SPDX-License-Identifier: MIT */
/* The two views of an image whose source is remote (byte-source.h): read
 * ahead, and the disk view held against its digests.
 *
 * The first bytes that come of a chunk, or a table that the server gives,
 * decide what its digest is; whatever comes later and is something else is
 * refused (EIO).  So nobody gets a mixture of two images, although a server
 * may exchange one for the other at any time. */

#ifndef FLASHIMAGE_CHECKED_VIEW_H
#define FLASHIMAGE_CHECKED_VIEW_H

#include "image-ops.h"

/* For IM, opened just now.  NULL with FAULT set. */
struct checked_view *checked_view_new (struct image *im, struct fault *fault);

/* Ends the reading of the disk view, and later of all: NULL is allowed. */
void checked_view_stop (struct checked_view *view);
void checked_view_free (struct checked_view *view);

/* As image_ops.pread. */
int checked_view_read (struct checked_view *view, void *buf, size_t len,
                       uint64_t offset, struct fault *fault);
/* The range lies in the stored view. */
int checked_view_read_stored (struct checked_view *view, void *buf, size_t len,
                              uint64_t offset, struct fault *fault);

/* As image_ops.extents, for formats that are `flat`. */
int checked_view_extents (struct checked_view *view, uint64_t offset,
                          uint64_t count, struct extent_walk *walk,
                          struct fault *fault);
void checked_view_prefetch (struct checked_view *view, uint64_t count,
                            uint64_t offset);
void checked_view_statistics (struct checked_view *view,
                              struct image_statistics *statistics);

#endif
