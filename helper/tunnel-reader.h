/* SPDX-License-Identifier: MIT */
/* An export of the image server, read through as many tunnels as it takes.
 *
 * When a tunnel breaks, `waiting offset=...' is said, the next one is taken (for
 * that it blocks as long as nobody attaches one), the handshake is done anew,
 * the size is checked, and the reading goes on with the pieces that are still
 * missing.  A server that breaks the protocol or reports an error gets a few
 * more tunnels as long as no data comes; then it is an error.
 *
 * Functions return -1 (NULL) after report_error(), except when the session is
 * over: that is for the session to tell.  One thread at a time. */

#ifndef FLASH_HELPER_TUNNEL_READER_H
#define FLASH_HELPER_TUNNEL_READER_H

#include <stddef.h>
#include <stdint.h>

#include "nbd-reader.h"

struct tunnel_reader;

/* Take a tunnel and check that the export has SIZE bytes.  *RECEIVED (may be NULL)
 * grows by each byte of data that comes, of use or not. */
struct tunnel_reader *tunnel_reader_open (const char *export_name,
                                          uint64_t size, uint64_t *received);

/* Leaves the server and gives the tunnel back.  NULL is allowed. */
void tunnel_reader_close (struct tunnel_reader *t);

/* The most bytes a piece may have. */
uint32_t tunnel_reader_piece_size (const struct tunnel_reader *t);

/* Read those of the NR pieces that are not done yet. */
int tunnel_reader_read (struct tunnel_reader *t, struct nbd_piece *pieces,
                        size_t nr);

/* As nbd_reader_extents; FN may be told about a range twice. */
int tunnel_reader_extents (struct tunnel_reader *t, uint64_t offset,
                           uint64_t count, nbd_extent_fn fn, void *opaque);

/* Hand the export from START on to SINK, each byte once, in pieces that come
 * in any order, without a pause in the requests.  WHOLE: with this piece all
 * before that offset has come.  Stops when SINK returns -1. */
typedef int (*tunnel_reader_sink) (void *opaque, const void *buf, size_t len,
                                   uint64_t offset, uint64_t whole);
int tunnel_reader_stream (struct tunnel_reader *t, uint64_t start,
                          tunnel_reader_sink sink, void *opaque);

#endif
