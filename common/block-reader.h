/* SPDX-License-Identifier: MIT */
/* Random access to a disk view that is made of Blocks: whole Blocks out of a
 * block-cache, or, where they are too large for that, by a block-stream.
 * Thread safe; offsets must lie in the disk view. */

#ifndef FLASHIMAGE_BLOCK_READER_H
#define FLASHIMAGE_BLOCK_READER_H

#include <stddef.h>
#include <stdint.h>

#include "block-source.h"

struct block_reader;
struct extent_walk;
struct scan_record;
struct image_options;
struct image_statistics;

/* OPTIONS must live as long as the reader and have its defaults filled in, the cache
 * too.  With
 * MAY_SPOOL large Blocks go to a spool file if there is a directory for it.  NULL
 * with FAULT set. */
struct block_reader *block_reader_new (const struct block_source *source,
                                       void *opaque, struct scan_record *record,
                                       const struct image_options *options,
                                       bool may_spool, struct fault *fault);
void block_reader_free (struct block_reader *reader);   /* NULL is allowed */

int block_reader_read (struct block_reader *reader, void *buf, size_t len,
                       uint64_t offset, struct fault *fault);

/* Begin to decode what a read of this range will need. */
void block_reader_prefetch (struct block_reader *reader, uint64_t count,
                            uint64_t offset);

/* Tell WALK the extents of a range, from its start on.  What is not known is
 * decoded, but only until there is something to tell; the rest of the range is
 * begun.  What would have to be decoded twice for it counts as data when there are
 * readers (block_cache_learn): a hole is a hint, decoding is dear. */
int block_reader_extents (struct block_reader *reader, uint64_t offset,
                          uint64_t count, struct extent_walk *walk,
                          struct fault *fault);

void block_reader_statistics (struct block_reader *reader,
                              struct image_statistics *statistics);

#endif
