/* SPDX-License-Identifier: MIT */
/* One connection to an export of a server, by libnbd.  Whatever waits for
 * the server ends soon when it is cancelled (nbd-server.h), and when nothing
 * comes for a minute.
 *
 * What the server says is untrusted.  Used by one thread at a time. */

#ifndef FLASHIMAGE_NBD_LINK_H
#define FLASHIMAGE_NBD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nbd-server.h"

struct nbd_link;

struct nbd_failure
{
  enum nbd_failure_kind
  {
    NBD_LOST,           /* no connection, or no more */
    NBD_REFUSED,        /* the server has answered: no */
    NBD_CANCELLED
  } kind;
  char text[300];
};

/* To the export of the URI, or, with VIEW, to that view of it
 * (docs/protocol.md, section 1).  EXTENTS: those are wanted too, if the
 * server has them.  NULL with WHY set. */
struct nbd_link *nbd_link_open (struct nbd_server *server, const char *view,
                                bool extents, struct nbd_failure *why);
void nbd_link_close (struct nbd_link *link);    /* NULL is allowed */

uint64_t nbd_link_size (const struct nbd_link *link);

/* Exactly LEN bytes at OFFSET, which lie inside: 0, or -1 with WHY set.  A
 * connection that is NBD_LOST is only good for nbd_link_close. */
int nbd_link_read (struct nbd_link *link, void *buf, size_t len, uint64_t offset,
                   struct nbd_failure *why);

bool nbd_link_has_extents (const struct nbd_link *link);
/* Calls FN for consecutive extents from OFFSET on, a multiple of 64 KiB: LEN
 * bytes of them or fewer, or more.  0, or -1 with WHY set. */
typedef void (*nbd_extent_fn) (void *opaque, uint64_t length, bool zero);
int nbd_link_extents (struct nbd_link *link, uint64_t len, uint64_t offset,
                      nbd_extent_fn fn, void *opaque, struct nbd_failure *why);

#endif
