/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "cleanup.h"
#include "hole-map.h"
#include "image-ops.h"
#include "zstd-index.h"
#include "zstd-seek-table.h"

#define SPAN_MIN (UINT64_C (1) << 20)   /* bytes of the disk view, at first */
#define SPANS_MAX 65536
/* Windows up to this size are decoded whatever the memory limit is: it is what
 * the zstd program allows by default. */
#define WINDOW_ALWAYS (UINT64_C (1) << 27)

struct zstd_index
{
  const struct image *im;
  struct zstd_span *spans;
  size_t nr, room;
  uint64_t span_min;
  size_t nr_unknown;            /* spans without a size */
  uint64_t disk_size;           /* of all spans whose size is known */
  uint64_t nr_frames, nr_checked;       /* frames, and those with a checksum */
};

static struct zstd_index *
new_index (const struct image *im)
{
  struct zstd_index *index = calloc (1, sizeof *index);

  if (index) {
    index->im = im;
    index->span_min = SPAN_MIN;
  }
  return index;
}

void
zstd_index_free (struct zstd_index *index)
{
  if (!index)
    return;
  free (index->spans);
  free (index);
}

/* -- Putting frames together ----------------------------------------------- */

/* Whether NEXT is to become a part of SPAN. */
static bool
belongs_to (const struct zstd_span *span, const struct zstd_span *next,
            uint64_t span_min)
{
  return span->bound == 0 || next->bound == 0
         || (span->bound < span_min && next->bound < span_min);
}

static void
join (struct zstd_span *span, const struct zstd_span *next)
{
  if (span->disk_size == ZSTD_SIZE_UNKNOWN
      || next->disk_size == ZSTD_SIZE_UNKNOWN)
    span->disk_size = ZSTD_SIZE_UNKNOWN;
  else
    span->disk_size += next->disk_size;
  span->bound += next->bound;
  span->stored_end = next->stored_end;
  if (next->window > span->window)
    span->window = next->window;
}

/* Make fewer and larger spans. */
static void
thin_out (struct zstd_index *index)
{
  while (index->nr > SPANS_MAX / 2) {
    size_t kept = 0;

    index->span_min *= 2;
    for (size_t i = 1; i < index->nr; i++)
      if (belongs_to (&index->spans[kept], &index->spans[i], index->span_min))
        join (&index->spans[kept], &index->spans[i]);
      else
        index->spans[++kept] = index->spans[i];
    index->nr = kept + 1;
  }
}

static bool
append (struct zstd_index *index, const struct zstd_span *span)
{
  if (index->nr > 0
      && belongs_to (&index->spans[index->nr - 1], span, index->span_min)) {
    join (&index->spans[index->nr - 1], span);
    return true;
  }
  if (index->nr == SPANS_MAX)
    thin_out (index);
  if (index->nr == index->room) {
    size_t room = index->room ? 2 * index->room : 64;
    struct zstd_span *p = realloc (index->spans, room * sizeof *p);

    if (!p)
      return false;
    index->spans = p;
    index->room = room;
  }
  index->spans[index->nr++] = *span;
  return true;
}

/* A window must fit into memory, and libzstd must take it. */
static int
check_window (const struct image *im, const struct zstd_frame *frame,
              struct fault *fault)
{
  const ZSTD_bounds bounds = ZSTD_dParam_getBounds (ZSTD_d_windowLogMax);
  const uint64_t limit = im->options.memory_limit;
  const uint64_t need = frame->content_size < frame->window_size
                        ? frame->content_size : frame->window_size;

  if (frame->window_size > UINT64_C (1) << bounds.upperBound)
    return fault_set (fault, ENOTSUP, "frame %" PRIu64 " at byte %" PRIu64 " has "
                      "a window of %" PRIu64 " bytes, more than this libzstd can "
                      "decode (%" PRIu64 ")", frame->number, frame->offset,
                      frame->window_size, UINT64_C (1) << bounds.upperBound);
  if (need > WINDOW_ALWAYS && need > limit)
    return fault_set (fault, ENOMEM, "frame %" PRIu64 " at byte %" PRIu64 " needs "
                      "%" PRIu64 " bytes of memory for its window, and the memory "
                      "limit is %" PRIu64, frame->number, frame->offset, need,
                      limit);
  return 0;
}

