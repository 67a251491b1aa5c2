/* SPDX-License-Identifier: MIT */
/* The two descriptors of an NBD connection, and what went wrong on it.
 *
 * Nothing here calls report_error: whether a failure is an error or only costs
 * another tunnel is for the caller to say.  Functions return -1 with errno:
 *
 *   EPIPE   the tunnel is gone (end of file, a broken pipe, a server that
 *           shuts down)
 *   EPROTO  the server broke the protocol
 *   EIO     the server reported an error
 *   ENOMEM  on this side
 *
 * and a sentence in `failure'.  After a failure the connection is of no more
 * use.  Silence is not a failure: whoever owns the tunnel closes it.
 * One thread at a time. */

#ifndef FLASH_HELPER_NBD_CONNECTION_H
#define FLASH_HELPER_NBD_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "minus-one.h"

#define NBD_FAILURE_SIZE 512

struct nbd_connection
{
  int in, out;                  /* owned by the caller; may block or not */
  char failure[NBD_FAILURE_SIZE];
  uint64_t *received;           /* grows by data as it comes; may be NULL */
};

/* Exactly LEN bytes. */
int nbd_send (struct nbd_connection *c, const void *buf, size_t len);
int nbd_receive (struct nbd_connection *c, void *buf, size_t len);
/* The same, and count it in RECEIVED. */
int nbd_receive_data (struct nbd_connection *c, void *buf, size_t len);
int nbd_skip (struct nbd_connection *c, uint64_t len);

/* Receive LEN bytes of the server's text; what fits goes to TEXT (SIZE bytes),
 * without its control characters, terminated. */
int nbd_receive_text (struct nbd_connection *c, uint32_t len, char *text,
                      size_t size);

/* Keep the sentence, set errno to ERROR, return -1. */
int nbd_fail (struct nbd_connection *c, int error, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 3, 4)));
#define nbd_fail(...) minus_one (nbd_fail (__VA_ARGS__))

#endif
