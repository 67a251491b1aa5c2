/* SPDX-License-Identifier: MIT */
/* The map of --map: made of what the image server knows, filled by what the board says,
 * shown above the progress line and once at the end. */

#ifndef FLASH_FLASH_MAP_H
#define FLASH_FLASH_MAP_H

#include "disk-map.h"
#include "image-server.h"

/* For an image of SIZE bytes; its holes are the chunks whose digest is that of zeroes.
 * NULL after a warning: then there is no map. */
struct disk_map *flash_map_new (struct image_server *server, uint64_t size);
/* The record `map'. */
void flash_map_record (const struct disk_map *m);
/* As lines, with the legend. */
void flash_map_say (const struct disk_map *m);

#endif
