/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "file-io.h"
#include "gzip-member.h"
#include "hole-map.h"
#include "image-ops.h"

/* FLG, RFC 1952 section 2.3.1 */
enum
{
  FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0
};

/* What parsing a header comes to, beside -1. */
enum { NO_HEADER, HEADER, HEADER_TRUNCATED, HEADER_DAMAGED };

/* The bytes of a header while they are read. */
struct header
{
  struct deflate_input *in;
  uint32_t crc;
  const char *cause;            /* of HEADER_DAMAGED */
};

static uint32_t
little_endian (const unsigned char *p, int size)
{
  uint32_t value = 0;

  while (size-- > 0)
    value = value << 8 | p[size];
  return value;
}

/* As deflate_input_take. */
static int
take (struct header *h, void *buf, size_t len, struct fault *fault)
{
  int r = deflate_input_take (h->in, buf, len, fault);

  if (r == 1)
    h->crc = inflater_crc32 (h->crc, buf, len);
  return r;
}

static int
skip_extra (struct header *h, struct fault *fault)
{
  unsigned char buf[256];
  int r = take (h, buf, 2, fault);
  size_t left = r == 1 ? little_endian (buf, 2) : 0;

  while (r == 1 && left > 0) {
    size_t n = left < sizeof buf ? left : sizeof buf;

    r = take (h, buf, n, fault);
    left -= n;
  }
  return r;
}

/* A name or a comment, of any length. */
static int
skip_string (struct header *h, struct fault *fault)
{
  unsigned char c;
  int r;

  do
    r = take (h, &c, 1, fault);
  while (r == 1 && c != 0);
  return r;
}

static int
check_header_crc (struct header *h, struct fault *fault)
{
  const uint32_t expected = h->crc & 0xffff;
  unsigned char buf[2];
  int r = take (h, buf, 2, fault);

  if (r == 1 && little_endian (buf, 2) != expected) {
    h->cause = "the CRC of its header is wrong";
    return HEADER_DAMAGED;
  }
  return r;
}

/* The header behind its magic, ID1 ID2 CM. */
static int
parse_fields (struct header *h, struct fault *fault)
{
  unsigned char fixed[7];       /* FLG MTIME XFL OS */
  int r = take (h, fixed, sizeof fixed, fault);

  if (r != 1)
    return r;
  const unsigned flags = fixed[0];
  if (flags & RESERVED) {
    h->cause = "reserved flags are set in its header";
    return HEADER_DAMAGED;
  }
  if (flags & FEXTRA)
    r = skip_extra (h, fault);
  if (r == 1 && (flags & FNAME))
    r = skip_string (h, fault);
  if (r == 1 && (flags & FCOMMENT))
    r = skip_string (h, fault);
  if (r == 1 && (flags & FHCRC))
    r = check_header_crc (h, fault);
  return r;
}

/* Take a header from IN, or, with NO_HEADER, the *TAKEN bytes that are none. */
static int
parse_header (struct deflate_input *in, size_t *taken, const char **cause,
              struct fault *fault)
{
  static const unsigned char magic[3] = { 0x1f, 0x8b, 8 };
  struct header h = { .in = in };
  unsigned char byte;

  for (*taken = 0; *taken < sizeof magic; ++*taken) {
    int r = take (&h, &byte, 1, fault);
    if (r == -1)
      return -1;
    /* Two bytes of the magic and then the end: a header cut off. */
    if (r == 0)
      return *taken >= 2 ? HEADER_TRUNCATED : NO_HEADER;
    if (byte != magic[*taken]) {
      ++*taken;
      return NO_HEADER;
    }
  }
  int r = parse_fields (&h, fault);
  *cause = h.cause;
  return r == 0 ? HEADER_TRUNCATED : r;
}

static int
gzip_truncated (void *opaque, struct fault *fault)
{
  const struct gzip_member *m = opaque;

  return fault_set (fault, EBADMSG, "truncated: the file ends at byte %" PRIu64
                    " in the middle of member %" PRIu64 " (which begins at byte %"
                    PRIu64 ")", m->im->stored_size, m->number, m->offset);
}

