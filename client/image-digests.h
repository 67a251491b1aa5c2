/* SPDX-License-Identifier: MIT */
/* The image server's digests of the chunks of a disk view (docs/protocol.md,
 * section 1). */

#ifndef FLASH_IMAGE_DIGESTS_H
#define FLASH_IMAGE_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "image-server.h"

struct image_digests;

/* Of a disk view of DISK_SIZE bytes.  NULL after a report. */
struct image_digests *image_digests_open (struct image_server *server,
                                          uint64_t disk_size);
void image_digests_close (struct image_digests *d);     /* NULL is allowed */

/* The digests of COUNT chunks from FIRST on.  0, or -1 after a report. */
int image_digests_read (struct image_digests *d, uint64_t first, size_t count,
                        unsigned char (*digests)[DIGEST_SIZE]);

#endif
