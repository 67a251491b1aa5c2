/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "access-points.h"
#include "cleanup.h"
#include "file-io.h"
#include "scan-buffer.h"

/* Points that need no window (members; runs of zeroes) take 40 bytes. */
#define POINTS_PER_WINDOW 32

/* As it is stored: a window of zeroes only, which sparse images are full of,
 * takes no memory. */
struct stored_point
{
  uint64_t disk_offset, stored_offset;
  unsigned char *window;        /* NULL: WINDOW_SIZE zeroes */
  uint16_t window_size;         /* DEFLATE_WINDOW_SIZE at most */
  unsigned char bits;
};

struct access_points
{
  pthread_mutex_t lock;         /* guards the rest */
  struct stored_point *points;  /* in rising order */
  size_t nr, room;
  size_t windows;               /* that take memory */
  size_t max_windows;
  uint64_t spacing;
};

struct access_points *
access_points_new (size_t max_windows, uint64_t spacing)
{
  struct access_points *points = calloc (1, sizeof *points);

  if (!points)
    return NULL;
  pthread_mutex_init (&points->lock, NULL);
  points->max_windows = max_windows < 2 ? 2 : max_windows;
  points->spacing = spacing;
  return points;
}

void
access_points_free (struct access_points *points)
{
  if (!points)
    return;
  for (size_t i = 0; i < points->nr; i++)
    free (points->points[i].window);
  free (points->points);
  pthread_mutex_destroy (&points->lock);
  free (points);
}

uint64_t
access_points_next (struct access_points *points)
{
  LOCK_SCOPE (&points->lock);
  return points->nr == 0 ? 0 : points->points[points->nr - 1].disk_offset
                               + points->spacing;
}

/* Drop every other point; the first one stays, since it begins the disk view. */
static void
thin_out (struct access_points *points)
{
  size_t kept = 0;

  for (size_t i = 0; i < points->nr; i++) {
    if (i % 2 == 0)
      points->points[kept++] = points->points[i];
    else if (points->points[i].window) {
      free (points->points[i].window);
      points->windows--;
    }
  }
  points->nr = kept;
  points->spacing *= 2;
}

static bool
make_room (struct access_points *points)
{
  while (points->windows >= points->max_windows
         || points->nr >= points->max_windows * POINTS_PER_WINDOW)
    thin_out (points);
  if (points->nr < points->room)
    return true;

  size_t room = points->room ? 2 * points->room : 16;
  struct stored_point *p = realloc (points->points, room * sizeof *p);
  if (!p)
    return false;
  points->points = p;
  points->room = room;
  return true;
}

bool
access_points_add (struct access_points *points,
                   const struct access_point *point)
{
  struct stored_point new = {
    .disk_offset = point->disk_offset,
    .stored_offset = point->stored_offset,
    .window_size = (uint16_t) point->window_size,
    .bits = (unsigned char) point->bits,
  };

  LOCK_SCOPE (&points->lock);
  if (!make_room (points))
    return false;
  if (!is_zero (point->window, point->window_size)) {
    new.window = malloc (point->window_size);
    if (!new.window)
      return false;
    memcpy (new.window, point->window, point->window_size);
    points->windows++;
  }
  points->points[points->nr++] = new;
  return true;
}

/* The index of the last point at or before OFFSET.  There is at least one point,
 * and the first is at 0.  Called with the lock. */
static size_t
find_point (const struct access_points *points, uint64_t offset)
{
  size_t low = 0, high = points->nr;

  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;

    if (points->points[middle].disk_offset <= offset)
      low = middle;
    else
      high = middle;
  }
  return low;
}

void
access_points_span (struct access_points *points, uint64_t offset,
                    uint64_t *start, uint64_t *end)
{
  LOCK_SCOPE (&points->lock);
  *start = 0;
  *end = UINT64_MAX;
  if (points->nr == 0)
    return;
  size_t i = find_point (points, offset);
  *start = points->points[i].disk_offset;
  if (i + 1 < points->nr)
    *end = points->points[i + 1].disk_offset;
}

