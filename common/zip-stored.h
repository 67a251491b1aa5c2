/* SPDX-License-Identifier: MIT */
/* An image that lies uncompressed in a zip archive: the disk view is a part of the
 * stored view. */

#ifndef FLASHIMAGE_ZIP_STORED_H
#define FLASHIMAGE_ZIP_STORED_H

#include "image-ops.h"
#include "zip-directory.h"

/* Makes IM's state and gives it the operations for this.  ENTRY is copied. */
int zip_stored_open (struct image *im, const struct zip_entry *entry,
                     struct fault *fault);

#endif
