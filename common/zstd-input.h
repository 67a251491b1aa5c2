/* SPDX-License-Identifier: MIT */
/* Small looks at the stored bytes of an image, mostly at rising offsets: a
 * buffer that is large where looks lie close together and small where they do
 * not.  Not thread safe. */

#ifndef FLASHIMAGE_ZSTD_INPUT_H
#define FLASHIMAGE_ZSTD_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct fault;
struct image;

#define ZSTD_INPUT_BUFFER (64 * 1024)

struct zstd_input
{
  const struct image *im;
  uint64_t offset;              /* in the file, of the bytes in BUF */
  size_t len;
  unsigned char buf[ZSTD_INPUT_BUFFER];
};

/* NULL: no memory.  Freed with free (). */
struct zstd_input *zstd_input_new (const struct image *im);

/* Look at up to WANT bytes (not more than 64) at OFFSET: at *BYTES until the
 * next call.  Returns how many there are, fewer only at the file's end; -1 with
 * FAULT set. */
int zstd_input_look (struct zstd_input *input, uint64_t offset, size_t want,
                     const unsigned char **bytes, struct fault *fault);

/* Little-endian numbers, as all of the zstd format is. */
static inline uint64_t
zstd_number (const unsigned char *bytes, size_t size)
{
  uint64_t number = 0;

  while (size-- > 0)
    number = number << 8 | bytes[size];
  return number;
}

#endif
