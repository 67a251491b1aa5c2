/* SPDX-License-Identifier: MIT */
/* Built once with each implementation.  The truth is zlib itself, called directly. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image-support.h"
#include "inflater.h"

#define LEN (3 * 1024 * 1024 + 77)
#define JUNK 50                 /* bytes after the stream, which are not its */
#define READ 100000             /* bytes that are read from each point */

static struct bytes content;

/* Streams of every kind of block, each of which holds CONTENT. */
static const struct kind
{
  const char *name;
  int level, strategy, flush;
  size_t piece;                 /* flushed after so many bytes */
} kinds[] = {
  { "fast", 1, Z_DEFAULT_STRATEGY, Z_NO_FLUSH, LEN },
  { "default", 6, Z_DEFAULT_STRATEGY, Z_NO_FLUSH, LEN },
  { "best", 9, Z_DEFAULT_STRATEGY, Z_NO_FLUSH, LEN },
  { "stored", 0, Z_DEFAULT_STRATEGY, Z_NO_FLUSH, LEN },
  { "fixed", 6, Z_FIXED, Z_NO_FLUSH, LEN },
  { "huffman", 6, Z_HUFFMAN_ONLY, Z_NO_FLUSH, LEN },
  { "runs", 6, Z_RLE, Z_NO_FLUSH, LEN },
  { "sync flushes", 6, Z_DEFAULT_STRATEGY, Z_SYNC_FLUSH, 5000 },
  { "full flushes", 1, Z_DEFAULT_STRATEGY, Z_FULL_FLUSH, 99999 },
  { "partial flushes", 6, Z_DEFAULT_STRATEGY, Z_PARTIAL_FLUSH, 3333 },
  { "tiny blocks", 1, Z_FIXED, Z_BLOCK, 700 },
};
#define NR_KINDS (sizeof kinds / sizeof kinds[0])

static struct bytes streams[NR_KINDS];

static void
deflate_all (struct bytes *b, const struct kind *kind)
{
  unsigned char out[16384];
  z_stream strm;
  int ret = Z_OK;

  memset (&strm, 0, sizeof strm);
  assert_int_equal (deflateInit2 (&strm, kind->level, Z_DEFLATED, -MAX_WBITS, 8,
                                  kind->strategy), Z_OK);
  bytes_add_zeroes (b, INFLATER_HEADROOM);
  for (size_t done = 0; ret != Z_STREAM_END;) {
    size_t n = content.len - done < kind->piece ? content.len - done : kind->piece;
    const bool last = done + n == content.len;

    strm.next_in = content.data + done;
    strm.avail_in = (uInt) n;
    done += n;
    do {
      strm.next_out = out;
      strm.avail_out = sizeof out;
      ret = deflate (&strm, last ? Z_FINISH : kind->flush);
      bytes_add (b, out, sizeof out - strm.avail_out);
    } while (strm.avail_out == 0);
  }
  deflateEnd (&strm);
  for (int i = 0; i < JUNK; i++)
    bytes_add (b, "\xa5", 1);
}

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 99);
  memset (content.data + 1000000, 0, 400000);
  for (size_t i = 0; i < NR_KINDS; i++)
    deflate_all (&streams[i], &kinds[i]);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  for (size_t i = 0; i < NR_KINDS; i++)
    bytes_free (&streams[i]);
  bytes_free (&content);
  return 0;
}

/* Run the inflater over FILE from AT on, in pieces, comparing with CONTENT from
 * OFFSET on, until it has given LIMIT bytes or has ended. */
