/* SPDX-License-Identifier: MIT */
/* Decoded Blocks in memory, and the threads that decode them, shared by any number
 * of images.
 *
 * What a reader waits for comes first, then, ahead of readers in rising order,
 * what they will ask for next.  A reader waits until the bytes that it asks for
 * are decoded, not for the rest of their Block; a Block that nobody wants more of is
 * left as it is, with its decoder, and is the first to go when memory is needed.
 * No Block is decoded by two threads at once.
 *
 * A Block that was read to its end is kept, within the limit, as long as another
 * reader in rising order of the same image is behind it; else only a few are, unless
 * the cache is shared.  What goes first, when memory is needed, is what no reader
 * will come to, then what the nearest reader has the longest way to.
 *
 * So bytes are handed out before the Check that follows them in the Block has been
 * verified; what proves a copy right is that its read of the Block's last byte
 * did not fail, or a full scan.
 *
 * Thread safe.  Threads are started by the first read. */

#ifndef FLASHIMAGE_BLOCK_CACHE_H
#define FLASHIMAGE_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block-source.h"

/* Larger Blocks are not decoded ahead into the cache: streams are for them. */
#define BLOCK_WHOLE_MAX (UINT64_C (256) << 20)

struct block_cache;
struct block_cache_user;
struct image_statistics;
struct scan_record;

/* Decoded Blocks, decoders, and whatever else was charged stay below
 * MEMORY_LIMIT bytes together, unless one Block alone needs more.  THREADS: more
 * than 0.  NULL with FAULT set. */
struct block_cache *block_cache_new (uint64_t memory_limit, unsigned threads,
                                     struct fault *fault);
/* All users must have left.  NULL is allowed. */
void block_cache_free (struct block_cache *cache);

uint64_t block_cache_memory_limit (const struct block_cache *cache);
unsigned block_cache_threads (const struct block_cache *cache);

/* There are several clients, who come when they like: keep what was read, within the
 * limit, for those who are yet to come.  An image is treated so by itself when much
 * of it had to be decoded again for readers in rising order. */
void block_cache_share (struct block_cache *cache);

/* BYTES more, or less, of memory elsewhere are to be counted: Blocks are dropped
 * for them. */
void block_cache_charge (struct block_cache *cache, uint64_t bytes);
void block_cache_uncharge (struct block_cache *cache, uint64_t bytes);

/* An image begins to use the cache.  SOURCE is called with OPAQUE, never while a
 * lock of the cache is held.  RECORD, if not NULL, learns from each decoded Block.
 * NULL with FAULT set. */
struct block_cache_user *block_cache_join (struct block_cache *cache,
                                           const struct block_source *source,
                                           void *opaque,
                                           struct scan_record *record,
                                           struct fault *fault);
/* Drop its Blocks, and wait until no thread decodes one.  None of its own reads
 * may be under way.  NULL is allowed. */
void block_cache_leave (struct block_cache_user *user);

/* Read LEN bytes at OFFSET of the disk view, all of which lie in BLOCK.  0, or -1
 * with FAULT set. */
int block_cache_read (struct block_cache_user *user, const struct block *block,
                      void *buf, size_t len, uint64_t offset,
                      struct fault *fault);

/* For the sake of extents: have the LEN bytes at OFFSET in BLOCK decoded and put
 * down in the record; with WHOLE all of the Block will be, later.  0, or -1 with
 * FAULT set.  BLOCK_CACHE_BUSY: so much has been decoded that waits for its
 * readers that more would push it out; only when there are readers. */
#define BLOCK_CACHE_BUSY 1
int block_cache_learn (struct block_cache_user *user, const struct block *block,
                       uint64_t len, uint64_t offset, bool whole,
                       struct fault *fault);

/* Extents from OFFSET on are asked for; they were told up to END, GUESSED bytes of
 * them without knowing. */
void block_cache_begin_extents (struct block_cache_user *user, uint64_t offset);
void block_cache_end_extents (struct block_cache_user *user, uint64_t end,
                              uint64_t guessed);

/* A reader has got the bytes at OFFSET in BLOCK from elsewhere: they are zero. */
void block_cache_skip (struct block_cache_user *user, const struct block *block,
                       uint64_t offset);

/* Begin to decode the Blocks of a range, as many as half of the memory holds. */
void block_cache_prefetch (struct block_cache_user *user, uint64_t count,
                           uint64_t offset);
/* The same for those of them whose holes are not known yet. */
void block_cache_begin_unknown (struct block_cache_user *user, uint64_t count,
                                uint64_t offset);

/* Adds what USER did; the memory is that of the whole cache. */
void block_cache_statistics (struct block_cache_user *user,
                             struct image_statistics *statistics);

#endif
