/* SPDX-License-Identifier: MIT */
/* The command lines of the nbdkits that serve an image (image-server.h). */

#ifndef FLASH_NBDKIT_ARGUMENTS_H
#define FLASH_NBDKIT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "image-location.h"

#define NBDKIT_ARGUMENTS_MAX 24

struct nbdkit_arguments
{
  char *argv[NBDKIT_ARGUMENTS_MAX + 1]; /* owned; a NULL at the end */
  size_t nr;
};

/* Both: to be freed with nbdkit_arguments_free; NULL after a report. */

/* The one with our plugin, on SOCKET: from the file itself, or through the RELAY.
 * SHARED: for several boards. */
struct nbdkit_arguments *
nbdkit_arguments_front (const struct image_location *location, const char *socket,
                        const char *relay, bool rescan, bool shared);
/* The one that speaks to the image's server. */
struct nbdkit_arguments *
nbdkit_arguments_relay (const struct image_location *location, const char *socket);

void nbdkit_arguments_free (struct nbdkit_arguments *arguments);        /* or NULL */

#endif
