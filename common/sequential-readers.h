/* SPDX-License-Identifier: MIT */
/* Tells readers in rising order from random ones, several of them at once, with
 * their requests in disorder: NBD clients keep many in flight, over several
 * connections.  A reader is known by where it reads, not by its connection; two
 * that are as near to each other as one's disorder may be count as one, until they
 * are not.  Not thread safe. */

#ifndef FLASHIMAGE_SEQUENTIAL_READERS_H
#define FLASHIMAGE_SEQUENTIAL_READERS_H

#include <stdbool.h>
#include <stdint.h>

#define SEQUENTIAL_READERS 16

/* All zero at first. */
struct sequential_readers
{
  struct sequential_reader
  {
    uint64_t offset;    /* of the farthest of its requests */
    uint64_t block;     /* offset of the Block of that */
    uint64_t next;      /* the end of that Block */
    uint64_t start;     /* the Block where it began */
    uint64_t told;      /* in which Blocks it was said to be, by READER_ENTERS */
    uint64_t used;      /* clock at its last request, 0: no reader */
    unsigned rising;    /* requests in rising order, up to a bound */
    bool at_piece;      /* it has come to where another one began */
  } readers[SEQUENTIAL_READERS];
  uint64_t clock;
};

enum reader_order
{
  READER_RANDOM,
  READER_SEQUENTIAL,
  READER_ENTERS         /* sequential, and this was not said in this Block yet */
};

/* Note a read at OFFSET, in the Block of SIZE bytes at BLOCK, and tell of what kind
 * its reader is. */
enum reader_order sequential_readers_note (struct sequential_readers *readers,
                                           uint64_t block, uint64_t size,
                                           uint64_t offset);

/* Whether a sequential reader who began not long ago has read what is at OFFSET.
 * Clients with several connections give each a piece of the disk view: then the
 * reader of the piece before will not go on to there. */
bool sequential_readers_passed (const struct sequential_readers *readers,
                                uint64_t offset);

/* How many bytes are between the Block of SIZE bytes at BLOCK and the nearest
 * sequential reader who will come there; UINT64_MAX: nobody will.  Nobody will
 * where another one reads a piece of the disk view. */
uint64_t sequential_readers_distance (const struct sequential_readers *readers,
                                      uint64_t block, uint64_t size);

/* How many sequential readers there have been lately. */
unsigned sequential_readers_active (const struct sequential_readers *readers);

#endif
