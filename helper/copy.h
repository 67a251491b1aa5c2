/* SPDX-License-Identifier: MIT */
/* Copies the image to the target by windows, from where the journal stands.
 *
 * Two windows of COPY_WINDOW bytes: a thread fills and digests one while the
 * other is written.  Zero chunks are zeroed, runs of data chunks go to dd; when
 * the target has the window, the journal moves on and the progress is said.
 * Chunk 0, the partition table, is kept back and written after all the rest.
 *
 * Memory: two windows and chunk 0, 33 MiB; with the reader, the program and its
 * stacks under 48 MiB in stream mode (ramfs mode adds the decoders' share). */

#ifndef FLASH_HELPER_COPY_H
#define FLASH_HELPER_COPY_H

#include "dd-writer.h"
#include "digest-table.h"
#include "flash-settings.h"
#include "image-source.h"
#include "journal.h"
#include "target.h"

#define COPY_WINDOW (16u << 20)

/* Everything that a write works on. */
struct flash
{
  const struct flash_settings *settings;
  struct target target;
  struct dd_writer writer;
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

/* Write LEN bytes at OFFSET, a multiple of DIGEST_CHUNK: zero chunks are zeroed,
 * the others written.  ZERO says which; NULL: find out.  *ZEROED (may be NULL)
 * grows by the bytes zeroed.  Not durable yet.  -1: reported. */
int copy_put (struct flash *flash, const unsigned char *buf, size_t len,
              uint64_t offset, const bool *zero, uint64_t *zeroed);

/* Fetch chunk INDEX again, and check that it still is what it was.  -1:
 * reported. */
int copy_fetch_again (struct flash *flash, uint64_t index, unsigned char *buf);

#endif
