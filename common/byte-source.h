/* SPDX-License-Identifier: MIT */
/* Where the bytes of an image come from: its stored view, below the
 * decoders.  A file (file-source.h), or whatever a program brings along.
 *
 * Operations return 0, or -1 with FAULT set.  All but close may be called
 * from several threads at once. */

#ifndef FLASHIMAGE_BYTE_SOURCE_H
#define FLASHIMAGE_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "fault.h"

struct byte_source;

/* What a remembered scan knows a file by. */
struct file_identity
{
  uint64_t device, inode;
  struct timespec mtime, ctime;
};

struct byte_source_ops
{
  /* Exactly LEN bytes at OFFSET, which lie inside.  What is read is of the
   * source as it was opened, as far as can be told. */
  int (*read) (struct byte_source *source, void *buf, size_t len,
               uint64_t offset, struct fault *fault);

  /* Whether it still is what was opened, as far as can be told at once.
   * STRICT: also whether somebody may have changed it and put its times
   * back.  NULL: nothing can be told. */
  int (*check_unchanged) (struct byte_source *source, bool strict,
                          struct fault *fault);

  /* Where the extent at OFFSET ends, END at most, and whether it is a hole.
   * NULL: nothing is known of holes without reading. */
  uint64_t (*find_extent) (struct byte_source *source, uint64_t offset,
                           uint64_t end, bool *hole);

  /* From now on every read under way, and every later one, fails soon
   * (ECANCELED).  NULL: reads end soon anyway. */
  void (*cancel) (struct byte_source *source);

  void (*close) (struct byte_source *source);
};

/* The beginning of every source.  All of it is constant. */
struct byte_source
{
  const struct byte_source_ops *ops;
  uint64_t size;                        /* bytes */
  /* NULL: scans of this cannot be remembered. */
  const struct file_identity *identity;
  /* Reads are slow to begin, and it can be exchanged unseen between two of
   * them: the image reads ahead, and holds what it gives out against its
   * digests. */
  bool remote;
  const char *scan_note;        /* for the result of a scan; NULL: none */
};

#endif
