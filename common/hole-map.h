/* SPDX-License-Identifier: MIT */
/* Which parts of a decoded disk view are zero: two bits for every granule of
 * 64 KiB, learned from the decoded bytes and kept when these are dropped.
 * Thread safe. */

#ifndef FLASHIMAGE_HOLE_MAP_H
#define FLASHIMAGE_HOLE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLE_GRANULE (64 * 1024)

/* A disk view may not be larger than this; it bounds the map's own memory. */
#define DISK_SIZE_MAX (UINT64_C (1) << 50)

enum hole_state { HOLE_UNKNOWN, HOLE_DATA, HOLE_ZERO };

struct hole_map;

struct hole_map *hole_map_new (void);           /* NULL: no memory */
void hole_map_free (struct hole_map *map);      /* NULL is allowed */

/* Learn from LEN decoded bytes at OFFSET.  AT_END: the disk view ends with them.
 * A granule that lies only partly in the buffer counts as data. */
void hole_map_add (struct hole_map *map, uint64_t offset, const void *buf,
                   size_t len, bool at_end);

/* The state at OFFSET, and in *END where it ends, LIMIT at most. */
enum hole_state hole_map_run (struct hole_map *map, uint64_t offset,
                              uint64_t limit, uint64_t *end);

#endif