static int
gzip_damaged (void *opaque, uint64_t near, const char *cause,
              struct fault *fault)
{
  const struct gzip_member *m = opaque;

  return fault_set (fault, EBADMSG, "member %" PRIu64 " (which begins at byte %"
                    PRIu64 "), near byte %" PRIu64 ": %s", m->number, m->offset,
                    near, cause);
}

/* The file goes on at START behind its last member: read it to its end, for the
 * digest, and say what is there. */
static int
go_over_rest (struct gzip_member *m, struct deflate_input *in, uint64_t start,
              bool zeroes, struct fault *fault)
{
  do {
    zeroes = zeroes && is_zero (in->next, in->avail);
    in->next += in->avail;
    in->avail = 0;
    if (deflate_input_fill (in, fault) == -1)
      return -1;
  } while (in->avail > 0);
  snprintf (m->note, sizeof m->note, zeroes
            ? "%" PRIu64 " zero bytes of padding after the last gzip member, from"
              " byte %" PRIu64 " on, were ignored"
            : "%" PRIu64 " bytes after the last gzip member, from byte %" PRIu64
              " on, are no member and were ignored",
            m->im->stored_size - start, start);
  return 0;
}

/* No header is at START, where a member could begin. */
static int
end_members (struct gzip_member *m, struct deflate_input *in, uint64_t start,
             size_t taken, struct fault *fault)
{
  if (m->number == 0)
    return fault_set (fault, EBADMSG, "no gzip member begins at byte 0");
  if (taken == 0)
    return 0;
  /* The byte before NEXT is the one that told; any before it were of the magic. */
  return go_over_rest (m, in, start, taken == 1 && in->next[-1] == 0, fault);
}

static int
gzip_begin (void *opaque, struct deflate_input *in, struct fault *fault)
{
  struct gzip_member *m = opaque;
  const uint64_t start = deflate_input_offset (in);
  const char *cause = NULL;
  size_t taken;
  int r = parse_header (in, &taken, &cause, fault);

  if (r == -1)
    return -1;
  if (r == NO_HEADER)
    return end_members (m, in, start, taken, fault);
  m->number++;
  m->offset = start;
  if (r == HEADER_TRUNCATED)
    return gzip_truncated (m, fault);
  if (r == HEADER_DAMAGED)
    return gzip_damaged (m, deflate_input_offset (in), cause, fault);
  return 1;
}

static int
gzip_end (void *opaque, struct deflate_input *in, uint32_t crc, uint64_t size,
          struct fault *fault)
{
  struct gzip_member *m = opaque;
  unsigned char trailer[GZIP_TRAILER_SIZE];
  int r = deflate_input_take (in, trailer, sizeof trailer, fault);

  if (r == -1)
    return -1;
  if (r == 0)
    return gzip_truncated (m, fault);
  const uint64_t near = deflate_input_offset (in) - sizeof trailer;
  if (little_endian (trailer, 4) != crc)
    return gzip_damaged (m, near, "Check mismatch: the CRC32 is wrong", fault);
  if (little_endian (trailer + 4, 4) != (uint32_t) size)
    return gzip_damaged (m, near, "the length is wrong", fault);
  return 0;
}

static int
gzip_check_size (void *opaque, uint64_t size, struct fault *fault)
{
  (void) opaque;
  if (size > DISK_SIZE_MAX)
    return fault_set (fault, EFBIG, "the disk view has more than %" PRIu64
                      " bytes", DISK_SIZE_MAX);
  return 0;
}

static const char *
gzip_note (const void *opaque)
{
  const struct gzip_member *m = opaque;

  return m->note;
}

static int
gzip_skip (struct deflate_input *in, struct fault *fault)
{
  const char *cause;
  size_t taken;
  int r = deflate_input_take (in, NULL, GZIP_TRAILER_SIZE, fault);

  if (r == 1)
    r = parse_header (in, &taken, &cause, fault);
  return r == -1 ? -1 : r == HEADER;
}

const struct deflate_framing gzip_framing = {
  .begin = gzip_begin,
  .end = gzip_end,
  .check_size = gzip_check_size,
  .damaged = gzip_damaged,
  .truncated = gzip_truncated,
  .note = gzip_note,
  .skip = gzip_skip,
};
