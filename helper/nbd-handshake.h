/* SPDX-License-Identifier: MIT */
/* The client's side of the NBD handshake: fixed newstyle, structured replies
 * and base:allocation where the server has them, then NBD_OPT_GO.
 * Source: the NBD project's protocol document, doc/proto.md. */

#ifndef FLASH_HELPER_NBD_HANDSHAKE_H
#define FLASH_HELPER_NBD_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "nbd-connection.h"

struct nbd_export
{
  uint64_t size;                /* bytes, at most INT64_MAX */
  bool structured;              /* structured replies were agreed upon */
  bool allocation;              /* so was base:allocation, under this id: */
  uint32_t allocation_id;
  uint32_t max_request;         /* bytes that one request may ask for */
};

/* Leaves C in the transmission phase.  0, or -1 as nbd-connection.h says. */
int nbd_handshake (struct nbd_connection *c, const char *export_name,
                   struct nbd_export *export);

#endif
