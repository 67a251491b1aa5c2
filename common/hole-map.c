/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "byte-ranges.h"
#include "cleanup.h"
#include "file-io.h"
#include "hole-map.h"
#include "scan-buffer.h"

/* A page of the map describes 1 GiB in 4 KiB; pages come into being when
 * something is learned, so that a forged size costs nothing. */
#define PAGE_GRANULES 16384
#define PAGE_BYTES (PAGE_GRANULES / 4)

/* Granules of which only zeroes have been seen, and not all of it.  Beyond these
 * limits such a granule counts as data. */
#define PIECES_MAX 65536
#define NR_BUCKETS 1024
#define GAPS_MAX 512

#define PROMISES_MAX (1 << 20)

/* What the two bits say. */
enum granule
{
  GRANULE_UNKNOWN,
  GRANULE_DATA,                 /* a byte was seen that is not zero */
  GRANULE_ZERO,
  GRANULE_PIECES                /* see PIECES; not found there: maybe data */
};

/* A granule in the making: these bytes of it are zero. */
struct zero_pieces
{
  uint64_t granule;
  struct byte_ranges seen;      /* in the granule */
  struct zero_pieces *next;     /* in its bucket */
};

struct hole_map
{
  pthread_mutex_t lock;         /* guards the rest */
  unsigned char **pages;
  size_t nr_pages;
  bool no_memory;               /* what is not known is data, from now on */
  uint64_t disk_end;            /* of the disk view; UINT64_MAX: not known */
  struct zero_pieces *pieces[NR_BUCKETS];
  size_t nr_pieces;
  struct byte_ranges promised;  /* whole granules */
  bool broken;
  uint64_t broken_offset;
};

struct hole_map *
hole_map_new (void)
{
  struct hole_map *map = calloc (1, sizeof *map);

  if (!map)
    return NULL;
  pthread_mutex_init (&map->lock, NULL);
  map->disk_end = UINT64_MAX;
  return map;
}

static struct zero_pieces **
find_pieces (struct hole_map *map, uint64_t granule)
{
  struct zero_pieces **p = &map->pieces[granule % NR_BUCKETS];

  while (*p && (*p)->granule != granule)
    p = &(*p)->next;
  return p;
}

static void
drop_pieces (struct hole_map *map, struct zero_pieces **p)
{
  struct zero_pieces *pieces = *p;

  *p = pieces->next;
  byte_ranges_clear (&pieces->seen);
  free (pieces);
  map->nr_pieces--;
}

void
hole_map_clear (struct hole_map *map)
{
  LOCK_SCOPE (&map->lock);
  for (size_t i = 0; i < map->nr_pages; i++)
    free (map->pages[i]);
  free (map->pages);
  map->pages = NULL;
  map->nr_pages = 0;
  for (size_t i = 0; i < NR_BUCKETS; i++)
    while (map->pieces[i])
      drop_pieces (map, &map->pieces[i]);
  byte_ranges_clear (&map->promised);
  map->no_memory = map->broken = false;
  map->disk_end = UINT64_MAX;
}

