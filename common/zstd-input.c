/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "image-ops.h"
#include "zstd-input.h"

/* What is read where the next look may be far away: one page. */
#define FAR_SIZE 4096

struct zstd_input *
zstd_input_new (const struct image *im)
{
  struct zstd_input *input = malloc (sizeof *input);

  if (input) {
    input->im = im;
    input->offset = 0;
    input->len = 0;
  }
  return input;
}

int
zstd_input_look (struct zstd_input *input, uint64_t offset, size_t want,
                 const unsigned char **bytes, struct fault *fault)
{
  const uint64_t end = input->im->stored_size;
  const uint64_t held = input->offset + input->len;

  if (offset >= end)
    return 0;
  if (end - offset < want)
    want = (size_t) (end - offset);
  if (offset < input->offset || offset + want > held) {
    bool near = offset >= input->offset && offset < held + FAR_SIZE;
    size_t n = near ? ZSTD_INPUT_BUFFER : FAR_SIZE;

    if (end - offset < n)
      n = (size_t) (end - offset);
    input->len = 0;
    if (image_read_stored (input->im, input->buf, n, offset, fault) == -1)
      return -1;
    input->offset = offset;
    input->len = n;
  }
  *bytes = input->buf + (offset - input->offset);
  return (int) want;
}
