/* SPDX-License-Identifier: MIT */
/* A FAT partition of an image, to be read and changed: a sparse private copy of it in
 * TMPDIR, which has no name, and whose changes go back into the overlay. */

#ifndef FLASH_FAT_PARTITION_H
#define FLASH_FAT_PARTITION_H

#include <stdbool.h>

#include "image-overlay.h"

#define FAT_FILE_MAX (1u << 20)         /* bytes of a file that is read */

struct fat_partition
{
  struct image_overlay *overlay;        /* the caller's */
  uint64_t start, size;         /* bytes of the disk view */
  int fd;                       /* of the copy */
  char *names;                  /* of the files in its root, a line each, as mdir
                                 * says them */
  char *label;                  /* of the volume; "" for none */
};

/* Whether SECTOR, the first 512 bytes of a partition, begin a FAT file system. */
bool fat_partition_is_fat (const unsigned char sector[512]);

/* Copy the partition at START and look at its root folder.  0, or -1 after a report;
 * close it either way. */
int fat_partition_open (struct fat_partition *fat, struct image_overlay *overlay,
                        uint64_t start, uint64_t size);
void fat_partition_close (struct fat_partition *fat);

/* Whether the root folder has the file NAME (as FAT compares: small letters are as
 * good as capitals), or one that begins with FIRST and ends in LAST. */
bool fat_partition_has (const struct fat_partition *fat, const char *name);
bool fat_partition_has_like (const struct fat_partition *fat, const char *first,
                             const char *last);

/* The content of the file NAME, for the caller to free.  NULL after a report. */
char *fat_partition_read_file (const struct fat_partition *fat, const char *name,
                               size_t *size);

/* Make or replace the file NAME in the copy.  0, or -1 after a report. */
int fat_partition_write_file (const struct fat_partition *fat, const char *name,
                              const void *content, size_t size);

/* Lay what differs from the image into the overlay.  0, or -1 after a report. */
int fat_partition_store (const struct fat_partition *fat);

#endif
