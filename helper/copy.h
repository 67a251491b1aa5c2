/* SPDX-License-Identifier: MIT */
/* Copies the image to the target by windows, from where the journal stands.
 *
 * Two windows of COPY_WINDOW bytes: a thread fills and digests one while the
 * other is written.  When the target has the window, the journal moves on and the
 * progress is said.
 *
 * Chunk 0, the partition table, is zeroed before all the rest and written after
 * it, so that a disk written in part looks neither like the new system nor, with
 * the same partitions, like the old one.  Until then it is kept in
 * RAM_ROOT/first-chunk.  So what travels again when the write is killed is the
 * two windows at most, 32 MiB.
 *
 * Memory: two windows and chunk 0, 33 MiB; with the reader, the program and its
 * stacks under 48 MiB in stream mode (ramfs mode adds the decoders' share). */

#ifndef FLASH_HELPER_COPY_H
#define FLASH_HELPER_COPY_H

#include "digest-table.h"
#include "flash-settings.h"
#include "image-source.h"
#include "journal.h"
#include "range-writer.h"
#include "target.h"

#define COPY_WINDOW (16u << 20)

/* Everything that a write works on. */
struct flash
{
  const struct flash_settings *settings;
  struct target target;
  struct range_writer writer;
  struct image_source *source;
  struct digest_table *digests;
  struct journal *journal;
  struct journal_state state;
};

/* Open RAM_ROOT/dev/target and set up its writer; settings are there.  Writes
 * nothing.  -1: reported. */
int copy_open_target (struct flash *flash);

/* 0 when the target has all of the image, durable.  -1: reported; the thread may
 * then still be waiting for a tunnel, so the process must do nothing more with
 * FLASH, and end. */
int copy_run (struct flash *flash);

/* Fetch chunk INDEX again, and check that it still is what it was.  -1:
 * reported. */
int copy_fetch_again (struct flash *flash, uint64_t index, unsigned char *buf);

#endif
