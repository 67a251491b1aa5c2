/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "disk-map.h"

struct disk_map
{
  uint64_t size, chunks;
  uint64_t written, verified;   /* chunks from the start */
  unsigned char states[];       /* of enum chunk_state */
};

static const struct
{
  const char *ascii, *utf8, *color, *meaning;
} looks[NR_CHUNK_STATES] = {
  [CHUNK_DATA] = { ".", "\u2591", "2", "data" },
  [CHUNK_HOLE] = { "-", "\u00b7", "2", "hole" },
  [CHUNK_WRITTEN] = { "o", "\u2592", "33", "written" },
  [CHUNK_VERIFIED] = { "#", "\u2588", "32", "verified" },
  [CHUNK_REPAIRED] = { "R", "\u25c6", "31", "repaired" },
};

struct disk_map *
disk_map_new (uint64_t size)
{
  const uint64_t chunks = digest_chunks (size);
  struct disk_map *m = chunks < SIZE_MAX / 2 ? calloc (1, sizeof *m + (size_t) chunks)
                                             : NULL;

  if (m) {
    m->size = size;
    m->chunks = chunks;
  }
  return m;
}

void
disk_map_free (struct disk_map *m)
{
  free (m);
}

void
disk_map_set_hole (struct disk_map *m, uint64_t index)
{
  if (index < m->chunks)
    m->states[index] = CHUNK_HOLE;
}

/* Whole chunks of the first BYTES; the last one of the disk may be shorter. */
static uint64_t
whole_chunks (const struct disk_map *m, uint64_t bytes)
{
  return bytes >= m->size ? m->chunks : bytes / DIGEST_CHUNK;
}

void
disk_map_write (struct disk_map *m, uint64_t bytes)
{
  const uint64_t end = whole_chunks (m, bytes);

  for (; m->written < end; m->written++)
    if (m->states[m->written] == CHUNK_DATA)
      m->states[m->written] = CHUNK_WRITTEN;
}

/* A pass after a repair begins at the start again, and has nothing to add there. */
void
disk_map_verify (struct disk_map *m, uint64_t bytes)
{
  const uint64_t end = whole_chunks (m, bytes);

  for (; m->verified < end; m->verified++)
    if (m->states[m->verified] != CHUNK_REPAIRED)
      m->states[m->verified] = CHUNK_VERIFIED;
}

void
disk_map_repair (struct disk_map *m, uint64_t offset, uint64_t length)
{
  if (offset >= m->size)
    return;
  if (length > m->size - offset)
    length = m->size - offset;
  for (uint64_t i = offset / DIGEST_CHUNK; i < digest_chunks (offset + length); i++)
    m->states[i] = CHUNK_REPAIRED;
}

size_t
disk_map_cells (const struct disk_map *m, size_t most)
{
  return m->chunks < most ? (size_t) m->chunks : most;
}

static enum chunk_state
state_of (const bool has[NR_CHUNK_STATES])
{
  static const enum chunk_state order[] = { CHUNK_REPAIRED, CHUNK_DATA, CHUNK_WRITTEN,
                                            CHUNK_VERIFIED };

  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    if (has[order[i]])
      return order[i];
  return CHUNK_HOLE;
}

enum chunk_state
disk_map_cell (const struct disk_map *m, size_t cell, size_t cells)
{
  const double per_cell = (double) m->chunks / (double) cells;
  const uint64_t start = (uint64_t) ((double) cell * per_cell);
  uint64_t end = (uint64_t) ((double) (cell + 1) * per_cell);
  bool has[NR_CHUNK_STATES] = { false };

  if (end > m->chunks || cell + 1 == cells)
    end = m->chunks;
  for (uint64_t i = start; i < end; i++)
    has[m->states[i]] = true;
  return state_of (has);
}

static const char *
look_of (enum chunk_state state, const struct terminal_style *style)
{
  return style->utf8 ? looks[state].utf8 : looks[state].ascii;
}

size_t
disk_map_row_cells (size_t cells, size_t columns)
{
  const size_t rows = (cells + columns - 1) / columns;

  return rows > 0 ? (cells + rows - 1) / rows : columns;
}

/* Room for one more cell with a colour before it and the end of the row. */
#define CELL_ROOM 32

void
disk_map_row (char row[DISK_MAP_ROW_MAX], const struct disk_map *m, size_t first,
              size_t count, size_t cells, const struct terminal_style *style)
{
  int last = -1;
  size_t n = 0;

  *row = '\0';
  for (size_t i = 0; i < count && n + CELL_ROOM < DISK_MAP_ROW_MAX; i++) {
    const enum chunk_state state = disk_map_cell (m, first + i, cells);

    if (style->color && (int) state != last)
      n += (size_t) sprintf (row + n, "\033[0;%sm", looks[state].color);
    n += (size_t) sprintf (row + n, "%s", look_of (state, style));
    last = (int) state;
  }
  if (style->color)
    sprintf (row + n, "\033[m");
}

void
disk_map_legend (char row[DISK_MAP_ROW_MAX], const struct terminal_style *style)
{
  size_t n = 0;

  for (int i = CHUNK_DATA; i < NR_CHUNK_STATES; i++)
    n += (size_t) snprintf (row + n, DISK_MAP_ROW_MAX - n, "%s%s %s", i ? "  " : "",
                            look_of ((enum chunk_state) i, style), looks[i].meaning);
}
