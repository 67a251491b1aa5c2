/* SPDX-License-Identifier: MIT */
/* What an open image has done so far: for debugging and for the tests. */

#ifndef FLASHIMAGE_IMAGE_STATISTICS_H
#define FLASHIMAGE_IMAGE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

struct image;

struct image_statistics
{
  uint64_t hits;        /* reads that found their bytes decoded */
  uint64_t waits;       /* reads that waited for a Block */
  uint64_t decoded;     /* Blocks (gzip: spans between access points) decoded to
                           their end, or failed */
  uint64_t dropped;     /* Blocks dropped to make room, whole or in part */
  uint64_t restarts;    /* times that a live decoder was lost or started again */
  uint64_t resumed;     /* times that a decoder went on after a pause */
  uint64_t again;       /* Blocks begun that had been begun before */
  /* Of the Block cache, which other images may share. */
  uint64_t memory;      /* bytes in use now for Blocks, decoders, and what else the
                           cache was charged with */
  uint64_t memory_peak;
};

void image_get_statistics (struct image *im,
                           struct image_statistics *statistics);

/* The size of the disk view if it is known without any work. */
bool image_peek_disk_size (struct image *im, uint64_t *size);

#endif
