/* SPDX-License-Identifier: MIT */
/* ISA-L tells nothing of block boundaries by itself.  Two of its habits lead to
 * them (isal_inflate in igzip/igzip_inflate.c, the same in 2.30 to 2.32):
 *
 * - BFINAL is looked at when an end-of-block symbol is met.  While a block is being
 *   decoded, setting it makes isal_inflate stop at the end of this block, in the
 *   state INPUT_DONE, as if it were the last one.
 * - What was decoded lies in tmp_out_buffer until it is fetched.  Only with the
 *   last byte fetched INPUT_DONE turns into FINISH, and then versions from 2.31 on
 *   throw the unused bits of read_in away.
 *
 * So while a boundary is sought, it is given no room at all and one byte too much
 * to fetch; we fetch from tmp_out_buffer ourselves.  That is slower than to let it
 * decode into the caller's buffer, and is done for one block in a span only. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "inflater.h"

#define IO_MAX (1u << 30)       /* its counters have 32 bits, some with a sign */

struct inflater
{
  struct inflate_state state;
  bool told;                    /* this boundary has been returned already */
  int error;
};

struct inflater *
inflater_new (void)
{
  struct inflater *inflater = malloc (sizeof *inflater);

  if (inflater) {
    isal_inflate_init (&inflater->state);
    inflater->told = false;
    inflater->error = 0;
  }
  return inflater;
}

void
inflater_free (struct inflater *inflater)
{
  free (inflater);
}

bool
inflater_start (struct inflater *inflater, const void *window,
                size_t window_size, unsigned bits, unsigned char byte)
{
  struct inflate_state *state = &inflater->state;

  isal_inflate_init (state);
  if (window_size > 0
      && isal_inflate_set_dict (state, (uint8_t *) (uintptr_t) window,
                                (uint32_t) window_size) != COMP_OK)
    return false;
  if (bits > 0) {
    state->read_in = byte >> (8 - bits);
    state->read_in_length = (int32_t) bits;
  }
  inflater->told = true;
  return true;
}

/* Decoded bytes that are not fetched yet. */
static size_t
pending (const struct inflate_state *state)
{
  return (size_t) (state->tmp_out_valid - state->tmp_out_processed);
}

static uint32_t
bounded (size_t n)
{
  return n < IO_MAX ? (uint32_t) n : IO_MAX;
}

/* One call of isal_inflate, with ROOM bytes of IO's room. */
static int
call_isal (struct inflate_state *state, struct inflater_io *io, size_t room)
{
  const uint32_t in = bounded (io->avail_in), out = bounded (room);

  state->next_in = (uint8_t *) (uintptr_t) io->next_in;
  state->avail_in = in;
  state->next_out = io->next_out;
  state->avail_out = out;
  int ret = isal_inflate (state);
  io->next_in = state->next_in;
  io->avail_in = io->avail_in - in + state->avail_in;
  io->next_out = state->next_out;
  io->avail_out -= out - state->avail_out;
  return ret;
}

/* Give back the whole bytes that were read ahead. */
static enum inflater_result
end_stream (struct inflate_state *state, struct inflater_io *io)
{
  const size_t unused = (size_t) state->read_in_length / 8;

  io->next_in -= unused;
  io->avail_in += unused;
  state->read_in = 0;
  state->read_in_length = 0;
  return INFLATER_END;
}

static enum inflater_result
run_straight (struct inflater *inflater, struct inflater_io *io)
{
  struct inflate_state *state = &inflater->state;
  const size_t in = io->avail_in, out = io->avail_out;
  int ret = call_isal (state, io, io->avail_out);

  if (io->avail_in != in || io->avail_out != out)
    inflater->told = false;
  if (ret < 0) {
    inflater->error = ret;
    return INFLATER_DAMAGED;
  }
  return state->block_state == ISAL_BLOCK_FINISH ? end_stream (state, io)
                                                 : INFLATER_OK;
}

/* Fetch from tmp_out_buffer.  When all is fetched, its end is kept as the window,
 * at its start, where isal_inflate expects it. */
