/* SPDX-License-Identifier: MIT */
/* The server that an image is read from by uri=: where it is, whether it
 * answers, and what is said on nbdkit's stderr when it does not.
 *
 * Thread safe, except new and free. */

#ifndef FLASHIMAGE_NBD_SERVER_H
#define FLASHIMAGE_NBD_SERVER_H

#include <stdbool.h>

struct nbd_server;

/* An NBD URI, and what messages call the image.  Connects to nothing.  NULL: no
 * memory, reported. */
struct nbd_server *nbd_server_new (const char *uri, const char *name);
void nbd_server_free (struct nbd_server *server);       /* NULL is allowed */

const char *nbd_server_uri (const struct nbd_server *server);
const char *nbd_server_name (const struct nbd_server *server);

/* From now on an outage is waited for; before, it is an error at once. */
void nbd_server_set_patient (struct nbd_server *server);
bool nbd_server_is_patient (struct nbd_server *server);

/* Everything that waits, and will wait, for the server ends soon. */
void nbd_server_cancel (struct nbd_server *server);
bool nbd_server_is_cancelled (struct nbd_server *server);

/* The server does not answer, because of WHY: say so, at times, and wait a
 * while, a longer one each time that *TRIES (0 at first) is counted up.  -1:
 * cancelled. */
int nbd_server_wait (struct nbd_server *server, unsigned *tries, const char *why);
/* It has answered: those who wait go on at once. */
void nbd_server_answered (struct nbd_server *server);

/* Wait MS milliseconds: -1: cancelled. */
int nbd_server_pause (struct nbd_server *server, unsigned ms);

#endif
