/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file-io.h"
#include "gzip-access-points.h"

/* As it is stored: a window of zeroes only, which sparse images are full of,
 * takes no memory. */
struct stored_point
{
  uint64_t disk_offset, stored_offset;
  unsigned char *window;        /* NULL: WINDOW_SIZE zeroes */
  uint16_t window_size;         /* GZIP_WINDOW_SIZE at most */
  unsigned char bits;
  bool member_start;
};

struct gzip_access_points
{
  pthread_mutex_t lock;         /* guards the rest */
  struct stored_point *points;  /* in rising order */
  size_t nr, room, max;
  uint64_t spacing;
};

struct gzip_access_points *
gzip_access_points_new (size_t max_points, uint64_t spacing)
{
  struct gzip_access_points *points = calloc (1, sizeof *points);

  if (!points)
    return NULL;
  pthread_mutex_init (&points->lock, NULL);
  points->max = max_points < 2 ? 2 : max_points;
  points->spacing = spacing;
  return points;
}

void
gzip_access_points_free (struct gzip_access_points *points)
{
  if (!points)
    return;
  for (size_t i = 0; i < points->nr; i++)
    free (points->points[i].window);
  free (points->points);
  pthread_mutex_destroy (&points->lock);
  free (points);
}

bool
gzip_access_points_want (struct gzip_access_points *points,
                         uint64_t disk_offset)
{
  LOCK_SCOPE (&points->lock);
  return points->nr == 0
         || disk_offset - points->points[points->nr - 1].disk_offset
            >= points->spacing;
}

/* Drop every other point; the first one stays, since it begins the disk view. */
static void
thin_out (struct gzip_access_points *points)
{
  size_t kept = 0;

  for (size_t i = 0; i < points->nr; i++) {
    if (i % 2 == 0)
      points->points[kept++] = points->points[i];
    else
      free (points->points[i].window);
  }
  points->nr = kept;
  points->spacing *= 2;
}

static bool
make_room (struct gzip_access_points *points)
{
  if (points->nr == points->max)
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
gzip_access_points_add (struct gzip_access_points *points,
                        const struct gzip_access_point *point)
{
  struct stored_point new = {
    .disk_offset = point->disk_offset,
    .stored_offset = point->stored_offset,
    .window_size = (uint16_t) point->window_size,
    .bits = (unsigned char) point->bits,
    .member_start = point->member_start,
  };

  LOCK_SCOPE (&points->lock);
  if (!make_room (points))
    return false;
  if (!is_zero (point->window, point->window_size)) {
    new.window = malloc (point->window_size);
    if (!new.window)
      return false;
    memcpy (new.window, point->window, point->window_size);
  }
  points->points[points->nr++] = new;
  return true;
}

/* The index of the last point at or before OFFSET.  There is at least one point,
 * and the first is at 0.  Called with the lock. */
static size_t
find_point (const struct gzip_access_points *points, uint64_t offset)
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
gzip_access_points_span (struct gzip_access_points *points, uint64_t offset,
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
gzip_access_points_get (struct gzip_access_points *points, uint64_t offset,
                        struct gzip_access_point *point)
{
  LOCK_SCOPE (&points->lock);
  if (points->nr == 0)
    return false;
  const struct stored_point *p = &points->points[find_point (points, offset)];
  point->disk_offset = p->disk_offset;
  point->stored_offset = p->stored_offset;
  point->bits = p->bits;
  point->member_start = p->member_start;
  point->window_size = p->window_size;
  if (p->window)
    memcpy (point->window, p->window, p->window_size);
  else
    memset (point->window, 0, p->window_size);
  return true;
}

size_t
gzip_access_points_count (struct gzip_access_points *points)
{
  LOCK_SCOPE (&points->lock);
  return points->nr;
}
