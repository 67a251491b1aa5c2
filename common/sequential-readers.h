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
    uint64_t offset;    /* where its last request was */
    uint64_t used;      /* clock at its last request, 0: no reader */
    unsigned rising;    /* requests in rising order, up to a bound */
  } readers[SEQUENTIAL_READERS];
  uint64_t clock;
};

/* Note a read at OFFSET, in the Block of SIZE bytes at BLOCK.  Returns whether
 * it belongs to a reader in rising order. */
bool sequential_readers_note (struct sequential_readers *readers,
                              uint64_t block, uint64_t size, uint64_t offset);

#endif
