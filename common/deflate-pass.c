/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "deflate-pass.h"

struct deflate_pass
{
  const struct deflate_framing *framing;
  void *opaque;
  struct access_points *points;
  struct digest_state *digest;
  struct inflater *inflater;
  bool in_stream, ended;
  uint64_t disk_offset;         /* bytes that came out */
  uint64_t stream_start;        /* where in the disk view this stream began */
  uint32_t crc;                 /* of this stream so far */
  atomic_uint_least64_t stored_done;
  struct access_point point;    /* the one being laid */
  struct deflate_input in;
};

struct deflate_pass *
deflate_pass_new (const struct image *im, const struct deflate_framing *framing,
                  void *opaque, struct access_points *points,
                  struct fault *fault)
{
  struct deflate_pass *pass = calloc (1, sizeof *pass);

  if (pass) {
    pass->framing = framing;
    pass->opaque = opaque;
    pass->points = points;
    pass->digest = digest_new ();
    pass->inflater = inflater_new ();
    deflate_input_start (&pass->in, im, pass->digest, 0);
    if (pass->digest && pass->inflater)
      return pass;
  }
  deflate_pass_free (pass);
  fault_no_memory (fault, "a decoder");
  return NULL;
}

void
deflate_pass_free (struct deflate_pass *pass)
{
  if (!pass)
    return;
  inflater_free (pass->inflater);
  digest_free (pass->digest);
  free (pass);
}

size_t
deflate_pass_memory (void)
{
  return sizeof (struct deflate_pass) + inflater_memory ();
}

/* Lay a point here if it is time.  In a stream, here is between two blocks. */
static int
lay_point (struct deflate_pass *pass, struct fault *fault)
{
  struct access_point *point = &pass->point;
  uint64_t bits = 8 * deflate_input_offset (&pass->in);

  if (pass->disk_offset < access_points_next (pass->points))
    return 0;
  point->window_size = 0;
  if (pass->in_stream) {
    bits -= inflater_unused_bits (pass->inflater);
    point->window_size = inflater_window (pass->inflater, point->window);
  }
  point->disk_offset = pass->disk_offset;
  point->stored_offset = (bits + 7) / 8;
  point->bits = (unsigned) (8 * point->stored_offset - bits);
  if (!access_points_add (pass->points, point))
    return fault_no_memory (fault, "an access point");
  return 0;
}

static int
begin_stream (struct deflate_pass *pass, struct fault *fault)
{
  int r = pass->framing->begin (pass->opaque, &pass->in, fault);

  atomic_store (&pass->stored_done, deflate_input_offset (&pass->in));
  if (r == -1)
    return -1;
  if (r == 0) {
    pass->ended = true;
    return 0;
  }
  if (lay_point (pass, fault) == -1)
    return -1;
  if (!inflater_start (pass->inflater, NULL, 0, 0, 0))
    return fault_no_memory (fault, "a decoder");
  pass->in_stream = true;
  pass->stream_start = pass->disk_offset;
  pass->crc = 0;
  return 0;
}

static int
end_stream (struct deflate_pass *pass, struct fault *fault)
{
  pass->in_stream = false;
  return pass->framing->end (pass->opaque, &pass->in, pass->crc,
                             pass->disk_offset - pass->stream_start, fault);
}

/* One call of the inflater, with no more room than up to where a point is due.
 * Returns its result; *PROGRESS: whether something went in or came out. */
static enum inflater_result
run_inflater (struct deflate_pass *pass, struct inflater_io *io, bool *progress)
{
  const uint64_t due = access_points_next (pass->points);
  const unsigned char *from = io->next_out;
  size_t room = io->avail_out, kept = 0;

  if (pass->disk_offset < due && due - pass->disk_offset < room) {
    kept = room - (size_t) (due - pass->disk_offset);
    io->avail_out -= kept;
  }
  io->next_in = pass->in.next;
  io->avail_in = pass->in.avail;
  enum inflater_result result = inflater_run (pass->inflater, io,
                                              pass->disk_offset >= due);
  const size_t n = (size_t) (io->next_out - from);

  *progress = n > 0 || io->avail_in != pass->in.avail;
  io->avail_out += kept;
  pass->in.next = io->next_in;
  pass->in.avail = io->avail_in;
  pass->crc = inflater_crc32 (pass->crc, from, n);
  pass->disk_offset += n;
  atomic_store (&pass->stored_done, deflate_input_offset (&pass->in));
  return result;
}

static int
inflate_some (struct deflate_pass *pass, struct inflater_io *io,
              struct fault *fault)
{
  const struct deflate_framing *framing = pass->framing;
  bool progress;

  if (pass->in.avail == 0 && deflate_input_fill (&pass->in, fault) == -1)
    return -1;
  enum inflater_result result = run_inflater (pass, io, &progress);
  if (framing->check_size (pass->opaque, pass->disk_offset, fault) == -1)
    return -1;
  switch (result) {
  case INFLATER_BOUNDARY:
    return lay_point (pass, fault);
  case INFLATER_END:
    return end_stream (pass, fault);
  case INFLATER_DAMAGED:
    return framing->damaged (pass->opaque, deflate_input_offset (&pass->in),
                             inflater_cause (pass->inflater), fault);
  case INFLATER_NO_MEMORY:
    return fault_no_memory (fault, "a decoder");
  case INFLATER_OK:
    break;
  }
  return progress ? 0 : framing->truncated (pass->opaque, fault);
}

ssize_t
deflate_pass_next (struct deflate_pass *pass, void *buf, size_t len,
                   struct fault *fault)
{
  struct inflater_io io = { .next_out = buf, .avail_out = len };

  while (io.avail_out > 0 && !pass->ended) {
    int r = pass->in_stream ? inflate_some (pass, &io, fault)
                            : begin_stream (pass, fault);
    if (r == -1)
      return -1;
  }
  return (ssize_t) (len - io.avail_out);
}

uint64_t
deflate_pass_stored_done (struct deflate_pass *pass)
{
  return atomic_load (&pass->stored_done);
}

void
deflate_pass_digest (struct deflate_pass *pass,
                     unsigned char digest[DIGEST_SIZE])
{
  digest_get (pass->digest, digest);
}
