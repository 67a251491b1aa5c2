/* SPDX-License-Identifier: MIT */
/* Names that end in .local: they are asked for in the network itself. */

#ifndef FLASH_MULTICAST_NAME_H
#define FLASH_MULTICAST_NAME_H

/* What to look at when HOST was not found: a sentence behind a newline; "" for names
 * of other kinds. */
const char *multicast_name_hint (const char *host);

#endif
