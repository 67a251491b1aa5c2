/* SPDX-License-Identifier: MIT */
/* A block_source whose bytes are a function of their offset, and which notes what
 * is asked of it. */

#ifndef FAKE_SOURCE_H
#define FAKE_SOURCE_H

#include <stdatomic.h>

#include "block-source.h"

struct fake_source
{
  uint64_t disk_size;
  uint64_t block_size;
  atomic_uint_least64_t bad_block;      /* a Block that fails, or UINT64_MAX */
  unsigned delay_us;            /* for each call of next */
  uint64_t decoder_memory;
  uint64_t holes;               /* see fake_hole; 0: none */
  atomic_uint_least64_t bytes;  /* decoded */
  atomic_uint starts;
  atomic_uint running;          /* decoders that exist now */
  atomic_uint most_running;
  atomic_uint started[256];     /* by number */
  atomic_uint twice;            /* a Block was decoded by two threads at once */
  atomic_uint busy[256];
};

extern const struct block_source fake_source;

void fake_source_init (struct fake_source *source, uint64_t disk_size,
                       uint64_t block_size);

/* The byte at OFFSET. */
unsigned char fake_byte (uint64_t offset);

/* Whether the byte at OFFSET of SOURCE is zero: of every four pieces of SOURCE->holes
 * bytes the last one is a hole. */
bool fake_hole (const struct fake_source *source, uint64_t offset);

/* Fail the test unless BUF holds the bytes at OFFSET. */
void check_fake_bytes (const unsigned char *buf, size_t len, uint64_t offset);

#endif
