/* SPDX-License-Identifier: MIT */
/* Places in a gzip file at which inflating can begin (the method that zlib's
 * example zran.c explains): between two deflate blocks, with the 32 KiB of output
 * before them (the *window*); and at the start of a member, without any.
 *
 * The number of points is bounded: when there are too many, every other one is
 * dropped, and the spacing doubles.  Thread safe. */

#ifndef FLASHIMAGE_GZIP_ACCESS_POINTS_H
#define FLASHIMAGE_GZIP_ACCESS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GZIP_WINDOW_SIZE 32768

struct gzip_access_points;

struct gzip_access_point
{
  uint64_t disk_offset;         /* the next byte that comes out */
  uint64_t stored_offset;       /* the next whole byte that goes in */
  unsigned bits;                /* bits of the byte before that go in first */
  bool member_start;            /* a member's header is there; no window */
  size_t window_size;
  unsigned char window[GZIP_WINDOW_SIZE];
};

/* MAX_POINTS, at least 2, bounds the memory.  NULL: no memory. */
struct gzip_access_points *gzip_access_points_new (size_t max_points,
                                                   uint64_t spacing);
void gzip_access_points_free (struct gzip_access_points *points);

/* Whether a point at DISK_OFFSET, behind the last one, is worth laying. */
bool gzip_access_points_want (struct gzip_access_points *points,
                              uint64_t disk_offset);

/* Copies POINT.  False: no memory. */
bool gzip_access_points_add (struct gzip_access_points *points,
                             const struct gzip_access_point *point);

/* The span between two points that holds OFFSET.  *END is UINT64_MAX when no
 * point lies behind OFFSET yet. */
void gzip_access_points_span (struct gzip_access_points *points,
                              uint64_t offset, uint64_t *start, uint64_t *end);

/* The last point at or before OFFSET; false when there is none. */
bool gzip_access_points_get (struct gzip_access_points *points,
                             uint64_t offset, struct gzip_access_point *point);

size_t gzip_access_points_count (struct gzip_access_points *points);

#endif
