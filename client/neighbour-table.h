/* SPDX-License-Identifier: MIT */
/* The machines that this one has heard of on its networks: the kernel's table of
 * IPv4 addresses and MAC addresses. */

#ifndef FLASH_NEIGHBOUR_TABLE_H
#define FLASH_NEIGHBOUR_TABLE_H

#include <stdio.h>

#include "board-identity.h"

#define NEIGHBOUR_TABLE "/proc/net/arp"
#define NEIGHBOUR_ADDRESS_SIZE 16       /* "192.168.100.200" and its NUL */

/* Put the addresses, at most MAX, that the table F (as of /proc/net/arp) has for the
 * interfaces of ID into ADDRESSES.  Returns their number. */
size_t neighbour_table_find (FILE *f, const struct board_identity *id,
                             char addresses[][NEIGHBOUR_ADDRESS_SIZE], size_t max);

#endif
