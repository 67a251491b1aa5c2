/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "report.h"
#include "say.h"
#include "tunnel.h"
#include "tunnel-reader.h"

/* Errors of the server in a row, without a piece of data in between. */
#define MAX_FAILURES 5

struct tunnel_reader
{
  char *export_name;
  uint64_t size;
  unsigned failures;
  bool was_open;                /* the export answered at least once */
  struct tunnel tunnel;
  struct nbd_connection connection;
  struct nbd_reader *reader;    /* NULL: no tunnel at the moment */
};

static void
drop_tunnel (struct tunnel_reader *t)
{
  nbd_reader_close (t->reader);
  t->reader = NULL;
  tunnel_give_back (&t->tunnel);
}

/* After a failure on the connection: 0 when another tunnel may help. */
static int
judge_failure (struct tunnel_reader *t, uint64_t offset)
{
  int cause = errno;
  char text[24];

  drop_tunnel (t);
  if (cause != EPIPE) {
    t->failures++;
    if (cause == EINVAL || cause == ENOMEM || !t->was_open
        || t->failures >= MAX_FAILURES) {
      report_error (ERROR_IMAGE_NOT_SERVED, "%s", t->connection.failure);
      return -1;
    }
    say ("note", "text", t->connection.failure, NULL);
  }
  snprintf (text, sizeof text, "%" PRIu64, offset);
  say ("waiting", "offset", text, NULL);
  return 0;
}

/* Make sure that there is a tunnel with the export at its end. */
static int
connect_export (struct tunnel_reader *t, uint64_t offset)
{
  while (!t->reader) {
    if (tunnel_take (&t->tunnel) == -1)
      return -1;
    t->connection.in = t->tunnel.in;
    t->connection.out = t->tunnel.out;
    t->reader = nbd_reader_open (&t->connection, t->export_name);
    if (!t->reader && judge_failure (t, offset) == -1)
      return -1;
  }
  t->was_open = true;
  if (nbd_reader_size (t->reader) == t->size)
    return 0;
  report_error (ERROR_IMAGE_CHANGED,
                "the image server offers %" PRIu64 " bytes as \"%s\" instead of "
                "%" PRIu64 ": this is not the image of this session",
                nbd_reader_size (t->reader), t->export_name, t->size);
  return -1;
}

struct tunnel_reader *
tunnel_reader_open (const char *export_name, uint64_t size,
                    uint64_t *received)
{
  struct tunnel_reader *t = calloc (1, sizeof *t);

  if (!t || !(t->export_name = strdup (export_name))) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading through the tunnel");
    free (t);
    return NULL;
  }
  t->size = size;
  t->connection.received = received;
  t->tunnel = (struct tunnel) TUNNEL_NONE;
  if (connect_export (t, 0) == -1) {
    tunnel_reader_close (t);
    return NULL;
  }
  return t;
}

void
tunnel_reader_close (struct tunnel_reader *t)
{
  if (!t)
    return;
  drop_tunnel (t);
  free (t->export_name);
  free (t);
}

uint32_t
tunnel_reader_piece_size (const struct tunnel_reader *t)
{
  /* Of no reader in particular: it must hold for the next tunnel too. */
  return t->reader ? nbd_reader_piece_size (t->reader) : 65536;
}

/* Submit from NEXT on what is not done, as much as may be in flight. */
static int
submit_some (struct tunnel_reader *t, struct nbd_piece *pieces, size_t nr,
             size_t *next)
{
  for (; *next < nr && nbd_reader_in_flight (t->reader) < NBD_READER_DEPTH;
       (*next)++)
    if (!pieces[*next].done
        && nbd_reader_submit (t->reader, &pieces[*next]) == -1)
      return -1;
  return 0;
}

/* All of it through the present tunnel. */
static int
read_pieces (struct tunnel_reader *t, struct nbd_piece *pieces, size_t nr)
{
  size_t next = 0;

  for (;;) {
    if (submit_some (t, pieces, nr, &next) == -1)
      return -1;
    if (nbd_reader_in_flight (t->reader) == 0)
      return 0;
    if (!nbd_reader_complete (t->reader))
      return -1;
    t->failures = 0;
  }
}

