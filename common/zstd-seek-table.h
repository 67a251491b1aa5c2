/* SPDX-License-Identifier: MIT */
/* The seek table at the end of a seekable .zst file
 * (zstd_seekable_compression_format.md of the zstd project, version 0.1.0): the
 * stored size and the content size of each frame.  It is a hint: what it says
 * is to be held against the frames.  Not thread safe. */

#ifndef FLASHIMAGE_ZSTD_SEEK_TABLE_H
#define FLASHIMAGE_ZSTD_SEEK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct zstd_seek_table;
struct fault;
struct image;

/* NULL with FAULT->errnum 0: there is none that makes sense.  NULL with FAULT
 * set otherwise. */
struct zstd_seek_table *zstd_seek_table_read (const struct image *im,
                                              struct fault *fault);
void zstd_seek_table_free (struct zstd_seek_table *table); /* NULL is allowed */

/* Where the table's own frame begins: the frames that it lists end there. */
uint64_t zstd_seek_table_offset (const struct zstd_seek_table *table);

/* The next entry: 1, 0 when there are no more, -1 with FAULT set. */
int zstd_seek_table_next (struct zstd_seek_table *table, uint64_t *stored_size,
                          uint64_t *content_size, struct fault *fault);

#endif
