/* SPDX-License-Identifier: MIT */
/* The image server that all boards of a fleet share.  It is this process's: the
 * boards' processes only connect, to a second name of its socket that is there
 * while the server is known to serve the image that the fleet began with. */

#ifndef FLASH_FLEET_SERVER_H
#define FLASH_FLEET_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "image-facts.h"
#include "options.h"

struct fleet_server;

/* Start it and prove the image: once, for all.  NULL after a report. */
struct fleet_server *fleet_server_start (const struct options *options);
/* first_boot_make, with its image.  0, or -1 after a report. */
int fleet_server_make_first_boot (struct fleet_server *s, struct first_boot *first_boot);
void fleet_server_stop (struct fleet_server *s);        /* NULL is allowed */

const struct image_facts *fleet_server_image (const struct fleet_server *s);
/* For the boards. */
const char *fleet_server_socket (const struct fleet_server *s);

/* The server's words, for poll; -1: none. */
int fleet_server_fd (const struct fleet_server *s);
/* Look after it: one that has died is started again, and proven again, on the same
 * socket.  DONE: bytes that the boards have so far; a server that dies again and
 * again without any is given up.  False: it is given up (reported), for good. */
bool fleet_server_service (struct fleet_server *s, uint64_t done);

#endif
