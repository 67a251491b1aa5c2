/* SPDX-License-Identifier: MIT */
/* One Block, decoded from its start towards its end by one thread, a little
 * ahead of its readers: for Blocks that are too large to be held in memory, and
 * for the first pass over a gzip file.
 *
 * What was decoded goes either into a spool file, which keeps everything, and
 * the thread runs to the end by itself; or into a ring in memory, which keeps
 * the most recent bytes.
 *
 * Bytes are handed out as they come: before the Check behind the Block's last byte
 * has been verified.  Then the read of that byte fails.
 *
 * Thread safe.  The thread is started by the first read. */

#ifndef FLASHIMAGE_BLOCK_STREAM_H
#define FLASHIMAGE_BLOCK_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "block-source.h"

struct block_stream;
struct scan_record;
struct spool;

struct block_stream_options
{
  struct spool *spool;          /* NULL: keep a ring */
  uint64_t ring_size;           /* bytes; a few MiB at least are taken */
  bool restartable;             /* a ring can go back by starting again */
  struct scan_record *record;   /* learns from what is decoded */
  struct block_cache *cache;    /* is charged for ring and decoder, if not NULL */
};

/* BLOCK's size may be BLOCK_SIZE_UNKNOWN: then space in the spool file is reserved
 * as it goes on, else it must have been reserved before.  NULL with FAULT set. */
struct block_stream *block_stream_new (const struct block_source *source,
                                       void *opaque, const struct block *block,
                                       const struct block_stream_options *options,
                                       struct fault *fault);
/* No read may be under way.  NULL is allowed. */
void block_stream_free (struct block_stream *stream);

/* Read up to LEN bytes at OFFSET of the disk view.  Returns how many: fewer only
 * at the end, or when the rest has left a ring that is not restartable
 * (BLOCK_STREAM_GONE if that is true of the first byte).  -1 with FAULT set. */
#define BLOCK_STREAM_GONE (-2)
ssize_t block_stream_read (struct block_stream *stream, void *buf, size_t len,
                           uint64_t offset, struct fault *fault);

/* Decode until OFFSET has been passed or the Block ends.  POLL, if not NULL, is
 * called about ten times a second without any lock; if it returns nonzero, this
 * fails with ECANCELED. */
int block_stream_run (struct block_stream *stream, uint64_t offset,
                      int (*poll) (void *poll_opaque), void *poll_opaque,
                      struct fault *fault);

/* Up to where the disk view is decoded, and in *ENDED whether that is its end. */
uint64_t block_stream_position (struct block_stream *stream, bool *ended);

/* Whether its thread has nothing more to do: at the end, or failed. */
bool block_stream_is_done (struct block_stream *stream);

/* How often it had to start again; its memory. */
uint64_t block_stream_restarts (struct block_stream *stream);
uint64_t block_stream_memory (struct block_stream *stream);

#endif
