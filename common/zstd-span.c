/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "hole-map.h"
#include "image-ops.h"
#include "zstd-span.h"

#define BUFFER_SIZE (128 * 1024)
/* libzstd's context with the buffer for one Block, beside the window. */
#define CONTEXT_MEMORY (512 * 1024)

struct zstd_span_decoder
{
  const struct image *im;
  struct zstd_span span;
  ZSTD_DCtx *context;
  ZSTD_inBuffer in;             /* what is in BUF and not yet decoded */
  uint64_t position;            /* stored offset behind the bytes in BUF */
  uint64_t disk_done;           /* bytes that came out */
  uint64_t frame, frame_offset; /* the current frame, or the next one */
  bool in_frame;
  unsigned char buf[BUFFER_SIZE];
};

uint64_t
zstd_span_memory (const struct zstd_span *span)
{
  return sizeof (struct zstd_span_decoder) + CONTEXT_MEMORY + span->window;
}

struct zstd_span_decoder *
zstd_span_start (const struct image *im, const struct zstd_span *span,
                 struct fault *fault)
{
  const ZSTD_bounds window = ZSTD_dParam_getBounds (ZSTD_d_windowLogMax);
  struct zstd_span_decoder *d = malloc (sizeof *d);

  if (d)
    d->context = ZSTD_createDCtx ();
  if (!d || !d->context) {
    free (d);
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  /* The index has admitted the windows of all frames. */
  ZSTD_DCtx_setParameter (d->context, ZSTD_d_windowLogMax, window.upperBound);
  d->im = im;
  d->span = *span;
  memset (&d->in, 0, sizeof d->in);
  d->in.src = d->buf;
  d->position = d->frame_offset = span->stored_offset;
  d->disk_done = 0;
  d->frame = span->frame;
  d->in_frame = false;
  return d;
}

void
zstd_span_stop (struct zstd_span_decoder *d)
{
  if (!d)
    return;
  ZSTD_freeDCtx (d->context);
  free (d);
}

static int
span_fault (const struct zstd_span_decoder *d, int errnum, const char *what,
            struct fault *fault)
{
  return fault_set (fault, errnum, "frame %" PRIu64 " (which begins at byte %"
                    PRIu64 "), near byte %" PRIu64 ": %s", d->frame,
                    d->frame_offset, d->position - (d->in.size - d->in.pos), what);
}

/* The frames hold more or less than headers or seek table say. */
static int
wrong_size (const struct zstd_span_decoder *d, const char *what,
            struct fault *fault)
{
  return fault_set (fault, EBADMSG, "%s from frame %" PRIu64 " (which begins at "
                    "byte %" PRIu64 ") to byte %" PRIu64 ": %" PRIu64 " bytes of "
                    "content were expected", what, d->span.frame,
                    d->span.stored_offset, d->span.stored_end, d->span.disk_size);
}

static int
decoder_fault (const struct zstd_span_decoder *d, size_t ret,
               struct fault *fault)
{
  switch (ZSTD_getErrorCode (ret)) {
  case ZSTD_error_memory_allocation:
    return span_fault (d, ENOMEM, "not enough memory for a decoder", fault);
  case ZSTD_error_checksum_wrong:
    return span_fault (d, EBADMSG, "Check mismatch: the XXH64 is wrong", fault);
  case ZSTD_error_dictionary_wrong:
    return span_fault (d, ENOTSUP, "a dictionary is needed, which is not "
                       "supported", fault);
  default:
    return span_fault (d, EBADMSG, "damaged data", fault);
  }
}

/* Read on behind what is left in the buffer, if there is more in the span. */
static int
fill_input (struct zstd_span_decoder *d, struct fault *fault)
{
  const size_t kept = d->in.size - d->in.pos;
  uint64_t left = d->span.stored_end - d->position;
  size_t n = BUFFER_SIZE - kept;

  if (left < n)
    n = (size_t) left;
  if (kept > 0)
    memmove (d->buf, d->buf + d->in.pos, kept);
  d->in.pos = 0;
  d->in.size = kept;
  if (n > 0
      && image_read_stored (d->im, d->buf + kept, n, d->position, fault) == -1)
    return -1;
  d->in.size = kept + n;
  d->position += n;
  return 0;
}

/* Go to the next frame, without reading the skippable ones.  1: there is one;
 * 0: the span has ended. */
static int
begin_frame (struct zstd_span_decoder *d, struct fault *fault)
{
  for (;;) {
    if (d->in.size - d->in.pos < ZSTD_SKIPPABLE_HEADER
        && fill_input (d, fault) == -1)
      return -1;
    const size_t held = d->in.size - d->in.pos;
    const unsigned char *p = d->buf + d->in.pos;

    if (held == 0)
      return 0;
    d->frame_offset = d->position - held;
    const uint64_t magic = zstd_number (p, held < 4 ? held : 4);
    if (magic == ZSTD_FRAME_MAGIC) {
      d->in_frame = true;
      return 1;
    }
    if (held < ZSTD_SKIPPABLE_HEADER || !zstd_is_skippable (magic))
      return span_fault (d, EBADMSG, "there is no zstd frame", fault);
    uint64_t size = ZSTD_SKIPPABLE_HEADER + zstd_number (p + 4, 4);
    if (size > d->span.stored_end - d->frame_offset)
      return span_fault (d, EBADMSG, "a skippable frame that is too long", fault);
    if (size <= held)
      d->in.pos += (size_t) size;
    else {
      d->in.pos = d->in.size = 0;
      d->position = d->frame_offset + size;
    }
  }
}

/* One call of the decoder. */
static int
decode_some (struct zstd_span_decoder *d, ZSTD_outBuffer *out,
             struct fault *fault)
{
  const size_t before = out->pos;

