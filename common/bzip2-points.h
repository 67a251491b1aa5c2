/* SPDX-License-Identifier: MIT */
/* The blocks at which a .bz2 file can be entered, 1 MiB of the disk view apart
 * at least, and more where there would be too many of them.
 *
 * Filled by one thread; constant after that, and thread safe from then on. */

#ifndef FLASHIMAGE_BZIP2_POINTS_H
#define FLASHIMAGE_BZIP2_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bzip2_points;
struct image;
struct scan_reader;
struct scan_writer;

struct bzip2_point
{
  uint64_t disk_offset;
  uint64_t bit;                 /* of the block, in the file */
  unsigned level;               /* of its stream, 1 to 9 */
};

struct bzip2_points *bzip2_points_new (void);           /* NULL: no memory */
void bzip2_points_free (struct bzip2_points *points);   /* NULL is allowed */

/* Note a block; blocks come in rising order.  Not each one is kept.  False: no
 * memory. */
bool bzip2_points_add (struct bzip2_points *points,
                       const struct bzip2_point *point);

size_t bzip2_points_nr (const struct bzip2_points *points);
const struct bzip2_point *bzip2_points_get (const struct bzip2_points *points,
                                            size_t i);
/* The number of the last point at OFFSET or before. */
size_t bzip2_points_locate (const struct bzip2_points *points, uint64_t offset);

/* For a remembered scan.  Loading gives NULL when there is no sense in it. */
void bzip2_points_save (const struct bzip2_points *points, struct scan_writer *w);
struct bzip2_points *bzip2_points_load (const struct image *im,
                                        struct scan_reader *r,
                                        uint64_t disk_size);

#endif