bool
access_points_get (struct access_points *points, uint64_t offset,
                   struct access_point *point)
{
  LOCK_SCOPE (&points->lock);
  if (points->nr == 0)
    return false;
  const struct stored_point *p = &points->points[find_point (points, offset)];
  point->disk_offset = p->disk_offset;
  point->stored_offset = p->stored_offset;
  point->bits = p->bits;
  point->window_size = p->window_size;
  if (p->window)
    memcpy (point->window, p->window, p->window_size);
  else
    memset (point->window, 0, p->window_size);
  return true;
}

size_t
access_points_count (struct access_points *points)
{
  LOCK_SCOPE (&points->lock);
  return points->nr;
}

uint64_t
access_points_memory (struct access_points *points)
{
  LOCK_SCOPE (&points->lock);
  return (uint64_t) points->windows * DEFLATE_WINDOW_SIZE
         + (uint64_t) points->room * sizeof *points->points;
}

/* -- Remembered ------------------------------------------------------------- */

/* A point as it is saved: both offsets, then this, then its window. */
#define SAVED_SIZE_MASK 0xffff
#define SAVED_BITS_SHIFT 16
#define SAVED_WINDOW (UINT64_C (1) << 32)       /* not zeroes only: it follows */

void
access_points_save (struct access_points *points, struct scan_writer *w)
{
  LOCK_SCOPE (&points->lock);
  scan_writer_u64 (w, points->nr);
  for (size_t i = 0; i < points->nr; i++) {
    const struct stored_point *p = &points->points[i];

    scan_writer_u64 (w, p->disk_offset);
    scan_writer_u64 (w, p->stored_offset);
    scan_writer_u64 (w, (p->window ? SAVED_WINDOW : 0)
                        | (uint64_t) p->bits << SAVED_BITS_SHIFT
                        | p->window_size);
    if (p->window)
      scan_writer_bytes (w, p->window, p->window_size);
  }
}

/* Read the next point to *POINT, whose offsets are those of the one before. */
static bool
load_point (struct scan_reader *r, struct access_point *point,
            uint64_t stored_size, uint64_t disk_size)
{
  const uint64_t disk_offset = scan_reader_u64 (r);
  const uint64_t stored_offset = scan_reader_u64 (r);
  const uint64_t packed = scan_reader_u64 (r);
  const void *window;

  if (r->failed || disk_offset > disk_size || stored_offset > stored_size
      || stored_offset <= point->stored_offset)
    return false;
  if (point->stored_offset == 0 ? disk_offset != 0
                                : disk_offset <= point->disk_offset)
    return false;
  point->disk_offset = disk_offset;
  point->stored_offset = stored_offset;
  point->window_size = (size_t) (packed & SAVED_SIZE_MASK);
  point->bits = (unsigned) (packed >> SAVED_BITS_SHIFT & SAVED_SIZE_MASK);
  if (point->bits > 7 || packed >> 33 != 0
      || point->window_size > DEFLATE_WINDOW_SIZE
      || point->window_size > disk_offset)
    return false;
  if (!(packed & SAVED_WINDOW)) {
    memset (point->window, 0, point->window_size);
    return true;
  }
  window = scan_reader_bytes (r, point->window_size);
  if (!window)
    return false;
  memcpy (point->window, window, point->window_size);
  return true;
}

bool
access_points_load (struct access_points *points, struct scan_reader *r,
                    uint64_t stored_size, uint64_t disk_size)
{
  CLEANUP_FREE struct access_point *point = calloc (1, sizeof *point);
  const uint64_t nr = scan_reader_u64 (r);

  if (!point || nr == 0)
    return false;
  /* Each takes bytes of R, so a forged number ends soon. */
  for (uint64_t i = 0; i < nr; i++)
    if (!load_point (r, point, stored_size, disk_size)
        || !access_points_add (points, point))
      return false;
  return true;
}
