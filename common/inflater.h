/* SPDX-License-Identifier: MIT */
/* A decoder of raw deflate data (RFC 1951) that can begin between any two deflate
 * blocks and tell where it stands between two blocks: what access points are made
 * of.
 *
 * There are two implementations, of which each program links one: inflater-isal.c
 * (ISA-L, several times faster) and inflater-zlib.c.  A point that was laid by one
 * is good for the other.
 *
 * One inflater is used by one thread at a time. */

#ifndef FLASHIMAGE_INFLATER_H
#define FLASHIMAGE_INFLATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEFLATE_WINDOW_SIZE 32768

/* So many bytes before NEXT_IN must be there as they were read, because at the end
 * of the stream NEXT_IN may go back by as many. */
#define INFLATER_HEADROOM 8

enum inflater_result
{
  INFLATER_OK,          /* wants more input or more room */
  INFLATER_BOUNDARY,    /* between two blocks, as asked for */
  INFLATER_END,         /* the stream has ended; NEXT_IN is behind its last byte */
  INFLATER_DAMAGED,     /* inflater_cause says why */
  INFLATER_NO_MEMORY
};

/* What goes in and what comes out; inflater_run moves all four on. */
struct inflater_io
{
  const unsigned char *next_in;
  size_t avail_in;
  unsigned char *next_out;
  size_t avail_out;
};

struct inflater;

struct inflater *inflater_new (void);           /* NULL: no memory */
void inflater_free (struct inflater *inflater); /* NULL is allowed */

/* Begin between two blocks (or with a new stream): the WINDOW_SIZE bytes of WINDOW
 * came out before; of BYTE, which lies before the next byte that goes in, the
 * upper BITS bits (0-7) are still to be decoded.  False: no memory. */
bool inflater_start (struct inflater *inflater, const void *window,
                     size_t window_size, unsigned bits, unsigned char byte);

/* Decode until the input is used up or the room is full.  With SEEK_BOUNDARY it
 * also stops between two blocks, though not necessarily the next two.  Bytes that
 * went in may come out in a later call: the stream is truncated when there is no
 * more input and a call with room changes nothing. */
enum inflater_result inflater_run (struct inflater *inflater,
                                   struct inflater_io *io, bool seek_boundary);

/* Bits that have gone in but are not decoded yet.  After INFLATER_BOUNDARY. */
unsigned inflater_unused_bits (const struct inflater *inflater);

/* The last bytes that came out: copies them and returns how many these are, fewer
 * than DEFLATE_WINDOW_SIZE only near the start.  After INFLATER_BOUNDARY. */
size_t inflater_window (const struct inflater *inflater,
                        unsigned char window[DEFLATE_WINDOW_SIZE]);

/* After INFLATER_DAMAGED. */
const char *inflater_cause (const struct inflater *inflater);

/* Memory of one inflater, about. */
size_t inflater_memory (void);

/* The CRC-32 of RFC 1952 section 8, continued with LEN bytes from CRC (0 at
 * first). */
uint32_t inflater_crc32 (uint32_t crc, const void *buf, size_t len);

/* "zlib" or "ISA-L". */
const char *inflater_name (void);

#endif
