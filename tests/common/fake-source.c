/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake-source.h"
#include "image-support.h"

struct fake_decoder
{
  struct fake_source *source;
  uint64_t number, offset;
};

void
fake_source_init (struct fake_source *source, uint64_t disk_size,
                  uint64_t block_size)
{
  memset (source, 0, sizeof *source);
  source->disk_size = disk_size;
  source->block_size = block_size;
  source->bad_block = UINT64_MAX;
  source->decoder_memory = 1000;
}

/* Millions of bytes: the thread sanitizer would take minutes to watch each of them.
 * What is shared is written and compared a piece at a time, which it does watch. */
#define UNWATCHED __attribute__ ((no_sanitize ("thread")))
#define PIECE 4096

UNWATCHED bool
fake_hole (const struct fake_source *source, uint64_t offset)
{
  return source->holes > 0 && offset / source->holes % 4 == 3;
}

UNWATCHED unsigned char
fake_byte (uint64_t offset)
{
  return (unsigned char) (offset * 7 + offset / 253 + (offset >> 16));
}

/* The bytes at OFFSET, with the holes of SOURCE, or if it is NULL with none. */
static UNWATCHED void
make_piece (unsigned char *piece, size_t len, uint64_t offset,
            const struct fake_source *source)
{
  for (size_t i = 0; i < len; i++)
    piece[i] = source && fake_hole (source, offset + i) ? 0 : fake_byte (offset + i);
}

void
check_fake_bytes (const unsigned char *buf, size_t len, uint64_t offset)
{
  unsigned char piece[PIECE];

  for (size_t done = 0; done < len; done += PIECE) {
    size_t n = len - done < PIECE ? len - done : PIECE;

    make_piece (piece, n, offset + done, NULL);
    if (memcmp (buf + done, piece, n) != 0)
      fail_msg ("a wrong byte in the %zu at %llu", n,
                (unsigned long long) (offset + done));
  }
}

static void
locate (void *opaque, uint64_t offset, struct block *block)
{
  struct fake_source *source = opaque;

  if (offset >= source->disk_size)
    abort ();                   /* as formats do that look it up in an index */
  block->number = offset / source->block_size;
  block->offset = block->number * source->block_size;
  block->size = source->block_size;
  block->last = block->offset + block->size >= source->disk_size;
  block->alone = source->block_size >= source->disk_size;
  if (block->last)
    block->size = source->disk_size - block->offset;
}

static uint64_t
decoder_memory (void *opaque, const struct block *block)
{
  const struct fake_source *source = opaque;

  (void) block;
  return source->decoder_memory;
}

static void *
start (void *opaque, const struct block *block, struct fault *fault)
{
  struct fake_source *source = opaque;
  struct fake_decoder *d = malloc (sizeof *d);

  d->source = source;
  d->offset = block->offset;
  d->number = block->offset / source->block_size;
  source->starts++;
  source->started[d->number % 256]++;
  if (d->number == source->bad_block) {
    free (d);
    fault_set (fault, EBADMSG, "bad Block");
    return NULL;
  }
  if (source->busy[d->number % 256]++ > 0)
    source->twice++;
  unsigned running = ++source->running;
  if (running > source->most_running)
    source->most_running = running;
  return d;
}

static ssize_t
next (void *decoder, void *buf, size_t len, struct fault *fault)
{
  struct fake_decoder *d = decoder;

  (void) fault;
  if (d->offset + len > d->source->disk_size)
    len = (size_t) (d->source->disk_size - d->offset);
  for (size_t done = 0; done < len; done += PIECE) {
    unsigned char piece[PIECE];
    size_t n = len - done < PIECE ? len - done : PIECE;

    make_piece (piece, n, d->offset + done, d->source);
    memcpy ((unsigned char *) buf + done, piece, n);
  }
  d->offset += len;
  d->source->bytes += len;
  if (d->source->delay_us)
    usleep (d->source->delay_us);
  return (ssize_t) len;
}

static void
stop (void *decoder)
{
  struct fake_decoder *d = decoder;

  if (!d)
    return;
  d->source->busy[d->number % 256]--;
  d->source->running--;
  free (d);
}

const struct block_source fake_source = {
  .proven = true,
  .locate = locate,
  .decoder_memory = decoder_memory,
  .start = start,
  .next = next,
  .stop = stop,
};