void
hole_map_free (struct hole_map *map)
{
  if (!map)
    return;
  hole_map_clear (map);
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

/* The page of GRANULE, made if it is missing.  NULL: no memory. */
static unsigned char *
make_page (struct hole_map *map, uint64_t granule)
{
  const size_t page = (size_t) (granule / PAGE_GRANULES);

  if (page < map->nr_pages || grow (map, page)) {
    if (!map->pages[page])
      map->pages[page] = calloc (1, PAGE_BYTES);
    if (map->pages[page])
      return map->pages[page];
  }
  map->no_memory = true;
  return NULL;
}

static void
set_granule (struct hole_map *map, uint64_t granule, enum granule state)
{
  const unsigned shift = (unsigned) (granule % 4) * 2;
  unsigned char *p = make_page (map, granule);

  if (p) {
    p += granule % PAGE_GRANULES / 4;
    *p = (unsigned char) ((*p & ~(3u << shift)) | (unsigned) state << shift);
  }
}

static enum granule
get_granule (const struct hole_map *map, uint64_t granule)
{
  const size_t page = (size_t) (granule / PAGE_GRANULES);
  const size_t byte = (size_t) (granule % PAGE_GRANULES / 4);

  if (page >= map->nr_pages || !map->pages[page])
    return GRANULE_UNKNOWN;
  return (enum granule) (map->pages[page][byte] >> (granule % 4 * 2) & 3);
}

/* How much of GRANULE lies in the disk view, as far as its end is known. */
static uint64_t
granule_size (const struct hole_map *map, uint64_t granule)
{
  const uint64_t start = granule * HOLE_GRANULE;

  if (map->disk_end > start && map->disk_end - start < HOLE_GRANULE)
    return map->disk_end - start;
  return HOLE_GRANULE;
}

/* -- Learning --------------------------------------------------------------- */

/* A byte that is not zero came at OFFSET. */
static void
note_data (struct hole_map *map, uint64_t offset)
{
  const uint64_t granule = offset / HOLE_GRANULE;
  struct zero_pieces **p = find_pieces (map, granule);
  struct byte_range promise;

  if (*p)
    drop_pieces (map, p);
  set_granule (map, granule, GRANULE_DATA);
  if (byte_ranges_find (&map->promised, offset, &promise) && !map->broken) {
    map->broken = true;
    map->broken_offset = offset;
  }
}

/* GRANULE is zero if all of it has been seen. */
static void
finish_pieces (struct hole_map *map, struct zero_pieces **p)
{
  const uint64_t granule = (*p)->granule;
  struct byte_range seen;

  if (byte_ranges_find (&(*p)->seen, 0, &seen)
      && seen.end >= granule_size (map, granule)) {
    drop_pieces (map, p);
    set_granule (map, granule, GRANULE_ZERO);
  }
}

/* LEN zeroes at OFFSET, all in one granule. */
static void
note_zeroes (struct hole_map *map, uint64_t offset, size_t len)
{
  const uint64_t granule = offset / HOLE_GRANULE;
  const uint64_t start = offset % HOLE_GRANULE;
  struct zero_pieces **p = find_pieces (map, granule);

  if (!*p && start == 0 && len == granule_size (map, granule)) {
    set_granule (map, granule, GRANULE_ZERO);
    return;
  }
  set_granule (map, granule, GRANULE_PIECES);
  if (!*p) {
    if (map->nr_pieces == PIECES_MAX)
      return;
    *p = calloc (1, sizeof **p);
    if (!*p)
      return;
    (*p)->granule = granule;
    map->nr_pieces++;
  }
  if (byte_ranges_add (&(*p)->seen, start, start + len, GAPS_MAX))
    finish_pieces (map, p);
  else
    drop_pieces (map, p);
}

static void
note_end (struct hole_map *map, uint64_t end)
{
  LOCK_SCOPE (&map->lock);
  if (map->disk_end == end)
    return;
  map->disk_end = end;
  /* All of the last granule may have come before. */
  struct zero_pieces **p = find_pieces (map, end / HOLE_GRANULE);
  if (*p)
    finish_pieces (map, p);
}

static bool
is_settled (struct hole_map *map, uint64_t granule)
{
  LOCK_SCOPE (&map->lock);
  enum granule state = get_granule (map, granule);
  return state == GRANULE_DATA || state == GRANULE_ZERO;
}

/* LEN bytes at OFFSET, all in one granule. */
static void
add_piece (struct hole_map *map, uint64_t offset, const char *buf, size_t len)
{
  size_t zeroes = len;

  if (is_settled (map, offset / HOLE_GRANULE))
    return;
  if (buf && !is_zero (buf, len))
    for (zeroes = 0; buf[zeroes] == 0; zeroes++)
      ;
  LOCK_SCOPE (&map->lock);
  if (zeroes < len)
    note_data (map, offset + zeroes);
  else if (get_granule (map, offset / HOLE_GRANULE) != GRANULE_DATA)
    note_zeroes (map, offset, len);
}

void
hole_map_add (struct hole_map *map, uint64_t offset, const void *buf,
              size_t len, bool at_end)
{
  const char *p = buf;

  if (at_end)
    note_end (map, offset + len);
  while (len > 0) {
    uint64_t left = HOLE_GRANULE - offset % HOLE_GRANULE;
    size_t n = len < left ? len : (size_t) left;

    add_piece (map, offset, p, n);
    p = p ? p + n : NULL;
    offset += n;
    len -= n;
  }
}

/* -- Asking ----------------------------------------------------------------- */

/* The state at OFFSET and where it ends, the end of its granule at most.  BELIEVE:
 * what is promised, too.  Called with the lock. */
static enum hole_state
state_at (struct hole_map *map, uint64_t offset, bool believe, uint64_t *end)
{
  const uint64_t granule = offset / HOLE_GRANULE;
  const uint64_t start = granule * HOLE_GRANULE;
  const enum granule state = get_granule (map, granule);
  struct byte_range range;

  *end = start + HOLE_GRANULE;
  if (state == GRANULE_DATA)
    return HOLE_DATA;
  if (state == GRANULE_ZERO
      || (believe && byte_ranges_find (&map->promised, offset, &range)))
    return HOLE_ZERO;
  if (state == GRANULE_PIECES) {
    struct zero_pieces *pieces = *find_pieces (map, granule);

    if (!pieces)
      return HOLE_DATA;
    bool seen = byte_ranges_find (&pieces->seen, offset - start, &range);
    uint64_t stop = seen ? range.end : range.start;
    if (stop < HOLE_GRANULE)
      *end = start + stop;
    if (seen)
      return HOLE_ZERO;
  }
  return map->no_memory ? HOLE_DATA : HOLE_UNKNOWN;
}

enum hole_state
hole_map_run (struct hole_map *map, uint64_t offset, uint64_t limit,
              uint64_t *end)
{
  LOCK_SCOPE (&map->lock);
  const enum hole_state state = state_at (map, offset, true, end);
  uint64_t next;

  while (*end < limit && state_at (map, *end, true, &next) == state)
    *end = next;
  if (*end > limit)
    *end = limit;
  return state;
}

bool
hole_map_is_zero (struct hole_map *map, uint64_t offset, uint64_t len)
{
  const uint64_t end = offset + len;

  LOCK_SCOPE (&map->lock);
  while (offset < end)
    if (state_at (map, offset, false, &offset) != HOLE_ZERO)
      return false;
  return true;
}

/* -- Promises --------------------------------------------------------------- */

/* What is known already may contradict: granules START to END.  Pages that do not
 * exist are passed over. */
static void
compare_promise (struct hole_map *map, uint64_t start, uint64_t end)
{
  while (start < end && !map->broken) {
    const uint64_t page = start / PAGE_GRANULES;

    if (page >= map->nr_pages)
      return;
    if (!map->pages[page])
      start = (page + 1) * PAGE_GRANULES;
    else if (get_granule (map, start) != GRANULE_DATA)
      start++;
    else {
      map->broken = true;
      map->broken_offset = start * HOLE_GRANULE;
    }
  }
}

void
hole_map_promise (struct hole_map *map, uint64_t offset, uint64_t len)
{
  if (offset > DISK_SIZE_MAX || len > DISK_SIZE_MAX)
    return;
  const uint64_t start = (offset + HOLE_GRANULE - 1) / HOLE_GRANULE;
  const uint64_t end = (offset + len) / HOLE_GRANULE;

  if (start >= end)
    return;
  LOCK_SCOPE (&map->lock);
  if (byte_ranges_add (&map->promised, start * HOLE_GRANULE, end * HOLE_GRANULE,
                       PROMISES_MAX))
    compare_promise (map, start, end);
}

bool
hole_map_has_promises (struct hole_map *map)
{
  LOCK_SCOPE (&map->lock);
  return map->promised.nr > 0;
}

bool
hole_map_broken_promise (struct hole_map *map, uint64_t *offset)
{
  LOCK_SCOPE (&map->lock);
  *offset = map->broken_offset;
  return map->broken;
}

/* -- Remembering ------------------------------------------------------------ */

/* Runs of granules of one state: a number each, state in the low two bits. */
void
hole_map_save (struct hole_map *map, struct scan_writer *w, uint64_t size)
{
  const uint64_t nr = (size + HOLE_GRANULE - 1) / HOLE_GRANULE;

  LOCK_SCOPE (&map->lock);
  for (uint64_t granule = 0; granule < nr;) {
    const enum granule state = get_granule (map, granule);
    const uint64_t start = granule;

    do
      granule++;
    while (granule < nr && get_granule (map, granule) == state);
    scan_writer_u64 (w, (granule - start) << 2 | (uint64_t) state);
  }
}

/* Like set_granule, for many.  False: no memory. */
static bool
set_granules (struct hole_map *map, uint64_t granule, uint64_t nr,
              enum granule state)
{
  while (nr > 0) {
    uint64_t in_page = PAGE_GRANULES - granule % PAGE_GRANULES, n = 1;

    if (granule % 4 == 0 && nr >= 4) {
      n = (nr < in_page ? nr : in_page) / 4 * 4;
      unsigned char *p = make_page (map, granule);
      if (p)
        memset (p + granule % PAGE_GRANULES / 4, (int) state * 0x55,
                (size_t) (n / 4));
    }
    else
      set_granule (map, granule, state);
    if (map->no_memory)
      return false;
    granule += n;
    nr -= n;
  }
  return true;
}

bool
hole_map_load (struct hole_map *map, struct scan_reader *r, uint64_t size)
{
  uint64_t left = (size + HOLE_GRANULE - 1) / HOLE_GRANULE, granule = 0;

  LOCK_SCOPE (&map->lock);
  map->disk_end = size;
  while (left > 0) {
    const uint64_t run = scan_reader_u64 (r), nr = run >> 2;

    if (r->failed || nr == 0 || nr > left
        || !set_granules (map, granule, nr, (enum granule) (run & 3)))
      return false;
    granule += nr;
    left -= nr;
  }
  return true;
}
