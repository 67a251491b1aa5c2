/* SPDX-License-Identifier: MIT */
/* The header of an NBD reply, simple or a structured chunk, and the server's
 * errors.  Failures as in nbd-connection.h. */

#ifndef FLASH_HELPER_NBD_REPLY_H
#define FLASH_HELPER_NBD_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "nbd-connection.h"

struct nbd_reply
{
  bool structured;
  uint64_t cookie;
  uint32_t error;               /* simple replies */
  unsigned flags, type;         /* structured chunks */
  uint32_t length;              /* of the payload, which is still to come */
};

/* STRUCTURED: chunks were agreed upon in the handshake. */
int nbd_reply_receive (struct nbd_connection *c, bool structured,
                       struct nbd_reply *reply);

/* Whether the reply, or chunk, reports an error. */
bool nbd_reply_is_error (const struct nbd_reply *reply);

/* Receive the rest of an error, of the request at OFFSET.  Always -1. */
int nbd_reply_error (struct nbd_connection *c, const struct nbd_reply *reply,
                     uint64_t offset);

#endif
