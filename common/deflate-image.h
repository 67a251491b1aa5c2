/* SPDX-License-Identifier: MIT */
/* Images that are deflate streams inside some framing: what .gz and .zip have in
 * common.  A first pass lays access points; it is a block-stream, which readers may
 * follow, and what has left its ring is inflated again from the points, by
 * block-reader. */

#ifndef FLASHIMAGE_DEFLATE_IMAGE_H
#define FLASHIMAGE_DEFLATE_IMAGE_H

#include "deflate-framing.h"
#include "image-ops.h"

/* How many bytes deflate makes of one at most (RFC 1951: 258 bytes from 2 bits). */
#define DEFLATE_RATIO_MAX 1032

struct deflate_format
{
  const struct deflate_framing *framing;
  void *opaque;                 /* the framing's state; freed with free() */
  /* The file states the size of its disk view, and the framing finds it damaged if
   * that is wrong. */
  bool stated;
  uint64_t stated_size;
  bool gzip_trailer;            /* the last 4 stored bytes are the size mod 2^32 */
};

/* Makes IM's state; takes FORMAT's OPAQUE over, on failure too. */
int deflate_image_open (struct image *im, const struct deflate_format *format,
                        struct fault *fault);

/* The operations of struct image_ops. */
void deflate_image_close (struct image *im);
int deflate_image_disk_size (struct image *im, uint64_t *size,
                             struct fault *fault);
bool deflate_image_peek_disk_size (struct image *im, uint64_t *size);
int deflate_image_pread (struct image *im, void *buf, size_t len,
                         uint64_t offset, struct fault *fault);
int deflate_image_extents (struct image *im, uint64_t offset, uint64_t count,
                           struct extent_walk *walk, struct fault *fault);
int deflate_image_scan (struct image *im, struct scan_run *run,
                        struct image_scan_result *result, struct fault *fault);
void deflate_image_statistics (struct image *im,
                               struct image_statistics *statistics);
void deflate_image_prefetch (struct image *im, uint64_t count, uint64_t offset);
void deflate_image_save (struct image *im, struct scan_writer *w);
bool deflate_image_load (struct image *im, struct scan_reader *r,
                         uint64_t disk_size);

#endif
