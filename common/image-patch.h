/* SPDX-License-Identifier: MIT */
/* What one board's disk gets instead of the image's own bytes: ranges of the disk
 * view, and what comes there (docs/protocol.md, section 6).  It is made on the dev
 * machine before anything is written, and laid over the image on the board.  Not
 * thread safe while it is made; a made one is only read. */

#ifndef FLASHIMAGE_IMAGE_PATCH_H
#define FLASHIMAGE_IMAGE_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#define IMAGE_PATCH_MAX_DATA (64u << 20)
#define IMAGE_PATCH_MAX_RANGES 65536u
/* The bytes of a file that holds a patch: without one range, and at most. */
#define IMAGE_PATCH_LEAST_FILE 48u
#define IMAGE_PATCH_MAX_FILE                                                \
  (IMAGE_PATCH_LEAST_FILE + 16u * IMAGE_PATCH_MAX_RANGES + IMAGE_PATCH_MAX_DATA)

struct image_patch_range
{
  uint64_t offset;              /* in the disk view */
  uint32_t length;              /* at least 1 */
  uint32_t at;                  /* where its bytes begin in the patch's data */
};

/* All zero at first, but for the size.  Ranges rise, and do not overlap. */
struct image_patch
{
  uint64_t disk_size;
  size_t nr_ranges, room;       /* ROOM: for so many */
  struct image_patch_range *ranges;     /* owned */
  const unsigned char *data;
  size_t data_size;
  unsigned char *owned;         /* NULL: DATA is the caller's */
  size_t owned_room;
  unsigned char digest[DIGEST_SIZE];    /* of its file; read, or made */
};

/* Add LEN bytes that come to OFFSET, which lies behind all that was added before.
 * What continues the last range makes it longer.  0, or -1 after a report: beyond
 * the disk or a limit, or no memory. */
int image_patch_add (struct image_patch *patch, uint64_t offset,
                     const void *bytes, size_t len);

/* The patch as a file, for the caller to free, and its digest in PATCH.  NULL: no
 * memory, reported. */
unsigned char *image_patch_make_file (struct image_patch *patch, size_t *size);

/* Take the LEN bytes of FILE, which must stay as long as PATCH, for a patch of a
 * disk of DISK_SIZE bytes.  Nothing in them is trusted.  0, or -1 after a report,
 * and PATCH is empty. */
int image_patch_read_file (struct image_patch *patch, const void *file, size_t len,
                           uint64_t disk_size);

void image_patch_release (struct image_patch *patch);

/* The first range that ends behind OFFSET, or NULL. */
const struct image_patch_range *
image_patch_find (const struct image_patch *patch, uint64_t offset);

/* Lay what the patch has of the LEN bytes at OFFSET over BUF, which holds the
 * image's.  Whether there was anything. */
bool image_patch_lay_over (const struct image_patch *patch, void *buf, size_t len,
                           uint64_t offset);

#endif
