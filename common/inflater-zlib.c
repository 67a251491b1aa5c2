/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "inflater.h"

#define RAW_DEFLATE (-MAX_WBITS)
#define MEMORY (48 * 1024)      /* of zlib, with its window: zconf.h */
/* data_type after inflate with Z_BLOCK: see zlib.h */
#define UNUSED_BITS 7
#define LAST_BLOCK 64
#define BETWEEN_BLOCKS 128

struct inflater
{
  z_stream strm;
};

struct inflater *
inflater_new (void)
{
  struct inflater *inflater = calloc (1, sizeof *inflater);

  if (inflater && inflateInit2 (&inflater->strm, RAW_DEFLATE) != Z_OK) {
    free (inflater);
    return NULL;
  }
  return inflater;
}

void
inflater_free (struct inflater *inflater)
{
  if (!inflater)
    return;
  inflateEnd (&inflater->strm);
  free (inflater);
}

bool
inflater_start (struct inflater *inflater, const void *window,
                size_t window_size, unsigned bits, unsigned char byte)
{
  z_stream *strm = &inflater->strm;

  if (inflateReset (strm) != Z_OK)
    return false;
  if (bits > 0 && inflatePrime (strm, (int) bits, byte >> (8 - bits)) != Z_OK)
    return false;
  return window_size == 0
         || inflateSetDictionary (strm, window, (uInt) window_size) == Z_OK;
}

static uInt
bounded (size_t n)
{
  return n < UINT_MAX ? (uInt) n : UINT_MAX;
}

enum inflater_result
inflater_run (struct inflater *inflater, struct inflater_io *io,
              bool seek_boundary)
{
  z_stream *strm = &inflater->strm;
  const uInt in = bounded (io->avail_in), out = bounded (io->avail_out);

  strm->next_in = (unsigned char *) (uintptr_t) io->next_in;
  strm->avail_in = in;
  strm->next_out = io->next_out;
  strm->avail_out = out;
  int ret = inflate (strm, seek_boundary ? Z_BLOCK : Z_NO_FLUSH);
  io->next_in += in - strm->avail_in;
  io->avail_in -= in - strm->avail_in;
  io->next_out += out - strm->avail_out;
  io->avail_out -= out - strm->avail_out;

  if (ret == Z_STREAM_END)
    return INFLATER_END;
  if (ret == Z_MEM_ERROR)
    return INFLATER_NO_MEMORY;
  if (ret != Z_OK && ret != Z_BUF_ERROR)
    return INFLATER_DAMAGED;
  if (seek_boundary && (strm->data_type & BETWEEN_BLOCKS)
      && !(strm->data_type & LAST_BLOCK))
    return INFLATER_BOUNDARY;
  return INFLATER_OK;
}

unsigned
inflater_unused_bits (const struct inflater *inflater)
{
  return (unsigned) inflater->strm.data_type & UNUSED_BITS;
}

size_t
inflater_window (const struct inflater *inflater,
                 unsigned char window[DEFLATE_WINDOW_SIZE])
{
  z_stream *strm = (z_stream *) (uintptr_t) &inflater->strm;
  uInt size = 0;

  /* It cannot fail: the stream has been initialized. */
  inflateGetDictionary (strm, window, &size);
  return size;
}

const char *
inflater_cause (const struct inflater *inflater)
{
  return inflater->strm.msg ? inflater->strm.msg : "damaged data";
}

size_t
inflater_memory (void)
{
  return sizeof (struct inflater) + MEMORY;
}

uint32_t
inflater_crc32 (uint32_t crc, const void *buf, size_t len)
{
  return (uint32_t) crc32_z (crc, buf, len);
}

const char *
inflater_name (void)
{
  return "zlib";
}
