/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "bzip2-points.h"
#include "image-ops.h"

#define SPACING (UINT64_C (1) << 20)    /* bytes of the disk view, at first */
#define POINTS_MAX 65536

struct bzip2_points
{
  struct bzip2_point *points;
  size_t nr, room;
  uint64_t spacing;
};

struct bzip2_points *
bzip2_points_new (void)
{
  struct bzip2_points *points = calloc (1, sizeof *points);

  if (points)
    points->spacing = SPACING;
  return points;
}

void
bzip2_points_free (struct bzip2_points *points)
{
  if (!points)
    return;
  free (points->points);
  free (points);
}

static void
thin_out (struct bzip2_points *points)
{
  while (points->nr > POINTS_MAX / 2) {
    size_t kept = 0;

    points->spacing *= 2;
    for (size_t i = 1; i < points->nr; i++)
      if (points->points[i].disk_offset
          >= points->points[kept].disk_offset + points->spacing)
        points->points[++kept] = points->points[i];
    points->nr = kept + 1;
  }
}

static bool
make_room (struct bzip2_points *points)
{
  size_t room = points->room ? 2 * points->room : 64;

  if (points->nr == POINTS_MAX)
    thin_out (points);
  if (points->nr < points->room)
    return true;
  struct bzip2_point *p = realloc (points->points, room * sizeof *p);
  if (!p)
    return false;
  points->points = p;
  points->room = room;
  return true;
}

bool
bzip2_points_add (struct bzip2_points *points, const struct bzip2_point *point)
{
  if (points->nr > 0
      && point->disk_offset
         < points->points[points->nr - 1].disk_offset + points->spacing)
    return true;
  if (!make_room (points))
    return false;
  points->points[points->nr++] = *point;
  return true;
}

size_t
bzip2_points_nr (const struct bzip2_points *points)
{
  return points->nr;
}

const struct bzip2_point *
bzip2_points_get (const struct bzip2_points *points, size_t i)
{
  return &points->points[i];
}

size_t
bzip2_points_locate (const struct bzip2_points *points, uint64_t offset)
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
bzip2_points_save (const struct bzip2_points *points, struct scan_writer *w)
{
  scan_writer_u64 (w, points->nr);
  for (size_t i = 0; i < points->nr; i++) {
    const struct bzip2_point *p = &points->points[i];

    scan_writer_u64 (w, p->disk_offset);
    scan_writer_u64 (w, p->bit);
    scan_writer_u64 (w, p->level);
  }
}

static bool
load_point (const struct image *im, struct scan_reader *r, uint64_t disk_size,
            const struct bzip2_point *before, struct bzip2_point *p)
{
  p->disk_offset = scan_reader_u64 (r);
  p->bit = scan_reader_u64 (r);
  const uint64_t level = scan_reader_u64 (r);

  p->level = (unsigned) level;
  return !r->failed && level >= 1 && level <= 9 && p->disk_offset < disk_size
         && p->bit / 8 < im->stored_size
         && (before ? p->disk_offset > before->disk_offset && p->bit > before->bit
                    : p->disk_offset == 0);
}

struct bzip2_points *
bzip2_points_load (const struct image *im, struct scan_reader *r,
                   uint64_t disk_size)
{
  struct bzip2_points *points = bzip2_points_new ();
  const uint64_t nr = scan_reader_u64 (r);

  if (!points || r->failed || nr > POINTS_MAX || (nr == 0) != (disk_size == 0))
    goto bad;
  points->points = calloc ((size_t) nr + 1, sizeof *points->points);
  if (!points->points)
    goto bad;
  for (points->room = (size_t) nr + 1; points->nr < nr; points->nr++) {
    struct bzip2_point *p = &points->points[points->nr];

    if (!load_point (im, r, disk_size, points->nr > 0 ? p - 1 : NULL, p))
      goto bad;
  }
  if (r->len == 0)
    return points;
bad:
  bzip2_points_free (points);
  return NULL;
}
