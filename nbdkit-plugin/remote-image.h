/* SPDX-License-Identifier: MIT */
/* The image behind an NBD URI: relayed from a server of ours, else decoded
 * from the bytes of the export. */

#ifndef FLASHIMAGE_REMOTE_IMAGE_H
#define FLASHIMAGE_REMOTE_IMAGE_H

#include "image.h"
#include "nbd-server.h"

/* SERVER must outlive it.  Nothing is retried.  No thread is started.  NULL,
 * reported. */
struct image *remote_image_open (struct nbd_server *server,
                                 const struct image_options *options);

#endif
