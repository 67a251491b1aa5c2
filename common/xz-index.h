/* SPDX-License-Identifier: MIT */
/* Where the Blocks of an .xz file are (The .xz File Format, sections 2 and 4):
 * the Indexes of all its Streams, read from the file's end.  Everything that
 * frames the Blocks (Stream Headers, Stream Footers, Stream Padding, Indexes) is
 * verified by reading it.  Constant after that, hence thread safe. */

#ifndef FLASHIMAGE_XZ_INDEX_H
#define FLASHIMAGE_XZ_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <lzma.h>

struct fault;
struct image;
struct xz_index;

struct xz_block_info
{
  uint64_t number;              /* in the file, from 1 */
  uint64_t stored_offset;       /* of its header */
  uint64_t unpadded_size;       /* stored, without Block Padding */
  uint64_t total_size;          /* stored */
  uint64_t disk_offset;
  uint64_t disk_size;
  lzma_check check;
};

/* NULL with FAULT set. */
struct xz_index *xz_index_read (const struct image *im, struct fault *fault);
void xz_index_free (struct xz_index *index);    /* NULL is allowed */

uint64_t xz_index_disk_size (const struct xz_index *index);
uint64_t xz_index_nr_blocks (const struct xz_index *index);

/* The name of what protects the Blocks: see docs/protocol.md, "check". */
const char *xz_index_check_name (const struct xz_index *index);

/* The Block that holds OFFSET of the disk view: false beyond its end. */
bool xz_index_locate (const struct xz_index *index, uint64_t offset,
                      struct xz_block_info *info);

/* All Blocks in the file's order, empty ones too.  The cursor is initialized by
 * xz_index_begin. */
struct xz_index_cursor
{
  lzma_index_iter iter;
};
void xz_index_begin (const struct xz_index *index,
                     struct xz_index_cursor *cursor);
bool xz_index_next (struct xz_index_cursor *cursor, struct xz_block_info *info);

#endif
