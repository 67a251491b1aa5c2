/* SPDX-License-Identifier: MIT */
/* Whole decoded Blocks in memory, and the threads that decode them: what a
 * reader waits for first, then, ahead of readers in rising order, what they will
 * ask for next.  No Block is decoded by two threads at once.
 *
 * Thread safe.  Threads are started by the first read. */

#ifndef FLASHIMAGE_BLOCK_CACHE_H
#define FLASHIMAGE_BLOCK_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "block-source.h"

struct block_cache;
struct scan_record;
struct image_statistics;

/* SOURCE is called with OPAQUE.  RECORD, if not NULL, learns from each decoded
 * Block.  Decoded Blocks and running decoders together stay below MEMORY_LIMIT
 * bytes, unless one Block alone needs more.  NULL with FAULT set. */
struct block_cache *block_cache_new (const struct block_source *source,
                                     void *opaque, struct scan_record *record,
                                     uint64_t memory_limit, unsigned threads,
                                     struct fault *fault);
/* No read may be under way.  NULL is allowed. */
void block_cache_free (struct block_cache *cache);

/* Read LEN bytes at OFFSET of the disk view, all of which lie in BLOCK.  With
 * LEN 0 the Block is decoded all the same.  0, or -1 with FAULT set. */
int block_cache_read (struct block_cache *cache, const struct block *block,
                      void *buf, size_t len, uint64_t offset,
                      struct fault *fault);

void block_cache_statistics (struct block_cache *cache,
                             struct image_statistics *statistics);

#endif
