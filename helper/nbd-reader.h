/* SPDX-License-Identifier: MIT */
/* Reads an NBD export with many requests in flight.
 * Source: the NBD project's protocol document, doc/proto.md.
 *
 * Requests are submitted as pieces and complete in any order; the data goes
 * straight into the piece's buffer.  Failures are as nbd-connection.h says;
 * after one, close the reader.  Pieces that were complete before stay valid.
 * One thread at a time.
 *
 * At most NBD_READER_DEPTH requests of 28 bytes are unanswered at any time, so
 * sending one always fits the smallest pipe and never blocks against a server
 * that is itself blocked sending: the two sides can't deadlock. */

#ifndef FLASH_HELPER_NBD_READER_H
#define FLASH_HELPER_NBD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nbd-connection.h"

#define NBD_READER_DEPTH 32
#define NBD_READER_PIECE (256 * 1024)   /* bytes, the usual size of a piece */

struct nbd_piece
{
  unsigned char *buf;
  uint64_t offset;
  uint32_t len;
  uint32_t payload;             /* bytes of it that travelled, once it is done */
  bool done;                    /* set by nbd_reader_complete */
};

struct nbd_reader;

/* Does the handshake for EXPORT_NAME.  C must live as long as the reader and
 * stays the caller's. */
struct nbd_reader *nbd_reader_open (struct nbd_connection *c,
                                    const char *export_name);

/* Tells the server that we leave, unless something failed before.  NULL is
 * allowed. */
void nbd_reader_close (struct nbd_reader *r);

uint64_t nbd_reader_size (const struct nbd_reader *r);

/* Whether the server describes its extents; if not, all is data. */
bool nbd_reader_has_extents (const struct nbd_reader *r);

/* The most bytes a piece may have: NBD_READER_PIECE or less, a multiple of
 * 64 KiB unless the whole export is smaller. */
uint32_t nbd_reader_piece_size (const struct nbd_reader *r);

unsigned nbd_reader_in_flight (const struct nbd_reader *r);

/* Ask for a piece.  PIECE and its buffer must stay until it is complete or the
 * reader closed.  The caller keeps in_flight below NBD_READER_DEPTH. */
int nbd_reader_submit (struct nbd_reader *r, struct nbd_piece *piece);

/* Wait until one of the submitted pieces is complete; NULL on failure. */
struct nbd_piece *nbd_reader_complete (struct nbd_reader *r);

/* Read LEN bytes at OFFSET.  Nothing may be in flight. */
int nbd_reader_pread (struct nbd_reader *r, void *buf, size_t len,
                      uint64_t offset);

/* Describe [OFFSET, OFFSET+COUNT) by consecutive extents.  ZERO: it reads as
 * zeroes.  Nothing may be in flight.  After a failure FN has seen some. */
typedef void (*nbd_extent_fn) (void *opaque, uint64_t offset, uint64_t length,
                               bool zero);
int nbd_reader_extents (struct nbd_reader *r, uint64_t offset, uint64_t count,
                        nbd_extent_fn fn, void *opaque);

#endif
