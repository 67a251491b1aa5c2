/* SPDX-License-Identifier: MIT */
/* nbdkit with the flashimage plugin, as a child that serves one image on a unix
 * socket in a directory of its own.  An image on a server has a second one in front
 * of it, the relay, which speaks to the server: TLS and HTTP are nbdkit's. */

#ifndef FLASH_IMAGE_SERVER_H
#define FLASH_IMAGE_SERVER_H

#include <stdbool.h>

#include "image-location.h"

struct image_server;

/* Check that the image of LOCATION is there and has something in it, start nbdkit and
 * wait for its socket (which may refuse for a moment more).  RESCAN: the plugin shall
 * neither take back nor keep a scan of a file.  SHARED: it shall keep what it has
 * decoded for boards that begin later.  What is wrong is reported, with nbdkit's own
 * words; NULL then.  LOCATION must outlive the server. */
struct image_server *image_server_start (const struct image_location *location,
                                         bool rescan, bool shared);
void image_server_stop (struct image_server *s);        /* NULL is allowed */

const char *image_server_socket (const struct image_server *s);

/* Readable when nbdkit has said something, for poll; image_server_service takes it:
 * what is about the image's own server is shown, all with --verbose.  Returns false
 * when an nbdkit has ended. */
int image_server_fd (const struct image_server *s);
bool image_server_service (struct image_server *s);
/* Start again, on the same socket, what has ended.  0, or -1 after a report. */
int image_server_restart (struct image_server *s);
/* Report what ended and what it said last.  Once. */
void image_server_report_end (struct image_server *s);

/* Report that WHAT went wrong because of the last error that nbdkit's words tell of.
 * False: there is none, or no other server that could be its cause. */
bool image_server_report_error (struct image_server *s, const char *what);

/* -- The server of another process ------------------------------------------ */

/* What its owner says of it. */
struct image_loan
{
  const char *socket;           /* where it answers while its owner vouches for it */
  int fd;                       /* for poll: SERVED has something to read */
  bool (*served) (void *opaque);        /* false: the owner has given it up */
  void *opaque;
};

/* A server that is not ours: it is neither started, restarted nor ended here.
 * LOAN must outlive it.  NULL after a report. */
struct image_server *image_server_borrow (const struct image_loan *loan);
bool image_server_is_borrowed (const struct image_server *s);
/* Whether a connection would be taken now; always true for a server of ours. */
bool image_server_answers (const struct image_server *s);

#endif
