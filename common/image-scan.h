/* SPDX-License-Identifier: MIT */
/* The full scan: proves an image whole, from its first stored byte to its last. */

#ifndef FLASHIMAGE_IMAGE_SCAN_H
#define FLASHIMAGE_IMAGE_SCAN_H

#include <stdint.h>

#include "image.h"

struct image_scan_result
{
  uint64_t disk_size;              /* bytes */
  unsigned char stored_digest[16]; /* XXH3-128 of the stored view, canonical */
  char check[16];                  /* see docs/protocol.md, integrity export */
  char notes[512];                 /* zero or more lines, each ends in \n */
};

/* Called now and then with the stored bytes done so far; a nonzero return
 * cancels the scan (ECANCELED).  Called from one thread at a time. */
typedef int (*image_scan_progress) (void *opaque, uint64_t done, uint64_t total);

/* Verifies every Check, the Index, gzip's CRC and length.  On damage: -1,
 * errno EBADMSG, and the cause, with its offset, in ERROR (ERROR_SIZE bytes,
 * always terminated); report_error is not called for damage.  Uses
 * all decoding threads that the image was opened with. */
int image_scan (struct image *im, image_scan_progress progress, void *opaque,
                struct image_scan_result *result,
                char *error, size_t error_size);

#endif
