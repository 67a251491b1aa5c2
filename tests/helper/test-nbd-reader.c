/* SPDX-License-Identifier: MIT */
/* Reads and extents against servers of every character.  The reader's first
 * request has the cookie FIRST, the next ones that take the following slots
 * NTH (1), NTH (2)... */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "nbd-reader.h"
#include "nbd-script.h"

#define NTH(n) ((uint64_t) NBD_READER_DEPTH * ((n) + 1) + (n))
#define FIRST NTH (0)
#define STATUS_COOKIE ((uint64_t) NBD_READER_DEPTH)
#define SIZE 65536
#define DONE NBD_REPLY_FLAG_DONE

static struct script script;
static struct nbd_connection c;
static unsigned char buf[SIZE];

static void
put_chunk (unsigned flags, unsigned type, uint64_t cookie, uint32_t length)
{
  put (&script, NBD_STRUCTURED_REPLY_MAGIC, 4);
  put (&script, flags, 2);
  put (&script, type, 2);
  put (&script, cookie, 8);
  put (&script, length, 4);
}

static void
put_data (unsigned flags, uint64_t cookie, uint64_t offset, uint32_t len,
          unsigned char value)
{
  put_chunk (flags, NBD_REPLY_TYPE_OFFSET_DATA, cookie, 8 + len);
  put (&script, offset, 8);
  for (uint32_t i = 0; i < len; i++)
    put (&script, value, 1);
}

static void
put_hole (unsigned flags, uint64_t offset, uint32_t len)
{
  put_chunk (flags, NBD_REPLY_TYPE_OFFSET_HOLE, FIRST, 12);
  put (&script, offset, 8);
  put (&script, len, 4);
}

static void
put_simple (uint32_t error, uint64_t cookie)
{
  put (&script, NBD_SIMPLE_REPLY_MAGIC, 4);
  put (&script, error, 4);
  put (&script, cookie, 8);
}

static void
begin (int structured)
{
  put_handshake (&script, SIZE, structured);
  memset (buf, 0xee, sizeof buf);
}

/* Read [OFFSET, OFFSET+LEN) from the first SCRIPT_LEN bytes of the script: 0 or
 * the errno. */
static int
read_script (size_t script_len, uint64_t offset, uint32_t len)
{
  int server;

  connect_script (&c, &script, script_len, &server);
  struct nbd_reader *r = nbd_reader_open (&c, "disk");
  assert_non_null (r);
  int result = nbd_reader_pread (r, buf, len, offset) == 0 ? 0 : errno;
  nbd_reader_close (r);
  disconnect_script (&c, server);
  return result;
}

static int
read_range (uint64_t offset, uint32_t len)
{
  return read_script (script.len, offset, len);
}

static void
assert_bytes (size_t from, size_t to, unsigned char value)
{
  for (size_t i = from; i < to; i++)
    assert_int_equal (buf[i], value);
}

static void
test_chunks_in_any_order (void **state)
{
  (void) state;
  begin (1);
  put_data (0, FIRST, 1000 + 300, 100, 3);
  put_hole (0, 1000 + 100, 200);
  put_data (0, FIRST, 1000, 100, 1);
  put_chunk (DONE, NBD_REPLY_TYPE_NONE, FIRST, 0);
  assert_int_equal (read_range (1000, 400), 0);
  assert_bytes (0, 100, 1);
  assert_bytes (100, 300, 0);
  assert_bytes (300, 400, 3);
  assert_bytes (400, 500, 0xee);
}

static void
test_simple_reply (void **state)
{
  (void) state;
  begin (0);
  put_simple (0, FIRST);
  put (&script, 0x0102030405060708, 8);
  assert_int_equal (read_range (8, 8), 0);
  assert_int_equal (buf[0], 1);
  assert_int_equal (buf[7], 8);
}

static void
test_cut_anywhere (void **state)
{
  (void) state;
  begin (1);
  size_t start = script.len;
  put_hole (0, 100, 50);
  put_data (0, FIRST, 0, 100, 1);
  put_chunk (DONE, NBD_REPLY_TYPE_NONE, FIRST, 0);
  assert_int_equal (read_range (0, 150), 0);
  for (size_t len = start; len < script.len; len++)
    assert_int_equal (read_script (len, 0, 150), EPIPE);
}

