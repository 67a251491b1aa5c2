/* SPDX-License-Identifier: MIT */
/* Places in deflated data (gzip, zip) at which inflating can begin (the method that
 * zlib's example zran.c explains): between two deflate blocks, with the 32 KiB of
 * output before them (the *window*); at the start of a gzip member, without any.
 *
 * The number of points is bounded: when there are too many, every other one is
 * dropped, and the spacing doubles.  Thread safe. */

#ifndef FLASHIMAGE_ACCESS_POINTS_H
#define FLASHIMAGE_ACCESS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inflater.h"

struct access_points;
struct scan_reader;
struct scan_writer;

struct access_point
{
  uint64_t disk_offset;         /* the next byte that comes out */
  uint64_t stored_offset;       /* the next whole byte that goes in */
  unsigned bits;                /* upper bits of the byte before: they go in first */
  size_t window_size;
  unsigned char window[DEFLATE_WINDOW_SIZE];
};

/* MAX_WINDOWS, at least 2, bounds the memory to as many windows that are not all
 * zero; points without one may be a few times more.  NULL: no memory. */
struct access_points *access_points_new (size_t max_windows, uint64_t spacing);
void access_points_free (struct access_points *points);  /* NULL is allowed */

/* The disk offset from which on the next point is worth laying. */
uint64_t access_points_next (struct access_points *points);

/* Copies POINT, which lies behind the last one; the first one lies at 0.  False: no
 * memory. */
bool access_points_add (struct access_points *points,
                        const struct access_point *point);

/* The span between two points that holds OFFSET.  *END is UINT64_MAX when no
 * point lies behind OFFSET yet. */
void access_points_span (struct access_points *points, uint64_t offset,
                         uint64_t *start, uint64_t *end);

/* The last point at or before OFFSET; false when there is none. */
bool access_points_get (struct access_points *points, uint64_t offset,
                        struct access_point *point);

size_t access_points_count (struct access_points *points);
uint64_t access_points_memory (struct access_points *points);

/* For a remembered scan.  Loading adds to POINTS, which must be empty, what was
 * saved from a file of STORED_SIZE bytes with a disk view of DISK_SIZE; false when
 * that makes no sense, and then POINTS is good for nothing any more. */
void access_points_save (struct access_points *points, struct scan_writer *w);
bool access_points_load (struct access_points *points, struct scan_reader *r,
                         uint64_t stored_size, uint64_t disk_size);

#endif
