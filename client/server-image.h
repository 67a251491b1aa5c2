/* SPDX-License-Identifier: MIT */
/* Images of the image server that the settings name: "server:NAME".
 *
 * Only what is written so comes from there.  A name without it is a file of this
 * machine, and is never looked for anywhere else; and where a file is called
 * "server:NAME", neither is taken silently. */

#ifndef FLASH_SERVER_IMAGE_H
#define FLASH_SERVER_IMAGE_H

#define SERVER_IMAGE_PREFIX "server:"

/* The name in IMAGE; NULL: it is no image of the server. */
const char *server_image_name (const char *image);

/* The URI of NAME ("": of the server) at SERVER.  The caller must free it; NULL: no
 * memory. */
char *server_image_uri (const char *server, const char *name);

/* Whether SERVER is a URI at which images can be.  0, or -1 after a report. */
int server_image_check (const char *server);

#endif
