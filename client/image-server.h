/* SPDX-License-Identifier: MIT */
/* nbdkit with the flashimage plugin, as a child that serves one image on a unix
 * socket in a directory of its own. */

#ifndef FLASH_IMAGE_SERVER_H
#define FLASH_IMAGE_SERVER_H

#include <stdbool.h>

struct image_server;

/* Check that IMAGE is a file with something in it, start nbdkit and wait for its
 * socket (which may refuse for a moment more).  RESCAN: the plugin shall neither
 * take back nor keep a scan of the image.  What is wrong is reported, with nbdkit's
 * own words; NULL then.  IMAGE must outlive the server. */
struct image_server *image_server_start (const char *image, bool rescan);
void image_server_stop (struct image_server *s);        /* NULL is allowed */

const char *image_server_socket (const struct image_server *s);

/* nbdkit's stderr, for poll; image_server_service reads it (and shows it with
 * --verbose).  Returns false when nbdkit has ended. */
int image_server_fd (const struct image_server *s);
bool image_server_service (struct image_server *s);
/* Start it again on the same socket, after it ended.  0, or -1 after a report. */
int image_server_restart (struct image_server *s);
/* Report that it ended and what it said last.  Once. */
void image_server_report_end (struct image_server *s);

#endif
