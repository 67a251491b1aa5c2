/* SPDX-License-Identifier: MIT */
/* One connection to an export. */

#ifndef FLASHIMAGE_EXPORT_HANDLE_H
#define FLASHIMAGE_EXPORT_HANDLE_H

#include <stdint.h>

#include "exports.h"
#include "image-description.h"

struct export_handle;

/* Waits for what must be known first: the checksum of a companion file, the size
 * of the disk view.  NULL, reported. */
struct export_handle *export_handle_open (struct exports *exports,
                                          const char *name);
void export_handle_close (struct export_handle *h);

enum view export_handle_view (const struct export_handle *h);
uint64_t export_handle_size (const struct export_handle *h);
struct image *export_handle_image (const struct export_handle *h);
void export_handle_describe (const struct export_handle *h,
                             char text[IMAGE_DESCRIPTION_SIZE]);

/* COUNT bytes at OFFSET, which lie inside: 0, or -1, reported.  Thread safe. */
int export_handle_read (struct export_handle *h, void *buf, uint32_t count,
                        uint64_t offset);

#endif
