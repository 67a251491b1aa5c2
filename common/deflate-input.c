/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "deflate-input.h"
#include "digest.h"
#include "image-ops.h"

void
deflate_input_start (struct deflate_input *in, const struct image *im,
                     struct digest_state *digest, uint64_t offset)
{
  memset (in->buf, 0, INFLATER_HEADROOM);
  in->im = im;
  in->digest = digest;
  in->end = im->stored_size;
  in->read_offset = offset;
  in->next = in->buf + INFLATER_HEADROOM;
  in->avail = 0;
}

uint64_t
deflate_input_offset (const struct deflate_input *in)
{
  return in->read_offset - in->avail;
}

int
deflate_input_fill (struct deflate_input *in, struct fault *fault)
{
  const uint64_t left = in->end - in->read_offset;
  const size_t n = left < DEFLATE_INPUT_SIZE ? (size_t) left
                                             : DEFLATE_INPUT_SIZE;
  unsigned char *start = in->buf + INFLATER_HEADROOM;

  if (n == 0)
    return 0;
  memmove (in->buf, in->next - INFLATER_HEADROOM, INFLATER_HEADROOM);
  in->next = start;
  if (image_read_stored (in->im, start, n, in->read_offset, fault) == -1)
    return -1;
  if (in->digest)
    digest_add (in->digest, start, n);
  in->read_offset += n;
  in->avail = n;
  return 0;
}

int
deflate_input_take (struct deflate_input *in, void *buf, uint64_t len,
                    struct fault *fault)
{
  unsigned char *p = buf;

  while (len > 0) {
    if (in->avail == 0 && deflate_input_fill (in, fault) == -1)
      return -1;
    if (in->avail == 0)
      return 0;
    size_t n = len < in->avail ? (size_t) len : in->avail;
    if (p) {
      memcpy (p, in->next, n);
      p += n;
    }
    in->next += n;
    in->avail -= n;
    len -= n;
  }
  return 1;
}
