/* SPDX-License-Identifier: MIT */
/* The first look at an image on an NBD server, before nbdkit is started for it. */

#ifndef FLASH_REMOTE_IMAGES_H
#define FLASH_REMOTE_IMAGES_H

#include "image-location.h"
#include "remote-server.h"

/* Whether the image of LOCATION can be had: 0, or -1 after a report that names what
 * is there instead. */
int remote_images_look (const struct image_location *location);

/* Of LIST, up to MAX names that were probably meant by WANTED, the likeliest first,
 * into NEAR.  Returns their number. */
size_t remote_images_near (const struct remote_list *list, const char *wanted,
                           const char *near[], size_t max);

#endif
