/* SPDX-License-Identifier: MIT */
/* By what a board is known again after a reboot. */

#ifndef FLASH_BOARD_IDENTITY_H
#define FLASH_BOARD_IDENTITY_H

#include <stddef.h>

#include "board-connection.h"

#define BOARD_MACS_MAX 8
#define BOARD_MAC_SIZE 18       /* "dc:a6:32:01:02:03" and its NUL */

struct board_identity
{
  char boot_id[64];             /* "": not known */
  char macs[BOARD_MACS_MAX][BOARD_MAC_SIZE];    /* lower case; the interface of the
                                                 * connection comes first */
  size_t nr_macs;
};

/* Ask the board, in one round trip that changes nothing and that a lifeboat can
 * answer, too.  0, or -1 after a report; what it does not tell stays empty. */
int board_identity_learn (struct board_connection *c, struct board_identity *id);

/* The parser behind it. */
void board_identity_parse (const char *output, struct board_identity *id);

#endif
