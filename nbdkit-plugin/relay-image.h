/* SPDX-License-Identifier: MIT */
/* An image that another server of ours has open (docs/protocol.md, section
 * 1): its views come from there as they are, and nothing is decoded here.
 * What it says of the scan is passed on, and the disk view is held against
 * its digests. */

#ifndef FLASHIMAGE_RELAY_IMAGE_H
#define FLASHIMAGE_RELAY_IMAGE_H

#include "image.h"
#include "integrity-record.h"
#include "nbd-server.h"

/* RECORD: what the server says at first.  NULL, reported. */
struct image *relay_image_open (struct nbd_server *server,
                                const struct integrity *record,
                                const struct image_options *options);

#endif
