/* SPDX-License-Identifier: MIT */
/* What the list of exports says: their names, and a few words on each in the form of
 * common/image-description.h.  Thread safe. */

#ifndef FLASHIMAGE_EXPORT_LIST_H
#define FLASHIMAGE_EXPORT_LIST_H

#include "companion-files.h"
#include "export-name.h"
#include "image-description.h"
#include "image-directory.h"
#include "image-table.h"

struct nbdkit_exports;

/* One VIEW of an image, whose FILES have been read. */
void export_list_describe (const struct served_image *served,
                           const struct companion_files *files, enum view view,
                           char text[IMAGE_DESCRIPTION_SIZE]);

/* The views of one image.  0, or -1, reported. */
int export_list_add_views (struct nbdkit_exports *list,
                           const struct served_image *served,
                           const struct companion_files *files);

/* The images of a folder: those in TABLE, and others that are opened by OPTIONS just
 * for this.  0, or -1, reported. */
int export_list_add_images (struct nbdkit_exports *list,
                            const struct image_directory *dir,
                            struct image_table *table,
                            const struct image_options *options);

#endif
