/* SPDX-License-Identifier: MIT */
/* Bytes that are fetched in chunks of DIGEST_CHUNK bytes: cached, and
 * fetched ahead of readers in rising order by several threads.  Nothing of a
 * chunk is given out before all of it was fetched, and a fetch may refuse
 * it.
 *
 * Thread safe, except new and free. */

#ifndef FLASHIMAGE_CHUNK_VIEW_H
#define FLASHIMAGE_CHUNK_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

struct chunk_view;
struct extent_walk;
struct image_statistics;
struct scan_record;

struct chunk_view_options
{
  uint64_t memory;              /* bytes; 4 MiB at least are taken */
  unsigned threads;             /* fetches at a time */
  struct scan_record *record;   /* learns from what is fetched; NULL: none */
};

/* FETCH gets the LEN bytes at OFFSET, a chunk: 0, or -1 with FAULT set.  It is
 * called from several threads.  NULL with FAULT set. */
typedef int (*chunk_fetch) (void *opaque, void *buf, size_t len, uint64_t offset,
                            struct fault *fault);
struct chunk_view *chunk_view_new (chunk_fetch fetch, void *opaque,
                                   const struct chunk_view_options *options,
                                   struct fault *fault);
/* NULL is allowed.  A fetch under way is waited for. */
void chunk_view_free (struct chunk_view *view);

/* How many bytes there are, before anything else is called; may be
 * corrected. */
void chunk_view_set_size (struct chunk_view *view, uint64_t size);

/* The range must lie inside.  0, or -1 with FAULT set. */
int chunk_view_read (struct chunk_view *view, void *buf, size_t len,
                     uint64_t offset, struct fault *fault);
void chunk_view_prefetch (struct chunk_view *view, uint64_t count,
                          uint64_t offset);
/* As image_ops.extents; there must be a record. */
int chunk_view_extents (struct chunk_view *view, uint64_t offset, uint64_t count,
                        struct extent_walk *walk, struct fault *fault);

void chunk_view_statistics (struct chunk_view *view,
                            struct image_statistics *statistics);

#endif
