/* SPDX-License-Identifier: MIT */
/* The stored bytes of an image, from some offset on, as an inflater takes them.
 * One thread at a time. */

#ifndef FLASHIMAGE_DEFLATE_INPUT_H
#define FLASHIMAGE_DEFLATE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "inflater.h"

#define DEFLATE_INPUT_SIZE (128 * 1024)
/* ISA-L looks a block header ahead, within the bytes that it was given; this is
 * for the day when it gets that wrong. */
#define DEFLATE_INPUT_SLACK 512

struct digest_state;
struct fault;
struct image;

struct deflate_input
{
  const struct image *im;
  struct digest_state *digest;  /* takes all that is read; NULL: none; not owned */
  uint64_t end;                 /* stored offset at which reading ends */
  uint64_t read_offset;         /* stored offset behind the bytes in BUF */
  const unsigned char *next;    /* in BUF: what is not used yet */
  size_t avail;
  unsigned char buf[INFLATER_HEADROOM + DEFLATE_INPUT_SIZE + DEFLATE_INPUT_SLACK];
};

/* Begin at OFFSET; the end is the file's. */
void deflate_input_start (struct deflate_input *in, const struct image *im,
                          struct digest_state *digest, uint64_t offset);

/* Stored offset of the next byte. */
uint64_t deflate_input_offset (const struct deflate_input *in);

/* Read on, when nothing is left; nothing happens at the end.  0, or -1. */
int deflate_input_fill (struct deflate_input *in, struct fault *fault);

/* Take LEN bytes, to BUF if that is not NULL: 1, or 0 when fewer are left (which
 * are taken then), or -1. */
int deflate_input_take (struct deflate_input *in, void *buf, uint64_t len,
                        struct fault *fault);

#endif
