/* SPDX-License-Identifier: MIT */
/* The command lines of the nbdkits that serve an image (image-server.h). */

#ifndef FLASH_NBDKIT_ARGUMENTS_H
#define FLASH_NBDKIT_ARGUMENTS_H

#include <stdbool.h>

#include "argument-list.h"
#include "image-location.h"

/* Both: to be freed with argument_list_free; NULL after a report. */

/* The one with our plugin, on SOCKET: from the file itself, or through the RELAY.
 * SHARED: for several boards. */
struct argument_list *
nbdkit_arguments_front (const struct image_location *location, const char *socket,
                        const char *relay, bool rescan, bool shared);
/* The one that speaks to the image's server. */
struct argument_list *
nbdkit_arguments_relay (const struct image_location *location, const char *socket);

#endif