  if (d->in.pos == d->in.size && fill_input (d, fault) == -1)
    return -1;
  const bool exhausted = d->in.pos == d->in.size;
  const size_t ret = ZSTD_decompressStream (d->context, out, &d->in);
  if (ZSTD_isError (ret))
    return decoder_fault (d, ret, fault);
  if (ret == 0) {
    d->in_frame = false;
    d->frame++;
  }
  else if (exhausted && out->pos == before)
    return span_fault (d, EBADMSG, "the frame has no end", fault);
  return 0;
}

/* Nothing may come any more, and what is left must be right. */
static int
finish (struct zstd_span_decoder *d, struct fault *fault)
{
  char byte;
  ZSTD_outBuffer out = { &byte, 1, 0 };
  int r = 1;

  while (d->in_frame || (r = begin_frame (d, fault)) == 1) {
    if (decode_some (d, &out, fault) == -1)
      return -1;
    if (out.pos > 0)
      return wrong_size (d, "too much data", fault);
  }
  return r;
}

ssize_t
zstd_span_next (struct zstd_span_decoder *d, void *buf, size_t len,
                struct fault *fault)
{
  ZSTD_outBuffer out = { buf, len, 0 };
  int r = 1;

  while (out.pos < len && (d->in_frame || (r = begin_frame (d, fault)) == 1))
    if (decode_some (d, &out, fault) == -1)
      return -1;
  if (r == -1)
    return -1;
  d->disk_done += out.pos;
  if (d->disk_done > DISK_SIZE_MAX)
    return span_fault (d, EFBIG, "the disk view is too large", fault);
  if (d->span.disk_size == ZSTD_SIZE_UNKNOWN)
    return (ssize_t) out.pos;
  if (out.pos < len)
    return wrong_size (d, "too little data", fault);
  if (d->disk_done == d->span.disk_size && finish (d, fault) == -1)
    return -1;
  return (ssize_t) len;
}

uint64_t
zstd_span_stored_done (const struct zstd_span_decoder *d)
{
  return d->position - d->span.stored_offset;
}
