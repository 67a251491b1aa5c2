/* SPDX-License-Identifier: MIT */
/* The .bmap files of bmaptool: which blocks of an image hold data.  XML, of which
 * just what is needed is understood (the format is described in bmaptool's
 * BmapCreate.py, versions 1.3 to 2.0): ImageSize, BlockSize, BlocksCount, the
 * Ranges of the BlockMap, and BmapFileChecksum where it is a SHA-256.  The text is
 * untrusted. */

#ifndef FLASHIMAGE_BMAP_FILE_H
#define FLASHIMAGE_BMAP_FILE_H

#include <stddef.h>
#include <stdint.h>

#define BMAP_FILE_SIZE_MAX (16 * 1024 * 1024)

struct bmap_range
{
  uint64_t offset, length;      /* bytes of the disk view; LENGTH > 0 */
};

struct bmap
{
  uint64_t image_size;          /* bytes, > 0 */
  struct bmap_range *holes;     /* not mapped: in rising order, apart */
  size_t nr_holes;
};

/* NULL: no valid bmap, with the reason in ERROR (always terminated). */
struct bmap *bmap_file_parse (const char *text, size_t len,
                              char *error, size_t error_size);
void bmap_free (struct bmap *bmap);     /* NULL is allowed */

#endif
