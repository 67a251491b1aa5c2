/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bzip2-finder.h"
#include "bzip2-magic.h"
#include "image-ops.h"

#define BUFFER_SIZE (256 * 1024)
/* What is kept when the buffer is filled again: a magic number that is not yet
 * all there, and the stream header before it. */
#define KEEP 16
#define HEADER_SIZE 4
#define LEVEL_MAX 9

struct bzip2_finder
{
  const struct image *im;
  struct digest_state *digest;
  uint64_t offset;              /* stored offset of the bytes in BUF */
  size_t len;
  uint64_t next;                /* bit of BUF to look on from */
  unsigned level;
  unsigned char buf[BUFFER_SIZE];
};

struct bzip2_finder *
bzip2_finder_new (const struct image *im)
{
  struct bzip2_finder *finder = malloc (sizeof *finder);

  if (!finder)
    return NULL;
  memset (finder, 0, offsetof (struct bzip2_finder, buf));
  finder->im = im;
  finder->level = LEVEL_MAX;
  finder->digest = digest_new ();
  if (finder->digest)
    return finder;
  free (finder);
  return NULL;
}

void
bzip2_finder_free (struct bzip2_finder *finder)
{
  if (!finder)
    return;
  digest_free (finder->digest);
  free (finder);
}

int
bzip2_finder_skip (struct bzip2_finder *f, struct fault *fault)
{
  const size_t kept = f->len < KEEP ? f->len : KEEP;
  const uint64_t position = f->offset + f->len;
  uint64_t left = f->im->stored_size - position;
  size_t n = left < BUFFER_SIZE - KEEP ? (size_t) left : BUFFER_SIZE - KEEP;
  const uint64_t dropped = f->len - kept;

  if (n == 0)
    return 0;
  memmove (f->buf, f->buf + dropped, kept);
  f->len = kept;
  f->offset += dropped;
  if (image_read_stored (f->im, f->buf + kept, n, position, fault) == -1)
    return -1;
  digest_add (f->digest, f->buf + kept, n);
  f->len += n;
  f->next = f->next > 8 * dropped ? f->next - 8 * dropped : 0;
  return 1;
}

/* A block that comes right behind a stream header tells the level. */
static void
note_level (struct bzip2_finder *f, uint64_t bit)
{
  const unsigned char *p = f->buf + bit / 8;

  if (bit % 8 == 0 && bit / 8 >= HEADER_SIZE
      && memcmp (p - HEADER_SIZE, "BZh", 3) == 0 && p[-1] >= '1' && p[-1] <= '9')
    f->level = p[-1] - (unsigned) '0';
}

int
bzip2_finder_next (struct bzip2_finder *f, uint64_t *bit, unsigned *level,
                   struct fault *fault)
{
  uint64_t found;

  while (!bzip2_find_block (f->buf, f->len, f->next, &found)) {
    const uint64_t end = 8 * (uint64_t) f->len;

    /* A magic number that is not all there may begin in the last 47 bits. */
    if (end >= BZIP2_MAGIC_BITS && f->next < end - (BZIP2_MAGIC_BITS - 1))
      f->next = end - (BZIP2_MAGIC_BITS - 1);
    int r = bzip2_finder_skip (f, fault);
    if (r != 1)
      return r;
  }
  note_level (f, found);
  f->next = found + 1;
  *bit = 8 * f->offset + found;
  *level = f->level;
  return 1;
}

void
bzip2_finder_digest (const struct bzip2_finder *f,
                     unsigned char digest[DIGEST_SIZE])
{
  digest_get (f->digest, digest);
}