static void
check_inflate (struct inflater *inflater, const struct bytes *file, size_t at,
               size_t offset, size_t limit, size_t in_piece, size_t out_piece)
{
  struct inflater_io io = { .next_in = file->data + at };
  unsigned char *out = malloc (out_piece);
  enum inflater_result result = INFLATER_OK;
  size_t given = at;            /* file offset behind what it was given */

  while (result == INFLATER_OK && limit > 0) {
    if (io.avail_in == 0) {
      io.avail_in = file->len - given < in_piece ? file->len - given : in_piece;
      given += io.avail_in;
    }
    io.next_out = out;
    io.avail_out = out_piece < limit ? out_piece : limit;
    result = inflater_run (inflater, &io, false);
    const size_t n = (size_t) (io.next_out - out);
    assert_true (n <= LEN - offset);
    assert_memory_equal (out, content.data + offset, n);
    offset += n;
    limit -= n;
  }
  if (limit > 0 || result != INFLATER_OK) {
    assert_int_equal (result, INFLATER_END);
    assert_int_equal (offset, LEN);
    assert_ptr_equal (io.next_in, file->data + file->len - JUNK);
    assert_int_equal (io.avail_in, file->data + given - io.next_in);
  }
  free (out);
}

static void
decodes_in_all_pieces (void **state)
{
  static const size_t in_pieces[] = { 1, 50, 4099, 1 << 20, SIZE_MAX / 2 };
  static const size_t out_pieces[] = { 1, 3000, 65536, 1 << 20, 4 << 20 };
  struct inflater *inflater = inflater_new ();

  (void) state;
  for (size_t k = 0; k < NR_KINDS; k++)
    for (size_t i = 0; i < 5; i++)
      for (size_t o = 0; o < 5; o++) {
        /* Single bytes take long: one stream to its end, of the others a part. */
        if ((i == 0 && o != 3) || (o == 0 && (i != 3 || k != 2)))
          continue;
        assert_true (inflater_start (inflater, NULL, 0, 0, 0));
        check_inflate (inflater, &streams[k], INFLATER_HEADROOM, 0,
                       i == 0 && k != 2 ? LEN / 16 : SIZE_MAX, in_pieces[i],
                       out_pieces[o]);
      }
  inflater_free (inflater);
}

/* Inflate from a point, by zlib. */
static void
check_by_zlib (const struct bytes *file, size_t at, unsigned bits,
               unsigned char *window, size_t window_size, size_t offset)
{
  static unsigned char out[READ];
  size_t n = LEN - offset < READ ? LEN - offset : READ;
  z_stream strm;

  memset (&strm, 0, sizeof strm);
  assert_int_equal (inflateInit2 (&strm, -MAX_WBITS), Z_OK);
  if (bits > 0)
    assert_int_equal (inflatePrime (&strm, (int) bits,
                                    file->data[at - 1] >> (8 - bits)), Z_OK);
  assert_int_equal (inflateSetDictionary (&strm, window, (uInt) window_size), Z_OK);
  strm.next_in = file->data + at;
  strm.avail_in = (uInt) (file->len - at);
  strm.next_out = out;
  strm.avail_out = (uInt) n;
  inflate (&strm, Z_SYNC_FLUSH);
  assert_int_equal (strm.avail_out, 0);
  assert_memory_equal (out, content.data + offset, n);
  inflateEnd (&strm);
}

/* One stop between two blocks. */
static void
check_boundary (const struct inflater *inflater, const struct bytes *file,
                const unsigned char *next_in, size_t offset)
{
  static unsigned char window[DEFLATE_WINDOW_SIZE];
  const size_t bits = 8 * (size_t) (next_in - file->data)
                      - inflater_unused_bits (inflater);
  const size_t at = (bits + 7) / 8, size = inflater_window (inflater, window);

  assert_true (size == DEFLATE_WINDOW_SIZE || size == offset);
  assert_memory_equal (window, content.data + offset - size, size);
  check_by_zlib (file, at, (unsigned) (8 * at - bits), window, size, offset);

  struct inflater *other = inflater_new ();
  assert_true (inflater_start (other, window, size, (unsigned) (8 * at - bits),
                               file->data[at - 1]));
  check_inflate (other, file, at, offset, READ, 70000, 30000);
  inflater_free (other);
}

