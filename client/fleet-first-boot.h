/* SPDX-License-Identifier: MIT */
/* The files of --config that several boards have: all the same one, or by the settings
 * file each its own. */

#ifndef FLASH_FLEET_FIRST_BOOT_H
#define FLASH_FLEET_FIRST_BOOT_H

#include "first-boot.h"
#include "fleet-board.h"
#include "fleet-server.h"

struct fleet_first_boot
{
  const char *path;             /* of the options */
  struct first_boot settings;
  size_t boards;                /* that have it */
};

struct fleet_first_boots
{
  struct fleet_first_boot *all; /* does not move: the boards point into it */
  size_t nr;
};

/* Read each file once, prove it, and give it to its boards.  0, or -1 after a report;
 * release F either way. */
int fleet_first_boots_read (struct fleet_first_boots *f, struct fleet_board boards[],
                            size_t nr);

/* Make the changes of the image that SERVER serves.  0, or -1 after a report. */
int fleet_first_boots_make (struct fleet_first_boots *f, struct fleet_server *server);

/* What PATH says; NULL: no board has it. */
struct first_boot *fleet_first_boots_find (const struct fleet_first_boots *f,
                                           const char *path);
void fleet_first_boots_release (struct fleet_first_boots *f);

#endif
