/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "file-io.h"
#include "gzip-first-pass.h"
#include "hole-map.h"
#include "image-ops.h"

#define BUFFER_SIZE (128 * 1024)
#define GZIP_FORMAT (16 + MAX_WBITS)    /* windowBits: zlib checks the members */
/* data_type after inflate with Z_BLOCK: see zlib.h */
#define UNUSED_BITS 7
#define LAST_BLOCK 64
#define BETWEEN_BLOCKS 128

struct gzip_first_pass
{
  const struct image *im;
  struct gzip_access_points *points;
  struct digest_state *digest;
  z_stream strm;
  bool inflating;               /* STRM is initialized */
  bool ended;
  uint64_t read_offset;         /* stored offset behind the bytes in BUF */
  uint64_t disk_offset;         /* bytes that came out */
  uint64_t member;              /* its number, from 1 */
  uint64_t member_offset;       /* where it begins in the file */
  char note[200];
  atomic_uint_least64_t stored_done;
  struct gzip_access_point point;       /* the one being laid */
  unsigned char buf[BUFFER_SIZE];
};

struct gzip_first_pass *
gzip_first_pass_new (const struct image *im, struct gzip_access_points *points,
                     struct fault *fault)
{
  struct gzip_first_pass *pass = calloc (1, sizeof *pass);

  if (pass) {
    pass->im = im;
    pass->points = points;
    pass->member = 1;
    pass->digest = digest_new ();
    pass->inflating = inflateInit2 (&pass->strm, GZIP_FORMAT) == Z_OK;
    if (pass->digest && pass->inflating)
      return pass;
  }
  gzip_first_pass_free (pass);
  fault_no_memory (fault, "a decoder");
  return NULL;
}

void
gzip_first_pass_free (struct gzip_first_pass *pass)
{
  if (!pass)
    return;
  if (pass->inflating)
    inflateEnd (&pass->strm);
  digest_free (pass->digest);
  free (pass);
}

/* Stored offset of the next byte that goes in. */
static uint64_t
stored_offset (const struct gzip_first_pass *pass)
{
  return pass->read_offset - pass->strm.avail_in;
}

/* Read on behind what is left in the buffer.  Nothing happens at the end. */
static int
fill_input (struct gzip_first_pass *pass, struct fault *fault)
{
  const size_t kept = pass->strm.avail_in;
  uint64_t left = pass->im->stored_size - pass->read_offset;
  size_t n = BUFFER_SIZE - kept;

  if (left < n)
    n = (size_t) left;
  if (kept > 0)
    memmove (pass->buf, pass->strm.next_in, kept);
  if (n > 0 && image_read_stored (pass->im, pass->buf + kept, n,
                                  pass->read_offset, fault) == -1)
    return -1;
  digest_add (pass->digest, pass->buf + kept, n);
  pass->read_offset += n;
  pass->strm.next_in = pass->buf;
  pass->strm.avail_in = (uInt) (kept + n);
  atomic_store (&pass->stored_done, pass->read_offset);
  return 0;
}

static int
truncated (const struct gzip_first_pass *pass, struct fault *fault)
{
  return fault_set (fault, EBADMSG, "truncated: the file ends at byte %" PRIu64
                    " in the middle of member %" PRIu64 " (which begins at byte %"
                    PRIu64 ")", pass->im->stored_size, pass->member,
                    pass->member_offset);
}

static int
damaged (const struct gzip_first_pass *pass, int ret, struct fault *fault)
{
  const char *message = pass->strm.msg ? pass->strm.msg : "damaged data";

  if (ret == Z_MEM_ERROR)
    return fault_no_memory (fault, "a decoder");
  if (ret == Z_NEED_DICT)
    message = "a preset dictionary";
  if (strcmp (message, "incorrect data check") == 0)
    message = "Check mismatch: the CRC32 is wrong";
  if (strcmp (message, "incorrect length check") == 0)
    message = "the length is wrong";
  return fault_set (fault, EBADMSG, "member %" PRIu64 " (which begins at byte %"
                    PRIu64 "), near byte %" PRIu64 ": %s", pass->member,
                    pass->member_offset, stored_offset (pass), message);
}

/* The file goes on behind its last member: read it to its end, for the digest,
 * and say what is there. */