static void
test_any_byte_wrong (void **state)
{
  (void) state;
  begin (1);
  size_t start = script.len;
  put_hole (0, 100, 50);
  put_data (0, FIRST, 0, 20, 1);
  put_data (DONE, FIRST, 20, 80, 1);
  for (size_t i = start; i < script.len; i++)
    for (int bit = 0; bit < 8; bit++) {
      script.words[i] ^= (unsigned char) (1 << bit);
      read_range (0, 150);
      assert_bytes (150, SIZE, 0xee);
      script.words[i] ^= (unsigned char) (1 << bit);
    }
}

/* What a script that answers a read of [1000, 1100) wrongly leads to. */
#define BAD_READ(name, ...)                             \
  static void                                           \
  name (void **state)                                   \
  {                                                     \
    (void) state;                                       \
    begin (1);                                          \
    __VA_ARGS__;                                        \
    assert_int_equal (read_range (1000, 100), EPROTO);  \
    assert_bytes (100, SIZE, 0xee);                     \
  }

BAD_READ (test_wrong_cookie, put_data (DONE, FIRST + 1, 1000, 100, 1))
BAD_READ (test_wrong_generation,
          put_data (DONE, FIRST + NBD_READER_DEPTH, 1000, 100, 1))
BAD_READ (test_huge_cookie, put_data (DONE, UINT64_MAX, 1000, 100, 1))
BAD_READ (test_data_before, put_data (DONE, FIRST, 999, 100, 1))
BAD_READ (test_data_behind, put_data (DONE, FIRST, 1001, 100, 1))
BAD_READ (test_data_far, put_data (DONE, FIRST, UINT64_MAX - 10, 100, 1))
BAD_READ (test_data_too_long, put_data (DONE, FIRST, 1000, 101, 1))
BAD_READ (test_data_claims_4g, put_chunk (DONE, NBD_REPLY_TYPE_OFFSET_DATA,
                                          FIRST, UINT32_MAX),
          put (&script, 1000, 8))
BAD_READ (test_data_empty, put_data (DONE, FIRST, 1000, 0, 1))
BAD_READ (test_data_no_offset, put_chunk (DONE, NBD_REPLY_TYPE_OFFSET_DATA,
                                          FIRST, 4), put (&script, 0, 4))
BAD_READ (test_overlap, put_data (0, FIRST, 1000, 60, 1),
          put_data (DONE, FIRST, 1059, 41, 1))
BAD_READ (test_twice, put_data (0, FIRST, 1000, 100, 1),
          put_data (DONE, FIRST, 1000, 100, 1))
BAD_READ (test_incomplete, put_data (DONE, FIRST, 1000, 99, 1))
BAD_READ (test_nothing, put_chunk (DONE, NBD_REPLY_TYPE_NONE, FIRST, 0))
BAD_READ (test_none_not_done, put_chunk (0, NBD_REPLY_TYPE_NONE, FIRST, 0))
BAD_READ (test_none_with_payload, put_chunk (DONE, NBD_REPLY_TYPE_NONE, FIRST,
                                             1))
BAD_READ (test_hole_empty, put_hole (0, 1000, 0))
BAD_READ (test_hole_too_long, put_hole (DONE, 1000, UINT32_MAX))
BAD_READ (test_hole_size, put_chunk (DONE, NBD_REPLY_TYPE_OFFSET_HOLE, FIRST,
                                     13), put (&script, 0, 13))
BAD_READ (test_unknown_type, put_chunk (DONE, 99, FIRST, 0))
BAD_READ (test_status_for_read, put_chunk (DONE, NBD_REPLY_TYPE_BLOCK_STATUS,
                                           FIRST, 12), put (&script, 77, 12))
BAD_READ (test_error_too_short, put_chunk (DONE, 0x8001, FIRST, 5),
          put (&script, 5, 5))
BAD_READ (test_error_message_too_long, put_chunk (DONE, 0x8001, FIRST, 6),
          put (&script, 5, 4), put (&script, 100, 2))
BAD_READ (test_error_huge, put_chunk (DONE, 0x8001, FIRST, UINT32_MAX),
          put (&script, 5, 4), put (&script, 100, 2))
BAD_READ (test_error_zero, put_chunk (DONE, 0x8001, FIRST, 6),
          put (&script, 0, 6))
BAD_READ (test_simple_for_read, put_simple (0, FIRST))
BAD_READ (test_wrong_magic, put (&script, 0x12345678, 4), put (&script, 0, 16))

static void
test_structured_not_agreed (void **state)
{
  (void) state;
  begin (0);
  put_data (DONE, FIRST, 1000, 100, 1);
  assert_int_equal (read_range (1000, 100), EPROTO);
}

static void
test_too_scattered (void **state)
{
  (void) state;
  begin (1);
  for (uint32_t i = 0; i < 2000; i += 2)
    put_data (0, FIRST, i, 1, 1);
  assert_int_equal (read_range (0, 4000), EPROTO);
}

