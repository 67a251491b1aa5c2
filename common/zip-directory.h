/* SPDX-License-Identifier: MIT */
/* The central directory of a zip archive, and the one entry in it that is a disk
 * image (section numbers: PKWARE's APPNOTE.TXT 6.3.10).
 *
 * Which one: the only regular file, or else the only one whose name ends in .img,
 * .raw, .iso, .wic or .bin.  Names are for messages; they are no paths here. */

#ifndef FLASHIMAGE_ZIP_DIRECTORY_H
#define FLASHIMAGE_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

struct fault;
struct image;

#define ZIP_NAME_SHOWN 80       /* with its NUL */

enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8 };   /* 4.4.5 */

struct zip_entry
{
  enum zip_method method;
  uint32_t crc;                 /* of its data */
  uint64_t stored_offset;       /* of its compressed bytes, all in the file */
  uint64_t stored_size;         /* how many these are */
  uint64_t size;
  char name[ZIP_NAME_SHOWN];    /* printable, shortened if need be */
};

/* Find the image and hold its local header against the directory.  Anything that
 * this program does not read (encryption, other methods, several disks) is refused
 * by name.  0, or -1 with FAULT set. */
int zip_directory_find (const struct image *im, struct zip_entry *entry,
                        struct fault *fault);

#endif
