/* SPDX-License-Identifier: MIT */
/* The first look at an image on a web server: through nbdkit, which knows HTTP. */

#ifndef FLASH_WEB_IMAGES_H
#define FLASH_WEB_IMAGES_H

#include "image-location.h"
#include "nbdkit-process.h"

/* Whether the image can be read through RELAY, which listens on SOCKET: 0, or -1
 * after a report of why not and what to do. */
int web_images_look (const struct image_location *location, const char *socket,
                     struct nbdkit_process *relay);

#endif
