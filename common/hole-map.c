/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file-io.h"
#include "hole-map.h"

/* A page of the map describes 1 GiB in 4 KiB; pages come into being when
 * something is learned, so that a forged size costs nothing. */
#define PAGE_GRANULES 16384
#define PAGE_BYTES (PAGE_GRANULES / 4)

struct hole_map
{
  pthread_mutex_t lock;         /* guards the rest */
  unsigned char **pages;
  size_t nr_pages;
  bool no_memory;               /* what is not known is data, from now on */
};

struct hole_map *
hole_map_new (void)
{
  struct hole_map *map = calloc (1, sizeof *map);

  if (map)
    pthread_mutex_init (&map->lock, NULL);
  return map;
}

void
hole_map_free (struct hole_map *map)
{
  if (!map)
    return;
  for (size_t i = 0; i < map->nr_pages; i++)
    free (map->pages[i]);
  free (map->pages);
  pthread_mutex_destroy (&map->lock);
  free (map);
}

static bool
grow (struct hole_map *map, size_t page)
{
  size_t nr = map->nr_pages ? map->nr_pages : 16;

  while (nr <= page)
    nr *= 2;
  unsigned char **pages = realloc (map->pages, nr * sizeof *pages);
  if (!pages)
    return false;
  for (size_t i = map->nr_pages; i < nr; i++)
    pages[i] = NULL;
  map->pages = pages;
  map->nr_pages = nr;
  return true;
}

static void
set_state (struct hole_map *map, uint64_t granule, enum hole_state state)
{
  size_t page = (size_t) (granule / PAGE_GRANULES);
  size_t byte = (size_t) (granule % PAGE_GRANULES / 4);
  unsigned shift = (unsigned) (granule % 4) * 2;

  if (page >= map->nr_pages && !grow (map, page)) {
    map->no_memory = true;
    return;
  }
  if (!map->pages[page]) {
    map->pages[page] = calloc (1, PAGE_BYTES);
    if (!map->pages[page]) {
      map->no_memory = true;
      return;
    }
  }
  unsigned char *p = map->pages[page] + byte;
  *p = (unsigned char) ((*p & ~(3u << shift)) | (unsigned) state << shift);
}

static enum hole_state
get_state (const struct hole_map *map, uint64_t granule)
{
  size_t page = (size_t) (granule / PAGE_GRANULES);
  size_t byte = (size_t) (granule % PAGE_GRANULES / 4);
  unsigned state = HOLE_UNKNOWN;

  if (page < map->nr_pages && map->pages[page])
    state = map->pages[page][byte] >> (granule % 4 * 2) & 3;
  if (state == HOLE_UNKNOWN && map->no_memory)
    return HOLE_DATA;
  return (enum hole_state) state;
}

void
hole_map_add (struct hole_map *map, uint64_t offset, const void *buf,
              size_t len, bool at_end)
{
  const uint64_t end = offset + len;

  while (offset < end) {
    uint64_t granule = offset / HOLE_GRANULE;
    uint64_t granule_end = (granule + 1) * HOLE_GRANULE;
    size_t n = (size_t) ((granule_end < end ? granule_end : end) - offset);
    bool whole = offset % HOLE_GRANULE == 0
                 && (offset + n == granule_end || at_end);
    enum hole_state state =
      whole && is_zero (buf, n) ? HOLE_ZERO : HOLE_DATA;

    LOCK_SCOPE (&map->lock);
    set_state (map, granule, state);
    offset += n;
    buf = (const char *) buf + n;
  }
}

enum hole_state
hole_map_run (struct hole_map *map, uint64_t offset, uint64_t limit,
              uint64_t *end)
{
  LOCK_SCOPE (&map->lock);
  uint64_t granule = offset / HOLE_GRANULE;
  const enum hole_state state = get_state (map, granule);

  do
    granule++;
  while (granule * HOLE_GRANULE < limit && get_state (map, granule) == state);
  *end = granule * HOLE_GRANULE < limit ? granule * HOLE_GRANULE : limit;
  return state;
}
