/* SPDX-License-Identifier: MIT */
/* Counts the requests that an NBD server has not answered, from the bytes that pass in
 * both directions.  It only looks on: what it does not understand it stops counting,
 * and nothing depends on it but words. */

#ifndef FLASH_NBD_REQUESTS_H
#define FLASH_NBD_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero before the server's first byte. */
struct nbd_requests
{
  enum { NBD_GREETING, NBD_OPTION, NBD_OPTION_BODY, NBD_REPLY, NBD_REPLY_BODY,
         NBD_LOST } stage;
  unsigned char head[20];       /* what has come of the next one */
  size_t head_len;
  uint64_t skip;                /* bytes of a body that are still to come */
  bool opened;                  /* this option's reply ends the handshake */
  bool ends;                    /* this reply is the last of its request */
  uint64_t request_bytes, answered;
};

void nbd_requests_take_reply (struct nbd_requests *n, const void *data, size_t len);
void nbd_requests_take_request (struct nbd_requests *n, size_t len);

/* Requests without an answer; 0 also when it is not known. */
uint64_t nbd_requests_owed (const struct nbd_requests *n);

#endif
