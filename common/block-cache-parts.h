/* SPDX-License-Identifier: MIT */
/* Inside block-cache: what its files share.
 *
 *   block-cache.c    who uses it; reads
 *   block-ahead.c    what is decoded before a reader asks for it
 *   block-queue.c    the threads: which Block is next, and how far
 *   block-room.c     the memory: what is dropped for it
 *   block-entry.c    one Block, the lists, the table
 *
 * No callback of a source and no copying is done under the cache's lock; so a
 * source may take locks of its own, and call block_cache_charge. */

#ifndef FLASHIMAGE_BLOCK_CACHE_PARTS_H
#define FLASHIMAGE_BLOCK_CACHE_PARTS_H

#include <pthread.h>

#include "block-cache.h"
#include "block-entry.h"
#include "block-memory.h"
#include "sequential-readers.h"

struct block_cache
{
  uint64_t memory_limit;        /* constant, as is MAX_THREADS */
  unsigned max_threads;

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t work;          /* for the threads: look at the queue */
  pthread_cond_t left;          /* a thread has let go of a leaving user's Block */
  bool stopping;
  bool shared;                  /* see block_cache_share */
  struct block_cache_user *users;
  struct entry_table table;

  /* An entry is in one of these, but in DECODING in none. */
  struct entry_list queue;      /* QUEUED */
  struct entry_list paused;     /* PAUSED */
  struct entry_list consumed;   /* READY, all of it was read */
  struct entry_list begun;      /* READY, something of it was read */
  struct entry_list fresh;      /* READY, nothing was read */
  struct entry_list failed;     /* FAILED */
  unsigned nr_failed;

  struct entry_list dropped;    /* to be freed without the lock */
  struct block_memory_pool spare;
  struct block_memory_pool unmapped;    /* to be freed without the lock */
  uint64_t memory, memory_peak; /* SPARE is part of it */
  uint64_t fresh_size;          /* of the entries that no reader has wanted yet */
  uint64_t clock;               /* counts Blocks decoded */
  uint64_t nr_ready;
  bool short_of_room;           /* a QUEUED entry waits for memory */

  unsigned decoding;            /* entries in DECODING */
  unsigned idle;                /* threads that wait for WORK */
  unsigned called;              /* of these, how many were signalled */
  unsigned nr_threads;
  pthread_t *threads;
};

struct block_cache_user
{
  struct block_cache *cache;    /* constant, as are the next three */
  const struct block_source *source;
  void *opaque;
  struct scan_record *record;

  struct block_cache_user *next;        /* the rest: the cache's lock */
  bool leaving;
  unsigned decoders;            /* that a thread runs or stops just now */
  struct sequential_readers readers;
  bool has_readers;             /* besides those who only ask for extents */
  uint64_t guessed;             /* bytes of extents, since the last read */
  uint64_t extents_end;         /* of those told last */
  unsigned char *started;       /* a bit for each Block whose decoding was begun */
  size_t started_size;          /* bytes */
  uint64_t again_size;          /* of Blocks that rising readers had decoded again */
  uint64_t hits, waits, decoded, dropped, restarts, resumed, again;
};

/* Release the lock and free what was dropped under it. */
void block_cache_unlock (struct block_cache *cache);

/* -- block-cache.c: all of these are called with the lock. */

/* The entry of BLOCK, found or new (then QUEUED).  DECODER_MEMORY is asked for
 * without the lock, so that the lock is released for a while.  NULL: no memory. */
struct block_entry *block_cache_get (struct block_cache_user *user,
                                     const struct block *block);

/* -- block-room.c: all of these are called with the lock. */

/* Make room for the data and the decoder of E, take the data's memory out of the
 * pool if it is there, and charge E with all of it: false when that is not possible now.
 * FOR_READER: for one that waits.  FORCE: beyond the limit, if it must be. */
bool block_room_make (struct block_cache *cache, struct block_entry *e,
                      bool for_reader, bool force);

/* How many readers in rising order all images have together. */
unsigned block_room_active_readers (const struct block_cache *cache);

/* Take E, which nobody decodes, out of the cache. */
void block_room_drop (struct block_cache *cache, struct block_entry *e);

/* One of USER->decoders is done with. */
void block_room_user_done (struct block_cache_user *user);

/* E's decoder is gone. */
void block_room_decoder_gone (struct block_cache *cache, struct block_entry *e);

/* E has failed, and is in no list: keep the cause for its readers. */
void block_room_fail (struct block_cache *cache, struct block_entry *e,
                      const struct fault *fault);

/* Note that E, which is READY, PAUSED or FAILED, was used, and put it in the list
 * where it belongs now. */
void block_room_sort (struct block_cache *cache, struct block_entry *e);

/* A reader wants E: it is not fresh any more. */
void block_room_note_reader (struct block_cache *cache, struct block_entry *e);

/* -- block-queue.c: all of these are called with the lock. */

/* See to it that there is a thread at all. */
int block_queue_start (struct block_cache *cache, struct fault *fault);

/* Have E decoded up to GOAL. */
void block_queue_add (struct block_cache *cache, struct block_entry *e,
                      uint64_t goal);

/* Have a thread look at the queue. */
void block_queue_call (struct block_cache *cache);

/* -- block-ahead.c: without the lock. */

/* Queue the Blocks that a reader in rising order will want after BLOCK. */
void block_ahead_of_reader (struct block_cache_user *user,
                            const struct block *block);

#endif
