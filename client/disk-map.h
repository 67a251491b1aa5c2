/* SPDX-License-Identifier: MIT */
/* The disk as a map of its chunks of 1 MiB: what comes there, and how far that is.
 * Pure: no terminal. */

#ifndef FLASH_DISK_MAP_H
#define FLASH_DISK_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "terminal-style.h"

#define DISK_MAP_ROW_MAX 4096   /* bytes of a row, with its colours */

enum chunk_state { CHUNK_DATA, CHUNK_HOLE, CHUNK_WRITTEN, CHUNK_VERIFIED,
                   CHUNK_REPAIRED, NR_CHUNK_STATES };

struct disk_map;

/* Of SIZE bytes, above 0, all data.  NULL: no memory. */
struct disk_map *disk_map_new (uint64_t size);
void disk_map_free (struct disk_map *m);        /* NULL is allowed */

/* Nothing travels for chunk INDEX. */
void disk_map_set_hole (struct disk_map *m, uint64_t index);
/* The first BYTES have been written; holes stay holes until they are read back. */
void disk_map_write (struct disk_map *m, uint64_t bytes);
/* The first BYTES have been read back; without what was repaired. */
void disk_map_verify (struct disk_map *m, uint64_t bytes);
/* These bytes did not read back as they were written, and were written again. */
void disk_map_repair (struct disk_map *m, uint64_t offset, uint64_t length);

/* As many cells as there are chunks, MOST at most. */
size_t disk_map_cells (const struct disk_map *m, size_t most);
/* What cell CELL of CELLS shows: what was repaired, else what is furthest behind. */
enum chunk_state disk_map_cell (const struct disk_map *m, size_t cell, size_t cells);

/* COUNT of CELLS cells from FIRST on, as a row. */
void disk_map_row (char row[DISK_MAP_ROW_MAX], const struct disk_map *m, size_t first,
                   size_t count, size_t cells, const struct terminal_style *style);
/* How many of CELLS cells go into a row of at most COLUMNS: with the fewest rows that
 * hold them, all of one length but the last. */
size_t disk_map_row_cells (size_t cells, size_t columns);
/* What the characters mean. */
void disk_map_legend (char row[DISK_MAP_ROW_MAX], const struct terminal_style *style);

#endif
