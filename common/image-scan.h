/* SPDX-License-Identifier: MIT */
/* The full scan: proves an image whole, from its first stored byte to its last. */

#ifndef FLASHIMAGE_IMAGE_SCAN_H
#define FLASHIMAGE_IMAGE_SCAN_H

#include <stdbool.h>
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
 * all decoding threads that the image was opened with.
 *
 * A verdict "intact" holds as long as the file is not changed: it is remembered
 * (image_options.index_dir), and when it is known this returns at once, with one
 * call of PROGRESS.  Of several callers at a time one scans, the others wait for
 * it. */
int image_scan (struct image *im, image_scan_progress progress, void *opaque,
                struct image_scan_result *result,
                char *error, size_t error_size);

/* Whether the verdict is known, remembered or from a scan in this process, so that
 * image_scan returns at once.  Never true of a block device, which may change
 * unseen. */
bool image_is_scanned (struct image *im);

/* Whether a scan would not have to decode anything, because readers have caused all
 * of the image to be decoded: it only digests the stored bytes.  Costs little. */
bool image_is_decoded (struct image *im);

/* The SHA-256 of the stored view, which no scan makes: whoever has made it may have
 * it remembered with the scan, made before or later.  False: nobody has told it, in
 * this life of the image or in the one that is remembered. */
void image_set_sha256 (struct image *im, const unsigned char hash[32]);
bool image_get_sha256 (struct image *im, unsigned char hash[32]);

/* For debugging: why the scan of this image was not taken back or not kept, or ""
 * if it was.  No error for anyone who reads the image, so nobody is told. */
void image_describe_index (struct image *im, char *text, size_t size);

#endif