static void
test_error_has_the_server_s_words (void **state)
{
  (void) state;
  begin (1);
  put_chunk (DONE, 0x8002, FIRST, 4 + 2 + 9 + 8);
  put (&script, 5, 4);
  put (&script, 9, 2);
  put_bytes (&script, "bad block", 9);
  put (&script, 1000, 8);
  assert_int_equal (read_range (1000, 100), EIO);
  assert_non_null (strstr (c.failure, "bad block"));
  assert_non_null (strstr (c.failure, "1000"));
}

static void
test_simple_error (void **state)
{
  (void) state;
  begin (0);
  put_simple (5, FIRST);
  assert_int_equal (read_range (1000, 100), EIO);
}

static void
test_shutdown_is_a_lost_tunnel (void **state)
{
  (void) state;
  begin (0);
  put_simple (NBD_ESHUTDOWN, FIRST);
  assert_int_equal (read_range (1000, 100), EPIPE);
}

static void
test_many_in_flight_any_order (void **state)
{
  struct nbd_piece pieces[NBD_READER_DEPTH];
  int server;

  (void) state;
  begin (1);
  for (uint64_t n = NBD_READER_DEPTH; n-- > 0;)
    put_data (DONE, NTH (n), n * 10, 10, (unsigned char) n);
  connect_script (&c, &script, script.len, &server);
  struct nbd_reader *r = nbd_reader_open (&c, "disk");
  assert_non_null (r);
  for (size_t n = 0; n < NBD_READER_DEPTH; n++) {
    pieces[n] = (struct nbd_piece) {
      .buf = buf + n * 10, .offset = n * 10, .len = 10,
    };
    assert_int_equal (nbd_reader_submit (r, &pieces[n]), 0);
  }
  struct nbd_piece extra = { .buf = buf, .offset = 0, .len = 10 };
  assert_int_equal (nbd_reader_submit (r, &extra), -1);
  for (size_t n = NBD_READER_DEPTH; n-- > 0;) {
    assert_ptr_equal (nbd_reader_complete (r), &pieces[n]);
    assert_true (pieces[n].done);
    assert_bytes (n * 10, n * 10 + 10, (unsigned char) n);
  }
  assert_int_equal (nbd_reader_in_flight (r), 0);
  assert_null (nbd_reader_complete (r));
  nbd_reader_close (r);
  disconnect_script (&c, server);
}

static void
test_never_asks_beyond_the_end (void **state)
{
  (void) state;
  begin (1);
  assert_int_equal (read_range (SIZE - 10, 11), EINVAL);
  assert_int_equal (read_range (UINT64_MAX - 5, 10), EINVAL);
}

/* ---- Extents. ---- */

struct seen
{
  uint64_t next, zeroes;
  unsigned nr;
};

static void
see (void *opaque, uint64_t offset, uint64_t length, bool zero)
{
  struct seen *seen = opaque;

  assert_int_equal (offset, seen->next);
  assert_true (length > 0);
  seen->next += length;
  seen->zeroes += zero ? length : 0;
  seen->nr++;
}

static void
put_status (unsigned flags, uint32_t context, uint32_t nr)
{
  put_chunk (flags, NBD_REPLY_TYPE_BLOCK_STATUS, STATUS_COOKIE, 4 + 8 * nr);
  put (&script, context, 4);
}

static void
put_extent (uint32_t len, uint32_t flags)
{
  put (&script, len, 4);
  put (&script, flags, 4);
}

static int
ask_script (uint64_t offset, uint64_t count, struct seen *seen)
{
  int server;

  *seen = (struct seen) { .next = offset };
  connect_script (&c, &script, script.len, &server);
  struct nbd_reader *r = nbd_reader_open (&c, "disk");
  assert_non_null (r);
  int result =
    nbd_reader_extents (r, offset, count, see, seen) == 0 ? 0 : errno;
  nbd_reader_close (r);
  disconnect_script (&c, server);
  assert_true (seen->next <= offset + count);
  return result;
}

static void
test_extents (void **state)
{
  struct seen seen;

  (void) state;
  begin (1);
  put_status (DONE, 77, 3);
  put_extent (1000, 0);
  put_extent (2000, 3);
  put_extent (UINT32_MAX, 1);   /* beyond the question, and a hole only */
  assert_int_equal (ask_script (500, 4000, &seen), 0);
  assert_int_equal (seen.next, 4500);
  assert_int_equal (seen.zeroes, 2000);
  assert_int_equal (seen.nr, 3);
}

