/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cleanup.h"
#include "image-ops.h"
#include "zstd-frame.h"

#define HEADER_MAX 18           /* magic and Frame_Header */
#define BLOCK_HEADER 3
#define BLOCK_MAX (128 * 1024)
#define CHECKSUM_SIZE 4
#define DETECT_FRAMES 64        /* skippable frames in front of the first one */

enum block_type { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED, BLOCK_RESERVED };

/* Formats before version 0.8 of zstd: 0.1 and 0.2 to 0.7. */
static bool
is_legacy (uint64_t magic)
{
  return magic == UINT32_C (0xfd2fb51e)
         || (magic >= UINT32_C (0xfd2fb522) && magic <= UINT32_C (0xfd2fb527));
}

int
zstd_frame_detect (const struct image *im, struct fault *fault)
{
  CLEANUP_FREE struct zstd_input *input = zstd_input_new (im);
  const unsigned char *p;
  uint64_t offset = 0;

  if (!input)
    return fault_no_memory (fault, "an image");
  for (unsigned i = 0; i < DETECT_FRAMES; i++) {
    int n = zstd_input_look (input, offset, ZSTD_SKIPPABLE_HEADER, &p, fault);

    if (n < 4)
      return n == -1 ? -1 : 0;
    uint64_t magic = zstd_number (p, 4);
    if (magic == ZSTD_FRAME_MAGIC || is_legacy (magic))
      return 1;
    if (n < ZSTD_SKIPPABLE_HEADER || !zstd_is_skippable (magic))
      return 0;
    offset += ZSTD_SKIPPABLE_HEADER + zstd_number (p + 4, 4);
  }
  return 0;
}

static int
truncated (const struct zstd_input *input, const struct zstd_frame *frame,
           struct fault *fault)
{
  return fault_set (fault, EBADMSG, "truncated: the file ends at byte %" PRIu64
                    " in the middle of %s %" PRIu64 " (which begins at byte %"
                    PRIu64 ")", input->im->stored_size,
                    frame->skippable ? "the skippable frame before frame"
                                     : "frame",
                    frame->number, frame->offset);
}

static int
damaged (const struct zstd_frame *frame, uint64_t offset, const char *what,
         struct fault *fault)
{
  return fault_set (fault, EBADMSG, "frame %" PRIu64 " (which begins at byte %"
                    PRIu64 "), at byte %" PRIu64 ": %s", frame->number,
                    frame->offset, offset, what);
}

static int
read_skippable (const struct zstd_input *input, struct zstd_frame *frame,
                const unsigned char *p, int n, struct fault *fault)
{
  frame->skippable = true;
  if (n < ZSTD_SKIPPABLE_HEADER)
    return truncated (input, frame, fault);
  frame->header_size = ZSTD_SKIPPABLE_HEADER;
  frame->stored_size = ZSTD_SKIPPABLE_HEADER + zstd_number (p + 4, 4);
  frame->content_size = 0;
  if (frame->stored_size > input->im->stored_size - frame->offset)
    return truncated (input, frame, fault);
  return 0;
}

/* The Frame_Header behind the magic number (section 3.1.1.1); N bytes at P. */
static int
parse_header (const struct zstd_input *input, struct zstd_frame *frame,
              const unsigned char *p, int n, struct fault *fault)
{
  static const unsigned char size_of_id[4] = { 0, 1, 2, 4 };
  static const unsigned char size_of_content[4] = { 0, 2, 4, 8 };

  if (n < 1)
    return truncated (input, frame, fault);
  const bool single = p[0] >> 5 & 1;
  const unsigned id = size_of_id[p[0] & 3];
  unsigned content = size_of_content[p[0] >> 6];
  if (p[0] & 8)
    return damaged (frame, frame->offset + 4, "a reserved bit is set", fault);
  if (content == 0 && single)
    content = 1;
  frame->has_checksum = p[0] >> 2 & 1;
  frame->header_size = 4 + 1 + !single + id + content;
  if ((unsigned) n + 4 < frame->header_size)
    return truncated (input, frame, fault);

  if (!single) {
    const uint64_t base = UINT64_C (1) << (10 + (p[1] >> 3));
    frame->window_size = base + base / 8 * (p[1] & 7);
  }
  p += 1 + !single;
  if (zstd_number (p, id) != 0)
    return fault_set (fault, ENOTSUP, "frame %" PRIu64 " at byte %" PRIu64
                      " needs the dictionary number %" PRIu64 ": images that "
                      "need a dictionary are not supported", frame->number,
                      frame->offset, zstd_number (p, id));
  if (content > 0)
    frame->content_size = zstd_number (p + id, content) + (content == 2 ? 256 : 0);
  if (single)
    frame->window_size = frame->content_size;
  return 0;
}

