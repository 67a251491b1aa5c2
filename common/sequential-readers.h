/* SPDX-License-Identifier: MIT */
/* Tells readers in rising order from random ones, several of them at once, with
 * their requests in slight disorder (NBD clients keep many in flight).  Not
 * thread safe. */

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
    uint64_t block;     /* offset of the Block that it reads */
    uint64_t next;      /* the end of that Block */
    uint64_t before;    /* offset of the Block before that, or of itself */
    uint64_t start;     /* where it began */
    uint64_t offset;    /* where its last request was */
    uint64_t used;      /* clock at its last request, 0: no reader */
    unsigned rising;    /* requests in rising order, up to a bound */
    bool told;          /* that it is in rising order, in this Block */
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

/* Whether a sequential reader is behind OFFSET and will come there, which it will
 * not if another one reads a piece of the disk view there. */
bool sequential_readers_expected (const struct sequential_readers *readers,
                                  uint64_t offset);

/* How many sequential readers there have been lately. */
unsigned sequential_readers_active (const struct sequential_readers *readers);

#endif
