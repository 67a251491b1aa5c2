/* SPDX-License-Identifier: MIT */
/* Where the write gets the image's disk view from: the tunnel (stream), or the
 * staged file, decoded here (ramfs); with the patch of the session over it, where
 * there is one.  One thread at a time. */

#ifndef FLASH_HELPER_IMAGE_SOURCE_H
#define FLASH_HELPER_IMAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash-settings.h"

/* The most bytes that one fill may ask for. */
#define IMAGE_SOURCE_MAX_FILL (16u << 20)

struct image_source;

struct image_source_ops
{
  int (*fill) (struct image_source *source, void *buf, size_t len,
               uint64_t offset);
  void (*close) (struct image_source *source);
};

/* The head of each kind's own struct. */
struct image_source
{
  const struct image_source_ops *ops;
  uint64_t payload;             /* bytes that the last fill needed from afar */
  bool all_zero;                /* the last fill is known to be zeroes */
};

/* The source that SETTINGS ask for; it has exactly disk_size bytes.  NULL after
 * report_error(), or, without one, when the session is over. */
struct image_source *image_source_open (const struct flash_settings *settings);

/* Put the LEN bytes at OFFSET into BUF; both lie within the image.  -1 likewise.
 * Blocks through broken tunnels. */
int image_source_fill (struct image_source *source, void *buf, size_t len,
                       uint64_t offset);

void image_source_close (struct image_source *source);  /* NULL is allowed */

/* The kinds.  A patched source is one of the others, INNER, which it owns, closed
 * also on failure. */
struct image_source *tunnel_source_open (const struct flash_settings *settings);
struct image_source *staged_source_open (const struct flash_settings *settings);
struct image_source *patched_source_open (struct image_source *inner,
                                          const struct flash_settings *settings);

#endif
