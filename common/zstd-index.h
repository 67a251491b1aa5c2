/* SPDX-License-Identifier: MIT */
/* The spans of a .zst file: rows of consecutive frames, each of which can be
 * decoded on its own.  Small frames are put together, so that a span has 1 MiB
 * of the disk view at least, and more where there would be too many spans else.
 *
 * Reading it decodes nothing; so the size of a span whose frames do not tell
 * their content's size is unknown at first.  Constant when all are known, and
 * thread safe from then on. */

#ifndef FLASHIMAGE_ZSTD_INDEX_H
#define FLASHIMAGE_ZSTD_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zstd-frame.h"

struct zstd_index;
struct scan_reader;
struct scan_writer;

struct zstd_span
{
  uint64_t frame;               /* the number of its first frame, from 1 */
  uint64_t stored_offset, stored_end;
  uint64_t disk_offset;         /* known when all sizes are */
  uint64_t disk_size;           /* or ZSTD_SIZE_UNKNOWN */
  uint64_t bound;               /* DISK_SIZE is no larger */
  uint64_t window;              /* bytes that a decoder keeps at most */
};

/* By the seek table, if it agrees with the frames' headers, else by walking
 * from frame to frame.  NULL with FAULT set. */
struct zstd_index *zstd_index_read (const struct image *im, struct fault *fault);
void zstd_index_free (struct zstd_index *index);        /* NULL is allowed */

size_t zstd_index_nr_spans (const struct zstd_index *index);
const struct zstd_span *zstd_index_span (const struct zstd_index *index, size_t i);

/* Whether all sizes are known; the size of the disk view is, then. */
bool zstd_index_is_sized (const struct zstd_index *index);
uint64_t zstd_index_disk_size (const struct zstd_index *index);

/* The number of the span that holds OFFSET of the disk view. */
size_t zstd_index_locate (const struct zstd_index *index, uint64_t offset);

/* Set a size that was found by decoding; when the last one is known: 0, or -1
 * with FAULT set, the disk view is too large.  One thread at a time. */
int zstd_index_set_size (struct zstd_index *index, size_t i, uint64_t size,
                         struct fault *fault);

/* What protects the frames: "xxh64", "none" or "mixed". */
const char *zstd_index_check_name (const struct zstd_index *index);

/* For a remembered scan.  Loading gives NULL when there is no sense in it. */
void zstd_index_save (const struct zstd_index *index, struct scan_writer *w);
struct zstd_index *zstd_index_load (const struct image *im, struct scan_reader *r,
                                    uint64_t disk_size);

#endif