/* Take in a frame of SIZE bytes of content (or ZSTD_SIZE_UNKNOWN). */
static int
add_frame (struct zstd_index *index, const struct zstd_frame *frame,
           uint64_t size, struct fault *fault)
{
  const struct zstd_span span = {
    .frame = frame->number,
    .stored_offset = frame->offset,
    .stored_end = frame->offset + frame->stored_size,
    .disk_size = size,
    .bound = size == ZSTD_SIZE_UNKNOWN ? frame->bound : size,
    .window = frame->window_size < frame->content_size ? frame->window_size
                                                       : frame->content_size,
  };

  if (check_window (index->im, frame, fault) == -1)
    return -1;
  if (!append (index, &span))
    return fault_no_memory (fault, "the index of a zstd image");
  index->nr_frames++;
  index->nr_checked += frame->has_checksum;
  return 0;
}

/* -- Reading --------------------------------------------------------------- */

static int
too_large (struct fault *fault)
{
  return fault_set (fault, EFBIG, "the disk view has more than %" PRIu64
                    " bytes", DISK_SIZE_MAX);
}

/* Set the spans' places in the disk view; they are right up to the first span
 * of unknown size. */
static int
place_spans (struct zstd_index *index, struct fault *fault)
{
  uint64_t offset = 0;

  index->nr_unknown = 0;
  for (size_t i = 0; i < index->nr; i++) {
    struct zstd_span *span = &index->spans[i];

    span->disk_offset = offset;
    if (span->disk_size == ZSTD_SIZE_UNKNOWN)
      index->nr_unknown++;
    else if (span->disk_size > DISK_SIZE_MAX - offset)
      return too_large (fault);
    else
      offset += span->disk_size;
  }
  index->disk_size = offset;
  return 0;
}

/* The frame that a seek table's entry tells of: 1, 0 if the file says something
 * else, -1 with FAULT set. */
static int
take_entry (struct zstd_index *index, struct zstd_input *input,
            struct zstd_frame *frame, uint64_t stored_size,
            uint64_t content_size, struct fault *fault)
{
  if (zstd_frame_read (input, frame, fault) == -1)
    return 0;                   /* the walk will find the same, and say it */
  if (frame->skippable)
    return content_size == 0 && frame->stored_size == stored_size;
  if (frame->content_size != ZSTD_SIZE_UNKNOWN
      && frame->content_size != content_size)
    return 0;
  frame->stored_size = stored_size;
  if (add_frame (index, frame, content_size, fault) == -1)
    return -1;
  frame->number++;
  return 1;
}

/* 1: all that the table says agrees with the frames' headers; 0: it does not,
 * and INDEX is of no use; -1 with FAULT set. */
static int
take_table (struct zstd_index *index, struct zstd_input *input,
            struct zstd_seek_table *table, struct fault *fault)
{
  const uint64_t end = zstd_seek_table_offset (table);
  struct zstd_frame frame = { .number = 1 };
  uint64_t stored_size, content_size;
  int r;

  while ((r = zstd_seek_table_next (table, &stored_size, &content_size,
                                    fault)) == 1) {
    if (stored_size > end - frame.offset)
      return 0;
    r = take_entry (index, input, &frame, stored_size, content_size, fault);
    if (r != 1)
      return r;
    frame.offset += stored_size;
  }
  return r == -1 ? -1 : frame.offset == end;
}

/* From frame to frame, by all their Blocks' headers. */
static int
walk (struct zstd_index *index, struct zstd_input *input, struct fault *fault)
{
  struct zstd_frame frame = { .number = 1 };

  while (frame.offset < index->im->stored_size) {
    if (zstd_frame_read (input, &frame, fault) == -1
        || zstd_frame_measure (input, &frame, fault) == -1)
      return -1;
    if (frame.content_size != ZSTD_SIZE_UNKNOWN
        && frame.content_size > DISK_SIZE_MAX)
      return too_large (fault);
    if (!frame.skippable) {
      uint64_t size = frame.bound == 0 ? 0 : frame.content_size;

      if (add_frame (index, &frame, size, fault) == -1)
        return -1;
      frame.number++;
    }
    frame.offset += frame.stored_size;
  }
  return 0;
}

static struct zstd_index *
read_by_table (const struct image *im, struct zstd_input *input,
               struct zstd_seek_table *table, struct fault *fault)
{
  struct zstd_index *index = new_index (im);
  int r;

  if (!index)
    r = fault_no_memory (fault, "the index of a zstd image");
  else
    r = take_table (index, input, table, fault);
  if (r == 1)
    return index;
  if (r == 0)
    fault->errnum = 0;
  zstd_index_free (index);
  return NULL;
}

static struct zstd_index *
read_by_walk (const struct image *im, struct zstd_input *input,
              struct fault *fault)
{
  struct zstd_index *index = new_index (im);

  if (!index)
    fault_no_memory (fault, "the index of a zstd image");
  else if (walk (index, input, fault) == 0)
    return index;
  zstd_index_free (index);
  return NULL;
}