int
tunnel_reader_read (struct tunnel_reader *t, struct nbd_piece *pieces,
                    size_t nr)
{
  if (nr == 0)
    return 0;
  for (;;) {
    if (connect_export (t, pieces[0].offset) == -1)
      return -1;
    if (read_pieces (t, pieces, nr) == 0)
      return 0;
    if (judge_failure (t, pieces[0].offset) == -1)
      return -1;
  }
}

int
tunnel_reader_extents (struct tunnel_reader *t, uint64_t offset, uint64_t count,
                       nbd_extent_fn fn, void *opaque)
{
  for (;;) {
    if (connect_export (t, offset) == -1)
      return -1;
    if (nbd_reader_extents (t->reader, offset, count, fn, opaque) == 0)
      return 0;
    if (judge_failure (t, offset) == -1)
      return -1;
  }
}

/* The pieces of a stream: a ring would keep them in order, but nothing needs
 * the order, so a piece that is done is simply used for the next range. */
struct stream
{
  struct nbd_piece pieces[NBD_READER_DEPTH];
  uint32_t piece_size;
  uint64_t next;                /* offset of what was not asked for yet */
  uint64_t size;
};

/* Let PIECE stand for the next range; a length of 0 when there is none. */
static void
assign_next (struct stream *s, struct nbd_piece *piece)
{
  uint64_t left = s->size - s->next;

  piece->offset = s->next;
  piece->len = left < s->piece_size ? (uint32_t) left : s->piece_size;
  piece->done = false;
  s->next += piece->len;
}

/* The lowest offset that has not come yet, HAVE (or NULL) counted as come. */
static uint64_t
lowest_missing (const struct stream *s, const struct nbd_piece *have)
{
  uint64_t lowest = s->next;

  for (size_t i = 0; i < NBD_READER_DEPTH; i++)
    if (&s->pieces[i] != have && s->pieces[i].len > 0
        && s->pieces[i].offset < lowest)
      lowest = s->pieces[i].offset;
  return lowest;
}

/* Through the present tunnel; -2: SINK failed. */
static int
stream_pieces (struct tunnel_reader *t, struct stream *s,
               tunnel_reader_sink sink, void *opaque)
{
  for (size_t i = 0; i < NBD_READER_DEPTH; i++)
    if (s->pieces[i].len > 0
        && nbd_reader_submit (t->reader, &s->pieces[i]) == -1)
      return -1;
  while (nbd_reader_in_flight (t->reader) > 0) {
    struct nbd_piece *piece = nbd_reader_complete (t->reader);
    if (!piece)
      return -1;
    t->failures = 0;
    if (sink (opaque, piece->buf, piece->len, piece->offset,
              lowest_missing (s, piece)) == -1)
      return -2;
    assign_next (s, piece);
    if (piece->len > 0 && nbd_reader_submit (t->reader, piece) == -1)
      return -1;
  }
  return 0;
}

int
tunnel_reader_stream (struct tunnel_reader *t, uint64_t start,
                      tunnel_reader_sink sink, void *opaque)
{
  struct stream s = {
    .piece_size = tunnel_reader_piece_size (t), .next = start, .size = t->size,
  };
  CLEANUP_FREE unsigned char *buf = malloc ((size_t) NBD_READER_DEPTH
                                            * s.piece_size);

  if (!buf) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading through the tunnel");
    return -1;
  }
  for (size_t i = 0; i < NBD_READER_DEPTH; i++) {
    s.pieces[i].buf = buf + i * s.piece_size;
    assign_next (&s, &s.pieces[i]);
  }
  for (;;) {
    if (connect_export (t, lowest_missing (&s, NULL)) == -1)
      return -1;
    int r = stream_pieces (t, &s, sink, opaque);
    if (r != -1)
      return r == 0 ? 0 : -1;
    if (judge_failure (t, lowest_missing (&s, NULL)) == -1)
      return -1;
  }
}
