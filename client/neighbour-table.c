/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "neighbour-table.h"

static bool
is_of (const char *mac, const struct board_identity *id)
{
  for (size_t i = 0; i < id->nr_macs; i++)
    if (strcasecmp (mac, id->macs[i]) == 0)
      return true;
  return false;
}

/* A line: address, hardware type, flags, MAC address, mask, interface.  An entry
 * without an answer has a MAC address of zeroes. */
size_t
neighbour_table_find (FILE *f, const struct board_identity *id,
                      char addresses[][NEIGHBOUR_ADDRESS_SIZE], size_t max)
{
  char line[256], address[16], mac[24];
  struct in_addr ignored;
  size_t nr = 0;

  while (nr < max && fgets (line, sizeof line, f))
    if (sscanf (line, "%15s %*s %*s %23s", address, mac) == 2 && is_of (mac, id)
        && inet_pton (AF_INET, address, &ignored) == 1)
      strcpy (addresses[nr++], address);
  return nr;
}
