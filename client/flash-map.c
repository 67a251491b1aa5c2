/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "flash-map.h"
#include "image-digests.h"
#include "message-sink.h"
#include "messages.h"
#include "terminal-lines.h"

#define DIGESTS_AT_ONCE 4096
#define RECORD_CELLS 1024
#define PLAIN_COLUMNS 64
#define ROWS 8                  /* at most */

static int
digest_of_zeroes (size_t len, unsigned char digest[DIGEST_SIZE])
{
  CLEANUP_FREE unsigned char *zeroes = calloc (1, len);

  if (!zeroes)
    return -1;
  digest_of (zeroes, len, digest);
  return 0;
}

static int
find_holes (struct disk_map *m, struct image_digests *d, uint64_t size)
{
  CLEANUP_FREE unsigned char *buf = malloc (DIGESTS_AT_ONCE * DIGEST_SIZE);
  unsigned char (*const digests)[DIGEST_SIZE] = (unsigned char (*)[DIGEST_SIZE]) buf;
  unsigned char whole[DIGEST_SIZE], rest[DIGEST_SIZE];
  const uint64_t chunks = digest_chunks (size);
  const size_t rest_len = (size_t) (size % DIGEST_CHUNK);

  if (!buf || digest_of_zeroes (DIGEST_CHUNK, whole) == -1
      || digest_of_zeroes (rest_len ? rest_len : DIGEST_CHUNK, rest) == -1)
    return -1;
  for (uint64_t first = 0; first < chunks; first += DIGESTS_AT_ONCE) {
    const size_t count = chunks - first < DIGESTS_AT_ONCE ? (size_t) (chunks - first)
                                                          : DIGESTS_AT_ONCE;

    if (image_digests_read (d, first, count, digests) == -1)
      return -1;
    for (size_t i = 0; i < count; i++)
      if (memcmp (digests[i], first + i + 1 == chunks ? rest : whole,
                  DIGEST_SIZE) == 0)
        disk_map_set_hole (m, first + i);
  }
  return 0;
}

struct disk_map *
flash_map_new (struct image_server *server, uint64_t size)
{
  struct disk_map *m = disk_map_new (size);
  struct image_digests *d = m ? image_digests_open (server, size) : NULL;

  if (d && find_holes (m, d, size) == 0) {
    image_digests_close (d);
    return m;
  }
  image_digests_close (d);
  disk_map_free (m);
  message_warning ("there is no map: the image's holes are not known");
  return NULL;
}

void
flash_map_record (const struct disk_map *m)
{
  static const struct terminal_style ascii;
  const size_t cells = disk_map_cells (m, RECORD_CELLS);
  char row[DISK_MAP_ROW_MAX];

  disk_map_row (row, m, 0, cells, cells, &ascii);
  message_record ("map", "cells", row, NULL);
}

void
flash_map_say (const struct disk_map *m)
{
  const struct terminal_style *style = terminal_style ();
  const size_t columns = style->redraws ? terminal_lines_columns () : PLAIN_COLUMNS;
  const size_t cells = disk_map_cells (m, ROWS * columns);
  const size_t width = disk_map_row_cells (cells, columns);
  char row[DISK_MAP_ROW_MAX];

  for (size_t first = 0; first < cells; first += width) {
    disk_map_row (row, m, first, cells - first < width ? cells - first : width, cells,
                  style);
    message_info ("%s", row);
  }
  disk_map_legend (row, style);
  message_info ("%s", row);
}