struct zstd_index *
zstd_index_read (const struct image *im, struct fault *fault)
{
  CLEANUP_FREE struct zstd_input *input = zstd_input_new (im);
  struct zstd_index *index = NULL;
  struct zstd_seek_table *table;

  if (!input) {
    fault_no_memory (fault, "the index of a zstd image");
    return NULL;
  }
  table = zstd_seek_table_read (im, fault);
  if (table)
    index = read_by_table (im, input, table, fault);
  zstd_seek_table_free (table);
  if (!index && fault->errnum == 0)
    index = read_by_walk (im, input, fault);
  if (index && place_spans (index, fault) == -1) {
    zstd_index_free (index);
    return NULL;
  }
  return index;
}

/* -- What is known --------------------------------------------------------- */

size_t
zstd_index_nr_spans (const struct zstd_index *index)
{
  return index->nr;
}

const struct zstd_span *
zstd_index_span (const struct zstd_index *index, size_t i)
{
  return &index->spans[i];
}

bool
zstd_index_is_sized (const struct zstd_index *index)
{
  return index->nr_unknown == 0;
}

uint64_t
zstd_index_disk_size (const struct zstd_index *index)
{
  return index->disk_size;
}

size_t
zstd_index_locate (const struct zstd_index *index, uint64_t offset)
{
  size_t low = 0, high = index->nr;

  /* The last span that begins at OFFSET or before; an empty one begins where
   * the next one does. */
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;

    if (index->spans[middle].disk_offset <= offset)
      low = middle;
    else
      high = middle;
  }
  return low;
}

int
zstd_index_set_size (struct zstd_index *index, size_t i, uint64_t size,
                     struct fault *fault)
{
  index->spans[i].disk_size = size;
  if (--index->nr_unknown > 0)
    return 0;
  return place_spans (index, fault);
}

const char *
zstd_index_check_name (const struct zstd_index *index)
{
  if (index->nr_checked == 0)
    return "none";
  return index->nr_checked == index->nr_frames ? "xxh64" : "mixed";
}

/* -- Remembering ----------------------------------------------------------- */

void
zstd_index_save (const struct zstd_index *index, struct scan_writer *w)
{
  scan_writer_u64 (w, index->nr_frames);
  scan_writer_u64 (w, index->nr_checked);
  scan_writer_u64 (w, index->nr);
  for (size_t i = 0; i < index->nr; i++) {
    const struct zstd_span *span = &index->spans[i];

    scan_writer_u64 (w, span->frame);
    scan_writer_u64 (w, span->stored_offset);
    scan_writer_u64 (w, span->stored_end);
    scan_writer_u64 (w, span->disk_size);
    scan_writer_u64 (w, span->window);
  }
}

/* The next span, which lies behind the one before (NULL: there is none). */
static bool
load_span (const struct zstd_index *index, struct scan_reader *r,
           const struct zstd_span *before, struct zstd_span *span)
{
  memset (span, 0, sizeof *span);
  span->frame = scan_reader_u64 (r);
  span->stored_offset = scan_reader_u64 (r);
  span->stored_end = scan_reader_u64 (r);
  span->disk_size = span->bound = scan_reader_u64 (r);
  span->window = scan_reader_u64 (r);
  return !r->failed && span->frame > (before ? before->frame : 0)
         && span->frame <= index->nr_frames
         && span->stored_offset >= (before ? before->stored_end : 0)
         && span->stored_end > span->stored_offset
         && span->stored_end <= index->im->stored_size
         && span->disk_size <= DISK_SIZE_MAX && span->window <= DISK_SIZE_MAX;
}

static bool
load_spans (struct zstd_index *index, struct scan_reader *r)
{
  index->nr_frames = scan_reader_u64 (r);
  index->nr_checked = scan_reader_u64 (r);
  const uint64_t nr = scan_reader_u64 (r);

  if (r->failed || nr == 0 || nr > SPANS_MAX || nr > index->nr_frames
      || index->nr_checked > index->nr_frames)
    return false;
  index->spans = calloc ((size_t) nr, sizeof *index->spans);
  if (!index->spans)
    return false;
  for (index->room = (size_t) nr; index->nr < nr; index->nr++) {
    struct zstd_span *span = &index->spans[index->nr];

    if (!load_span (index, r, index->nr > 0 ? span - 1 : NULL, span))
      return false;
  }
  return true;
}

struct zstd_index *
zstd_index_load (const struct image *im, struct scan_reader *r,
                 uint64_t disk_size)
{
  struct zstd_index *index = new_index (im);
  struct fault ignored;

  if (index && load_spans (index, r) && place_spans (index, &ignored) == 0
      && index->disk_size == disk_size && r->len == 0)
    return index;
  zstd_index_free (index);
  return NULL;
}