static void
test_extents_of_a_plain_server (void **state)
{
  struct seen seen;

  (void) state;
  begin (0);
  assert_int_equal (ask_script (500, 4000, &seen), 0);
  assert_int_equal (seen.nr, 1);
  assert_int_equal (seen.zeroes, 0);
  assert_int_equal (seen.next, 4500);
}

#define BAD_EXTENTS(name, error, ...)                           \
  static void                                                   \
  name (void **state)                                           \
  {                                                             \
    struct seen seen;                                           \
    (void) state;                                               \
    begin (1);                                                  \
    __VA_ARGS__;                                                \
    assert_int_equal (ask_script (500, 4000, &seen), error);    \
  }

BAD_EXTENTS (test_extent_empty, EPROTO, put_status (DONE, 77, 1),
             put_extent (0, 0))
BAD_EXTENTS (test_extent_behind_the_end, EPROTO, put_status (DONE, 77, 2),
             put_extent (4000, 0), put_extent (1, 0))
BAD_EXTENTS (test_extents_none, EPROTO, put_status (DONE, 77, 0))
BAD_EXTENTS (test_extents_no_answer, EPROTO,
             put_chunk (DONE, NBD_REPLY_TYPE_NONE, STATUS_COOKIE, 0))
BAD_EXTENTS (test_extents_simple, EPROTO, put_simple (0, STATUS_COOKIE))
BAD_EXTENTS (test_extents_other_context, EPROTO, put_status (DONE, 78, 1),
             put_extent (4000, 0))
BAD_EXTENTS (test_extents_odd_size, EPROTO,
             put_chunk (DONE, NBD_REPLY_TYPE_BLOCK_STATUS, STATUS_COOKIE, 13),
             put (&script, 77, 13))
BAD_EXTENTS (test_extents_4g, EPROTO,
             put_chunk (DONE, NBD_REPLY_TYPE_BLOCK_STATUS, STATUS_COOKIE,
                        UINT32_MAX - 3), put (&script, 77, 4))
BAD_EXTENTS (test_extents_twice, EPROTO, put_status (0, 77, 1),
             put_extent (100, 0), put_status (DONE, 77, 1), put_extent (100, 0))
BAD_EXTENTS (test_extents_wrong_cookie, EPROTO,
             put_chunk (DONE, NBD_REPLY_TYPE_BLOCK_STATUS, 5, 12),
             put (&script, 77, 4), put_extent (4000, 0))
BAD_EXTENTS (test_extents_error, EIO,
             put_chunk (DONE, 0x8001, STATUS_COOKIE, 6), put (&script, 5, 4),
             put (&script, 0, 2))
BAD_EXTENTS (test_extents_data, EPROTO,
             put_data (DONE, STATUS_COOKIE, 500, 10, 1))
/* The rest is asked for, and nobody answers. */
BAD_EXTENTS (test_extents_partial, EPIPE, put_status (DONE, 77, 1),
             put_extent (100, 0))

#define T(name) cmocka_unit_test (name)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_chunks_in_any_order), T (test_simple_reply), T (test_cut_anywhere),
    T (test_any_byte_wrong), T (test_wrong_cookie), T (test_wrong_generation),
    T (test_huge_cookie), T (test_data_before), T (test_data_behind),
    T (test_data_far), T (test_data_too_long), T (test_data_claims_4g),
    T (test_data_empty), T (test_data_no_offset), T (test_overlap),
    T (test_twice), T (test_incomplete), T (test_nothing),
    T (test_none_not_done), T (test_none_with_payload), T (test_hole_empty),
    T (test_hole_too_long), T (test_hole_size), T (test_unknown_type),
    T (test_status_for_read), T (test_error_too_short),
    T (test_error_message_too_long), T (test_error_huge), T (test_error_zero),
    T (test_simple_for_read), T (test_wrong_magic),
    T (test_structured_not_agreed), T (test_too_scattered),
    T (test_error_has_the_server_s_words), T (test_simple_error),
    T (test_shutdown_is_a_lost_tunnel), T (test_many_in_flight_any_order),
    T (test_never_asks_beyond_the_end), T (test_extents),
    T (test_extents_of_a_plain_server), T (test_extent_empty),
    T (test_extent_behind_the_end), T (test_extents_none),
    T (test_extents_no_answer), T (test_extents_simple),
    T (test_extents_other_context), T (test_extents_odd_size),
    T (test_extents_4g), T (test_extents_twice), T (test_extents_wrong_cookie),
    T (test_extents_error), T (test_extents_data), T (test_extents_partial),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