/* Decode all of it, seeking a boundary after every EVERY bytes.  Returns how many
 * were found. */
static unsigned
seek_boundaries (const struct bytes *file, size_t every, size_t in_piece,
                 size_t out_piece)
{
  struct inflater *inflater = inflater_new ();
  struct inflater_io io = { .next_in = file->data + INFLATER_HEADROOM };
  unsigned char *out = malloc (out_piece);
  enum inflater_result result = INFLATER_OK;
  size_t given = INFLATER_HEADROOM, offset = 0, next = every;
  unsigned found = 0;

  assert_true (inflater_start (inflater, NULL, 0, 0, 0));
  while (result != INFLATER_END) {
    if (io.avail_in == 0) {
      io.avail_in = file->len - given < in_piece ? file->len - given : in_piece;
      given += io.avail_in;
    }
    io.next_out = out;
    io.avail_out = out_piece;
    result = inflater_run (inflater, &io, offset >= next);
    const size_t n = (size_t) (io.next_out - out);
    assert_memory_equal (out, content.data + offset, n);
    offset += n;
    if (result == INFLATER_BOUNDARY) {
      check_boundary (inflater, file, io.next_in, offset);
      next = offset + every;
      found++;
    }
    else
      assert_true (result == INFLATER_OK || result == INFLATER_END);
  }
  assert_int_equal (offset, LEN);
  assert_ptr_equal (io.next_in, file->data + file->len - JUNK);
  free (out);
  inflater_free (inflater);
  return found;
}

static void
boundaries_can_be_entered (void **state)
{
  (void) state;
  for (size_t k = 0; k < NR_KINDS; k++) {
    unsigned found = seek_boundaries (&streams[k], 150000, 128 * 1024, 256 * 1024);

    found += seek_boundaries (&streams[k], 400000, 11, 1 << 20);
    found += seek_boundaries (&streams[k], 170000, 777, 10000);
    if (found < 9)
      fail_msg ("%s: only %u boundaries", kinds[k].name, found);
  }
}

/* With a new one wanted at once, the windows near the start are short. */
static void
boundaries_near_the_start (void **state)
{
  (void) state;
  assert_true (seek_boundaries (&streams[7], 9000, 3000, 5000) > 100);
  assert_true (seek_boundaries (&streams[9], 9000, 700, 65536) > 100);
}

/* Points that zlib has laid. */
static void
enters_zlibs_boundaries (void **state)
{
  static unsigned char window[DEFLATE_WINDOW_SIZE], out[50000];
  struct inflater *inflater = inflater_new ();

  (void) state;
  for (size_t k = 0; k < NR_KINDS; k++) {
    const struct bytes *file = &streams[k];
    size_t offset = 0, next = 100000;
    z_stream strm;
    int ret = Z_OK;

    memset (&strm, 0, sizeof strm);
    assert_int_equal (inflateInit2 (&strm, -MAX_WBITS), Z_OK);
    strm.next_in = file->data + INFLATER_HEADROOM;
    strm.avail_in = (uInt) (file->len - INFLATER_HEADROOM);
    while (ret != Z_STREAM_END) {
      strm.next_out = out;
      strm.avail_out = sizeof out;
      ret = inflate (&strm, Z_BLOCK);
      assert_true (ret == Z_OK || ret == Z_STREAM_END);
      offset += sizeof out - strm.avail_out;
      if ((strm.data_type & 192) != 128 || offset < next)
        continue;
      const size_t at = (size_t) (strm.next_in - file->data);
      uInt size = 0;
      inflateGetDictionary (&strm, window, &size);
      assert_true (inflater_start (inflater, window, size, strm.data_type & 7,
                                   file->data[at - 1]));
      check_inflate (inflater, file, at, offset, READ, 128 * 1024, 256 * 1024);
      next = offset + 100000;
    }
    inflateEnd (&strm);
  }
  inflater_free (inflater);
}

