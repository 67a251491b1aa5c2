/* SPDX-License-Identifier: MIT */
/* Inside block-cache: one Block in the cache, the lists that it moves through, and
 * the table that finds it.  Not thread safe: guarded by the cache's lock, all of
 * it, with the exceptions named at the fields. */

#ifndef FLASHIMAGE_BLOCK_ENTRY_H
#define FLASHIMAGE_BLOCK_ENTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "block-source.h"

struct block_cache_user;
struct hole_map;

/* A Block is decoded no farther than its goal.  PAUSED: it has come there, and its
 * decoder waits for a higher goal.  QUEUED: a thread shall go on with it (when it
 * has a decoder) or begin. */
enum entry_state
{
  ENTRY_QUEUED, ENTRY_DECODING, ENTRY_PAUSED, ENTRY_READY, ENTRY_FAILED
};

/* A reader that waits, on its own stack. */
struct entry_waiter
{
  uint64_t until;               /* for so many bytes of the Block */
  pthread_cond_t wake;
  struct entry_waiter *next;
};

struct entry_list
{
  struct block_entry *first, *last;     /* least recently put in first */
  uint64_t bytes;                       /* sizes of their Blocks together */
};

struct block_entry
{
  struct block_cache_user *user;        /* constant, as is BLOCK */
  struct block block;
  enum entry_state state;
  uint64_t goal;                /* bytes that are wanted */
  uint64_t done;                /* bytes that can be read */
  struct entry_waiter *waiters;
  unsigned pins;                /* readers that wait or copy */
  bool was_read;                /* a reader has wanted something of it */
  uint64_t memory;              /* of the cache's, charged to this entry */
  uint64_t decoder_memory;      /* what decoding takes beside the data */
  uint64_t stamp;               /* the cache's clock at its last use */
  struct fault *fault;          /* FAILED; NULL: no memory for the cause */

  /* The first DONE bytes of the data are constant.  What follows them, the
   * decoder, and LEARNED belong to the decoding thread in DECODING. */
  char *data;
  void *decoder;
  uint64_t learned;             /* bytes that the scan record knows */

  struct entry_list *list;      /* that it is in, or NULL */
  struct block_entry *next, *prev;
  struct block_entry *bucket_next;

  /* A bit for each granule of the disk view (HOLE_GRANULE) that the Block has a
   * part of: set until a reader has come to its end.  Whose granules are all read
   * is not likely to be wanted soon. */
  uint64_t nr_unread;
  unsigned char unread[];
};

#define ENTRY_BUCKETS 4096

struct entry_table
{
  struct block_entry *buckets[ENTRY_BUCKETS];
};

/* Move E to the end of LIST, out of the one that it is in; NULL: into none. */
void block_entry_move (struct block_entry *e, struct entry_list *list);

/* Access points that are thinned out make larger spans; so a Block is known by
 * its place and its size. */
struct block_entry *entry_table_find (const struct entry_table *table,
                                      const struct block_cache_user *user,
                                      const struct block *block);
void entry_table_add (struct entry_table *table, struct block_entry *e);
void entry_table_remove (struct entry_table *table, struct block_entry *e);

/* An entry for BLOCK, QUEUED, in no list and no table, with nothing wanted of it.
 * NULL: no memory. */
struct block_entry *block_entry_new (struct block_cache_user *user,
                                     const struct block *block,
                                     uint64_t decoder_memory);
/* NULL is allowed.  The data and the decoder are the caller's. */
void block_entry_free (struct block_entry *e);

/* Bytes of memory of the entry beside the data. */
uint64_t block_entry_overhead (const struct block *block);

/* Expect no reads of what HOLES knows to be zero. */
void block_entry_skip_holes (struct block_entry *e, struct hole_map *holes);

/* LEN bytes, FROM of the Block's start on, were read. */
void block_entry_note_read (struct block_entry *e, uint64_t from, uint64_t len);

/* Wake those who can go on: all in FAILED, else whose bytes have come. */
void block_entry_wake (struct block_entry *e);

#endif