static int
skip_trailer (struct gzip_first_pass *pass, struct fault *fault)
{
  const uint64_t start = stored_offset (pass);
  bool zeroes = true;

  while (pass->strm.avail_in > 0) {
    zeroes = zeroes && is_zero (pass->strm.next_in, pass->strm.avail_in);
    pass->strm.avail_in = 0;
    if (fill_input (pass, fault) == -1)
      return -1;
  }
  snprintf (pass->note, sizeof pass->note, zeroes
            ? "%" PRIu64 " zero bytes of padding after the last gzip member, from"
              " byte %" PRIu64 " on, were ignored"
            : "%" PRIu64 " bytes after the last gzip member, from byte %" PRIu64
              " on, are no member and were ignored",
            pass->im->stored_size - start, start);
  return 0;
}

/* A member has ended: begin the next one, or end. */
static int
end_member (struct gzip_first_pass *pass, struct fault *fault)
{
  static const unsigned char magic[3] = { 0x1f, 0x8b, 8 };

  if (pass->strm.avail_in < sizeof magic && fill_input (pass, fault) == -1)
    return -1;
  size_t n = pass->strm.avail_in < sizeof magic ? pass->strm.avail_in
                                                : sizeof magic;
  if (n < 2 || memcmp (pass->strm.next_in, magic, n) != 0) {
    pass->ended = true;
    return n == 0 ? 0 : skip_trailer (pass, fault);
  }
  pass->member++;
  pass->member_offset = stored_offset (pass);
  if (n < sizeof magic)
    return truncated (pass, fault);
  if (inflateReset (&pass->strm) != Z_OK)
    return damaged (pass, Z_STREAM_ERROR, fault);
  return 0;
}

/* Lay an access point here, if it is time and possible. */
static int
lay_point (struct gzip_first_pass *pass, bool member_start, struct fault *fault)
{
  struct gzip_access_point *point = &pass->point;
  uInt window_size = 0;

  if (!gzip_access_points_want (pass->points, pass->disk_offset))
    return 0;
  if (!member_start
      && inflateGetDictionary (&pass->strm, point->window,
                               &window_size) != Z_OK)
    return damaged (pass, Z_STREAM_ERROR, fault);
  point->disk_offset = pass->disk_offset;
  point->stored_offset = stored_offset (pass);
  point->bits = member_start ? 0 : (unsigned) pass->strm.data_type & UNUSED_BITS;
  point->member_start = member_start;
  point->window_size = window_size;
  if (!gzip_access_points_add (pass->points, point))
    return fault_no_memory (fault, "an access point");
  return 0;
}

/* One call of inflate, and what follows from it. */
static int
inflate_some (struct gzip_first_pass *pass, struct fault *fault)
{
  if (pass->strm.avail_in == 0) {
    if (fill_input (pass, fault) == -1)
      return -1;
    if (pass->strm.avail_in == 0)
      return truncated (pass, fault);
  }
  if (stored_offset (pass) == pass->member_offset
      && lay_point (pass, true, fault) == -1)
    return -1;

  uInt room = pass->strm.avail_out;
  int ret = inflate (&pass->strm, Z_BLOCK);
  pass->disk_offset += room - pass->strm.avail_out;
  if (ret == Z_STREAM_END)
    return end_member (pass, fault);
  if (ret != Z_OK && ret != Z_BUF_ERROR)
    return damaged (pass, ret, fault);
  if (pass->disk_offset > DISK_SIZE_MAX)
    return fault_set (fault, EFBIG, "the disk view has more than %" PRIu64
                      " bytes", DISK_SIZE_MAX);
  if ((pass->strm.data_type & BETWEEN_BLOCKS)
      && !(pass->strm.data_type & LAST_BLOCK))
    return lay_point (pass, false, fault);
  return 0;
}

ssize_t
gzip_first_pass_next (struct gzip_first_pass *pass, void *buf, size_t len,
                      struct fault *fault)
{
  pass->strm.next_out = buf;
  pass->strm.avail_out = (uInt) len;
  while (pass->strm.avail_out > 0 && !pass->ended)
    if (inflate_some (pass, fault) == -1)
      return -1;
  return (ssize_t) (len - pass->strm.avail_out);
}

uint64_t
gzip_first_pass_stored_done (struct gzip_first_pass *pass)
{
  return atomic_load (&pass->stored_done);
}

void
gzip_first_pass_digest (struct gzip_first_pass *pass,
                        unsigned char digest[DIGEST_SIZE])
{
  digest_get (pass->digest, digest);
}

const char *
gzip_first_pass_note (struct gzip_first_pass *pass)
{
  return pass->note;
}
