/* SPDX-License-Identifier: MIT */
/* The disk view through the tunnel: asks for the extents first, so that holes
 * don't travel, then for the data, many pieces at a time. */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image-source.h"
#include "received.h"
#include "report.h"
#include "tunnel-reader.h"

/* Extents count in grains of this size: a hole smaller than that is not worth a
 * request of its own, and every server's minimum block size divides it. */
#define GRAIN 65536
#define MAX_GRAINS (IMAGE_SOURCE_MAX_FILL / GRAIN + 1)

struct tunnel_source
{
  struct image_source head;
  struct tunnel_reader *reader;
  /* Of the fill that is going on: */
  uint64_t offset;
  bool has_data[MAX_GRAINS];    /* grain I begins at offset + I * GRAIN */
  size_t nr_pieces;
  struct nbd_piece pieces[MAX_GRAINS];
};

static void
take_extent (void *opaque, uint64_t offset, uint64_t length, bool zero)
{
  struct tunnel_source *s = opaque;
  uint64_t start = offset - s->offset, end = start + length;

  if (zero)
    return;
  for (uint64_t i = start / GRAIN; i <= (end - 1) / GRAIN; i++)
    s->has_data[i] = true;
}

/* One piece, or the last one made longer.  PIECE_SIZE is a multiple of GRAIN,
 * or the whole export is smaller than a piece. */
static void
add_grain (struct tunnel_source *s, unsigned char *buf, uint64_t offset,
           uint32_t len, uint32_t piece_size)
{
  struct nbd_piece *last = s->nr_pieces ? &s->pieces[s->nr_pieces - 1] : NULL;

  if (last && last->offset + last->len == offset
      && last->len + len <= piece_size)
    last->len += len;
  else
    s->pieces[s->nr_pieces++] = (struct nbd_piece) {
      .buf = buf, .offset = offset, .len = len,
    };
}

static int
fill (struct image_source *source, void *buf, size_t len, uint64_t offset)
{
  struct tunnel_source *s = (struct tunnel_source *) source;

  s->offset = offset;
  s->nr_pieces = 0;
  memset (s->has_data, 0, sizeof s->has_data);
  if (tunnel_reader_extents (s->reader, offset, len, take_extent, s) == -1)
    return -1;

  uint32_t piece_size = tunnel_reader_piece_size (s->reader);
  for (size_t done = 0; done < len; done += GRAIN) {
    uint32_t n = len - done < GRAIN ? (uint32_t) (len - done) : GRAIN;
    unsigned char *to = (unsigned char *) buf + done;

    if (s->has_data[done / GRAIN])
      add_grain (s, to, offset + done, n, piece_size);
    else
      memset (to, 0, n);
  }
  if (tunnel_reader_read (s->reader, s->pieces, s->nr_pieces) == -1)
    return -1;
  source->payload = 0;
  source->all_zero = s->nr_pieces == 0;
  for (size_t i = 0; i < s->nr_pieces; i++)
    source->payload += s->pieces[i].payload;
  return 0;
}

static void
close_source (struct image_source *source)
{
  struct tunnel_source *s = (struct tunnel_source *) source;

  tunnel_reader_close (s->reader);
  free (s);
}

static const struct image_source_ops ops = { fill, close_source };

struct image_source *
tunnel_source_open (const struct flash_settings *settings)
{
  struct tunnel_source *s = calloc (1, sizeof *s);

  if (!s) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading the image");
    return NULL;
  }
  s->head.ops = &ops;
  uint64_t *received = received_counter (RECEIVED_DISK);
  if (received)
    s->reader = tunnel_reader_open ("disk", settings->disk_size, received);
  if (!s->reader) {
    free (s);
    return NULL;
  }
  return &s->head;
}