static void
fetch (struct inflate_state *state, struct inflater_io *io)
{
  size_t n = pending (state);

  if (n > io->avail_out)
    n = io->avail_out;
  if (n > 0)
    memcpy (io->next_out, state->tmp_out_buffer + state->tmp_out_processed, n);
  io->next_out += n;
  io->avail_out -= n;
  state->tmp_out_processed += (int32_t) n;

  if (pending (state) == 0 && state->tmp_out_valid > DEFLATE_WINDOW_SIZE) {
    memmove (state->tmp_out_buffer, state->tmp_out_buffer + state->tmp_out_valid
             - DEFLATE_WINDOW_SIZE, DEFLATE_WINDOW_SIZE);
    state->tmp_out_valid = DEFLATE_WINDOW_SIZE;
    state->tmp_out_processed = DEFLATE_WINDOW_SIZE;
  }
}

/* Decode into tmp_out_buffer, no farther than to the end of a block that is being
 * decoded.  There is a byte in tmp_out_buffer, and all of them are fetched. */
static int
step (struct inflate_state *state, struct inflater_io *io)
{
  const uint32_t bfinal = state->bfinal;
  const bool in_block = state->block_state == ISAL_BLOCK_CODED
                        || state->block_state == ISAL_BLOCK_TYPE0;

  if (in_block)
    state->bfinal = 1;
  state->tmp_out_processed--;
  int ret = call_isal (state, io, 0);
  state->tmp_out_processed++;
  if (in_block) {
    state->bfinal = bfinal;
    if (!bfinal && state->block_state == ISAL_BLOCK_INPUT_DONE)
      state->block_state = ISAL_BLOCK_NEW_HDR;
  }
  return ret;
}

/* Whether a step has shown that more input is needed. */
static bool
is_stuck (const struct inflate_state *state, bool nothing_went_in)
{
  if (pending (state) > 0 || state->block_state == ISAL_BLOCK_INPUT_DONE
      || state->block_state == ISAL_BLOCK_NEW_HDR)
    return false;
  return nothing_went_in || state->block_state == ISAL_BLOCK_HDR;
}

static enum inflater_result
run_to_boundary (struct inflater *inflater, struct inflater_io *io)
{
  struct inflate_state *state = &inflater->state;

  for (;;) {
    fetch (state, io);
    if (pending (state) > 0)
      return INFLATER_OK;
    if (state->block_state == ISAL_BLOCK_INPUT_DONE)
      return end_stream (state, io);
    /* HDR: an incomplete header is set aside until the rest of it comes. */
    if (!inflater->told && (state->block_state == ISAL_BLOCK_NEW_HDR
                            || state->block_state == ISAL_BLOCK_HDR)) {
      inflater->told = true;
      return INFLATER_BOUNDARY;
    }
    /* Right at the start of a stream there is no byte to be kept back. */
    if (state->tmp_out_valid == 0)
      return run_straight (inflater, io);
    const size_t in = io->avail_in;
    int ret = step (state, io);
    if (ret < 0) {
      inflater->error = ret;
      return INFLATER_DAMAGED;
    }
    if (is_stuck (state, io->avail_in == in))
      return INFLATER_OK;
    inflater->told = false;
  }
}

enum inflater_result
inflater_run (struct inflater *inflater, struct inflater_io *io,
              bool seek_boundary)
{
  return seek_boundary ? run_to_boundary (inflater, io)
                       : run_straight (inflater, io);
}

unsigned
inflater_unused_bits (const struct inflater *inflater)
{
  return (unsigned) (inflater->state.read_in_length
                     + 8 * inflater->state.tmp_in_size);
}

size_t
inflater_window (const struct inflater *inflater,
                 unsigned char window[DEFLATE_WINDOW_SIZE])
{
  const struct inflate_state *state = &inflater->state;
  size_t size = (size_t) state->tmp_out_valid;

  if (size > DEFLATE_WINDOW_SIZE)
    size = DEFLATE_WINDOW_SIZE;
  memcpy (window, state->tmp_out_buffer + state->tmp_out_valid - size, size);
  return size;
}

const char *
inflater_cause (const struct inflater *inflater)
{
  switch (inflater->error) {
  case ISAL_INVALID_BLOCK:
    return "invalid block";
  case ISAL_INVALID_SYMBOL:
    return "invalid code";
  case ISAL_INVALID_LOOKBACK:
    return "invalid distance too far back";
  default:
    return "damaged data";
  }
}

size_t
inflater_memory (void)
{
  return sizeof (struct inflater);
}

uint32_t
inflater_crc32 (uint32_t crc, const void *buf, size_t len)
{
  return crc32_gzip_refl (crc, buf, len);
}

const char *
inflater_name (void)
{
  return "ISA-L";
}
