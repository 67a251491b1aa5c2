/* SPDX-License-Identifier: MIT */
/* Which parts of a decoded disk view are zero: two bits for every granule of
 * 64 KiB, learned from the decoded bytes and kept when these are dropped.  A
 * granule that comes in pieces (two Blocks meet in it) is zero when all of them
 * are; until then the pieces that have come are known, and the others are not.
 *
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
struct scan_reader;
struct scan_writer;

struct hole_map *hole_map_new (void);           /* NULL: no memory */
void hole_map_free (struct hole_map *map);      /* NULL is allowed */

/* Learn from LEN decoded bytes at OFFSET; BUF NULL: they are zeroes.  AT_END: the
 * disk view ends with them (LEN may be 0).  Granules that are known cost a look, no
 * more. */
void hole_map_add (struct hole_map *map, uint64_t offset, const void *buf,
                   size_t len, bool at_end);

/* The state at OFFSET, and in *END where it ends, LIMIT at most.  A HOLE_DATA
 * granule may have zeroes in it, HOLE_ZERO is exact. */
enum hole_state hole_map_run (struct hole_map *map, uint64_t offset,
                              uint64_t limit, uint64_t *end);

/* Whether all LEN bytes at OFFSET are known to be zero from the bytes themselves,
 * not by a promise. */
bool hole_map_is_zero (struct hole_map *map, uint64_t offset, uint64_t len);

/* Someone else says that LEN bytes at OFFSET are zero: whole granules of it that
 * are not known otherwise are HOLE_ZERO until their bytes come.  At most a million
 * ranges are taken. */
void hole_map_promise (struct hole_map *map, uint64_t offset, uint64_t len);
bool hole_map_has_promises (struct hole_map *map);
/* Whether a byte came that is not zero against a promise; then *OFFSET is the
 * first one of its granule that was seen, of the first such granule found. */
bool hole_map_broken_promise (struct hole_map *map, uint64_t *offset);

/* The map of a disk view of SIZE bytes as part of a remembered scan.  Loading
 * trusts nothing: false when that is no map of this size, and then the map is
 * half filled and has to be cleared. */
void hole_map_save (struct hole_map *map, struct scan_writer *w, uint64_t size);
bool hole_map_load (struct hole_map *map, struct scan_reader *r, uint64_t size);

/* Forget everything. */
void hole_map_clear (struct hole_map *map);

#endif