/* Until nothing happens any more: the result, with the bytes that came out. */
static enum inflater_result
run_out (const unsigned char *data, size_t len, bool seek, size_t *total)
{
  static unsigned char out[100000];
  struct inflater *inflater = inflater_new ();
  struct inflater_io io = { .next_in = data, .avail_in = len };
  enum inflater_result result;
  size_t in, n;

  assert_true (inflater_start (inflater, NULL, 0, 0, 0));
  *total = 0;
  do {
    io.next_out = out;
    io.avail_out = sizeof out;
    in = io.avail_in;
    result = inflater_run (inflater, &io, seek);
    n = (size_t) (io.next_out - out);
    *total += n;
  } while ((result == INFLATER_OK && (n > 0 || io.avail_in != in))
           || result == INFLATER_BOUNDARY);
  if (result == INFLATER_DAMAGED)
    assert_true (strlen (inflater_cause (inflater)) > 5);
  inflater_free (inflater);
  return result;
}

static void
truncation_and_damage (void **state)
{
  unsigned seed = 3, damaged = 0;
  size_t total;

  (void) state;
  for (size_t k = 0; k < NR_KINDS; k++) {
    const size_t len = streams[k].len - INFLATER_HEADROOM - JUNK;
    unsigned char *copy = malloc (streams[k].len);

    memcpy (copy, streams[k].data, streams[k].len);
    for (int i = 0; i < 8; i++) {
      size_t cut = (size_t) rand_r (&seed) % len;

      assert_int_equal (run_out (copy + INFLATER_HEADROOM, cut, i % 2, &total),
                        INFLATER_OK);
      assert_true (total < LEN);
    }
    assert_int_equal (run_out (copy + INFLATER_HEADROOM, len - 1, false, &total),
                      INFLATER_OK);
    for (int i = 0; i < 40; i++) {
      size_t at = INFLATER_HEADROOM + (size_t) rand_r (&seed) % len;
      const unsigned char saved = copy[at];

      copy[at] ^= (unsigned char) (1 << rand_r (&seed) % 8);
      /* It may well inflate, to something else. */
      damaged += run_out (copy + INFLATER_HEADROOM, len, i % 2, &total)
                 == INFLATER_DAMAGED;
      copy[at] = saved;
    }
    free (copy);
  }
  assert_true (damaged > 0);
  /* A block of type 3; a stored block whose length contradicts itself; a distance
   * behind the start (fixed: length 3, distance 1). */
  assert_int_equal (run_out ((const unsigned char *) "\7xxxxxxxxx", 10, false,
                             &total), INFLATER_DAMAGED);
  assert_int_equal (run_out ((const unsigned char *) "\1\5\0\5\0hello", 10, false,
                             &total), INFLATER_DAMAGED);
  assert_int_equal (run_out ((const unsigned char *) "\3\2\0\0\0\0\0\0\0\0", 10,
                             false, &total), INFLATER_DAMAGED);
}

static void
crc_is_that_of_rfc_1952 (void **state)
{
  uint32_t crc = inflater_crc32 (0, content.data, 1);

  (void) state;
  assert_int_equal (inflater_crc32 (0, "123456789", 9), 0xcbf43926);
  assert_int_equal (inflater_crc32 (0, "", 0), 0);
  crc = inflater_crc32 (crc, content.data + 1, LEN - 1);
  assert_int_equal (crc, crc32 (crc32 (0, NULL, 0), content.data, LEN));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (decodes_in_all_pieces),
    cmocka_unit_test (boundaries_can_be_entered),
    cmocka_unit_test (boundaries_near_the_start),
    cmocka_unit_test (enters_zlibs_boundaries),
    cmocka_unit_test (truncation_and_damage),
    cmocka_unit_test (crc_is_that_of_rfc_1952),
  };

  print_message ("inflater: %s\n", inflater_name ());
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
