/* SPDX-License-Identifier: MIT */
/* The bytes of an export of an NBD server, over as many connections as there
 * are threads that read.  A lost connection is replaced by a new one, for as
 * long as it takes; an error that the server answers with on a new
 * connection is believed the third time. */

#ifndef FLASHIMAGE_NBD_SOURCE_H
#define FLASHIMAGE_NBD_SOURCE_H

#include "byte-source.h"
#include "nbd-link.h"

struct nbd_source_options
{
  const char *view;             /* see nbd_link_open; NULL: of the URI */
  bool extents;                 /* do not read what the server says is zero */
  const char *scan_note;        /* of the byte source */
  /* Whether the server still has the image: asked before anything is read
   * over a new connection.  0, or -1 with FAULT set.  NULL: it need not be
   * asked. */
  int (*check_same) (void *opaque, struct fault *fault);
  void *opaque;
};

/* SERVER must outlive it.  Connects at once: NULL with WHY set. */
struct byte_source *nbd_source_open (struct nbd_server *server,
                                     const struct nbd_source_options *options,
                                     struct nbd_failure *why);
/* The same where the size is known: connects when it is read.  NULL: no
 * memory. */
struct byte_source *nbd_source_new (struct nbd_server *server,
                                    const struct nbd_source_options *options,
                                    uint64_t size);

#endif