int
zstd_frame_read (struct zstd_input *input, struct zstd_frame *frame,
                 struct fault *fault)
{
  const unsigned char *p;
  int n = zstd_input_look (input, frame->offset, HEADER_MAX, &p, fault);

  if (n == -1)
    return -1;
  frame->skippable = frame->has_checksum = false;
  frame->window_size = frame->stored_size = frame->bound = 0;
  frame->content_size = ZSTD_SIZE_UNKNOWN;
  if (n < 4)
    return truncated (input, frame, fault);
  const uint64_t magic = zstd_number (p, 4);
  if (zstd_is_skippable (magic))
    return read_skippable (input, frame, p, n, fault);
  if (is_legacy (magic))
    return fault_set (fault, ENOTSUP, "frame %" PRIu64 " at byte %" PRIu64 " is "
                      "of a zstd format from before version 0.8, which is not "
                      "supported", frame->number, frame->offset);
  if (magic != ZSTD_FRAME_MAGIC)
    return fault_set (fault, EBADMSG, "there is no zstd frame at byte %" PRIu64
                      ", where frame %" PRIu64 " should begin", frame->offset,
                      frame->number);
  return parse_header (input, frame, p + 4, n - 4, fault);
}

/* One Block at OFFSET (section 3.1.1.2): its size with the header in *SIZE. */
static int
measure_block (struct zstd_input *input, struct zstd_frame *frame,
               uint64_t offset, uint64_t *size, bool *last, struct fault *fault)
{
  const uint64_t max =
    frame->window_size < BLOCK_MAX ? frame->window_size : BLOCK_MAX;
  const unsigned char *p;
  int n = zstd_input_look (input, offset, BLOCK_HEADER, &p, fault);

  if (n == -1)
    return -1;
  if (n < BLOCK_HEADER)
    return truncated (input, frame, fault);
  const uint64_t header = zstd_number (p, BLOCK_HEADER), content = header >> 3;
  const enum block_type type = (enum block_type) (header >> 1 & 3);
  *last = header & 1;
  if (type == BLOCK_RESERVED)
    return damaged (frame, offset, "a Block of a reserved type", fault);
  if (content > (type == BLOCK_COMPRESSED ? BLOCK_MAX : max))
    return damaged (frame, offset, "a Block that is larger than allowed", fault);
  *size = BLOCK_HEADER + (type == BLOCK_RLE ? 1 : content);
  frame->bound += type == BLOCK_COMPRESSED ? max : content;
  return 0;
}

int
zstd_frame_measure (struct zstd_input *input, struct zstd_frame *frame,
                    struct fault *fault)
{
  const uint64_t end = input->im->stored_size;
  uint64_t position = frame->offset + frame->header_size, size = 0;
  bool last = false;

  if (frame->skippable)
    return 0;
  frame->bound = 0;
  while (!last) {
    if (measure_block (input, frame, position, &size, &last, fault) == -1)
      return -1;
    if (size > end - position)
      return truncated (input, frame, fault);
    position += size;
  }
  if (frame->has_checksum) {
    if (end - position < CHECKSUM_SIZE)
      return truncated (input, frame, fault);
    position += CHECKSUM_SIZE;
  }
  frame->stored_size = position - frame->offset;
  if (frame->content_size == ZSTD_SIZE_UNKNOWN
      || frame->content_size <= frame->bound)
    return 0;
  return fault_set (fault, EBADMSG, "frame %" PRIu64 " at byte %" PRIu64 " claims "
                    "%" PRIu64 " bytes of content, and its Blocks hold %" PRIu64
                    " at most", frame->number, frame->offset, frame->content_size,
                    frame->bound);
}
