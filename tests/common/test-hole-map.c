/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hole-map.h"
#include "image-support.h"
#include "scan-buffer.h"

#define G HOLE_GRANULE

static void
check_run (struct hole_map *map, uint64_t offset, uint64_t limit,
           enum hole_state state, uint64_t end)
{
  uint64_t found;

  assert_int_equal (hole_map_run (map, offset, limit, &found), state);
  assert_int_equal (found, end);
}

static void
finds_zero_runs (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (8, G);

  (void) state;
  buf[3 * G + G - 1] = 1;
  hole_map_add (map, 0, buf, 8 * G, false);
  check_run (map, 0, 100 * G, HOLE_ZERO, 3 * G);
  check_run (map, 17, 100 * G, HOLE_ZERO, 3 * G);
  check_run (map, 3 * G, 100 * G, HOLE_DATA, 4 * G);
  check_run (map, 4 * G, 100 * G, HOLE_ZERO, 8 * G);
  check_run (map, 4 * G, 5 * G - 1, HOLE_ZERO, 5 * G - 1);
  check_run (map, 8 * G, 100 * G, HOLE_UNKNOWN, 100 * G);
  free (buf);
  hole_map_free (map);
}

/* What has come of a granule is known, the rest is not; and it is zero when all of
 * it is. */
static void
granules_in_pieces (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (4, G);

  (void) state;
  hole_map_add (map, G / 2, buf, 2 * G, false);
  check_run (map, 0, 10 * G, HOLE_UNKNOWN, G / 2);
  check_run (map, G / 2, 10 * G, HOLE_ZERO, 2 * G + G / 2);
  check_run (map, 2 * G + G / 2, 10 * G, HOLE_UNKNOWN, 10 * G);
  hole_map_add (map, 10, buf, 5, false);
  check_run (map, 0, 10 * G, HOLE_UNKNOWN, 10);
  check_run (map, 12, 10 * G, HOLE_ZERO, 15);
  check_run (map, 15, 10 * G, HOLE_UNKNOWN, G / 2);
  hole_map_add (map, 0, buf, G / 2, false);
  check_run (map, 0, 10 * G, HOLE_ZERO, 2 * G + G / 2);
  buf[G / 2 - 1] = 1;
  hole_map_add (map, 2 * G + G / 2, buf, G / 2, false);
  check_run (map, 0, 10 * G, HOLE_ZERO, 2 * G);
  check_run (map, 2 * G, 10 * G, HOLE_DATA, 3 * G);
  free (buf);
  hole_map_free (map);
}

/* Pieces of all sizes in any order, some of them twice, against what is true. */
static void
random_pieces (void **state)
{
  const size_t len = 20 * G + 1234;
  struct bytes content = make_content (len, 9);
  struct hole_map *map = hole_map_new ();
  unsigned seed = 3;
  uint64_t next;

  (void) state;
  memset (content.data + 3 * G + 100, 0, 5 * G);
  for (uint64_t offset = 19 * G; offset < len; offset++)
    content.data[offset] = 0;
  /* Halves from the end to the start, after some at random. */
  for (int i = 0; i < 300; i++) {
    size_t n = 1 + (size_t) rand_r (&seed) % 70000;
    uint64_t offset = (uint64_t) rand_r (&seed) % (len - n);

    hole_map_add (map, offset, content.data + offset, n, false);
  }
  for (uint64_t end = len; end > 0;) {
    uint64_t n = end < 7777 ? end : 7777;

    hole_map_add (map, end - n, content.data + (end - n), n, end == len);
    end -= n;
  }
  for (uint64_t offset = 0; offset < len; offset = next) {
    uint64_t limit = (offset / G + 1) * G < len ? (offset / G + 1) * G : len;
    bool zero = true;

    for (uint64_t i = offset; i < limit; i++)
      zero = zero && content.data[i] == 0;
    check_run (map, offset, limit, zero ? HOLE_ZERO : HOLE_DATA, limit);
    next = limit;
  }
  bytes_free (&content);
  hole_map_free (map);
}

/* A granule for each of many Blocks, all of which it shares with another one. */
static void
many_pieces_are_bounded (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (1, G);

  (void) state;
  for (uint64_t i = 0; i < 70000; i++)
    hole_map_add (map, i * G, buf, G / 2, false);
  check_run (map, 0, G, HOLE_ZERO, G / 2);
  check_run (map, 69999 * (uint64_t) G, 70000 * (uint64_t) G, HOLE_DATA,
             70000 * (uint64_t) G);
  /* So many pieces of one granule that they are given up: not a hole, at least. */
  hole_map_clear (map);
  for (uint64_t i = 0; i < 1000; i++)
    hole_map_add (map, 2 * i, buf, 1, false);
  for (uint64_t i = 0; i < 1000; i++) {
    uint64_t end;

    if (hole_map_run (map, 2 * i + 1, G, &end) == HOLE_ZERO)
      fail_msg ("byte %d was never seen", (int) (2 * i + 1));
  }
  /* All of it, once more. */
  hole_map_add (map, 0, buf, G, false);
  check_run (map, 0, G, HOLE_ZERO, G);
  free (buf);
  hole_map_free (map);
}

static void
promises (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (4, G);
  uint64_t offset;

  (void) state;
  assert_false (hole_map_has_promises (map));
  hole_map_promise (map, G + 1, 4 * G);
  hole_map_promise (map, 1, G);
  hole_map_promise (map, UINT64_MAX - 5, UINT64_MAX);
  assert_true (hole_map_has_promises (map));
  check_run (map, 0, 10 * G, HOLE_UNKNOWN, 2 * G);
  check_run (map, 2 * G, 10 * G, HOLE_ZERO, 5 * G);
  check_run (map, 5 * G, 10 * G, HOLE_UNKNOWN, 10 * G);
  /* Kept, and data beside them. */
  hole_map_add (map, 2 * G, buf, 2 * G, false);
  buf[0] = 1;
  hole_map_add (map, 5 * G, buf, G, false);
  assert_false (hole_map_broken_promise (map, &offset));
  check_run (map, 2 * G, 10 * G, HOLE_ZERO, 5 * G);
  /* Broken. */
  buf[0] = 0;
  buf[77] = 1;
  hole_map_add (map, 4 * G + 3, buf, 1000, false);
  assert_true (hole_map_broken_promise (map, &offset));
  assert_int_equal (offset, 4 * G + 80);
  check_run (map, 4 * G, 10 * G, HOLE_DATA, 6 * G);
  /* Broken by what was known before. */
  hole_map_clear (map);
  hole_map_add (map, 50000 * (uint64_t) G, buf, G, false);
  hole_map_promise (map, G, 49999 * (uint64_t) G);
  assert_false (hole_map_broken_promise (map, &offset));
  hole_map_promise (map, G, 50000 * (uint64_t) G);
  assert_true (hole_map_broken_promise (map, &offset));
  assert_int_equal (offset, 50000 * (uint64_t) G);
  free (buf);
  hole_map_free (map);
}

/* What is saved is loaded; what makes no sense is not. */
static void
saves_and_loads (void **state)
{
  const size_t len = 21 * G + 5;
  struct bytes content = make_content (len, 4);
  struct hole_map *map = hole_map_new (), *copy = hole_map_new ();
  struct scan_writer w = { .len = 0 };
  uint64_t end, copy_end;

  (void) state;
  memset (content.data + 3 * G, 0, 9 * G);
  hole_map_add (map, 0, content.data, len, true);
  hole_map_save (map, &w, len);
  assert_false (w.failed);
  for (size_t cut = 0; cut <= w.len; cut++) {
    struct scan_reader r = { .data = w.data, .len = cut };

    hole_map_clear (copy);
    assert_int_equal (hole_map_load (copy, &r, len), cut == w.len);
  }
  for (uint64_t offset = 0; offset < len; offset = end) {
    enum hole_state found = hole_map_run (map, offset, len, &end);

    assert_int_equal (hole_map_run (copy, offset, len, &copy_end), found);
    assert_int_equal (copy_end, end);
  }
  hole_map_clear (copy);
  struct scan_reader r = { .data = w.data, .len = w.len };
  assert_false (hole_map_load (copy, &r, len - G));
  memset (w.data, 0, 8);
  r = (struct scan_reader) { .data = w.data, .len = w.len };
  hole_map_clear (copy);
  assert_false (hole_map_load (copy, &r, len));
  free (w.data);
  bytes_free (&content);
  hole_map_free (map);
  hole_map_free (copy);
}

static void
short_last_granule_may_be_zero (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (4, G);

  (void) state;
  hole_map_add (map, 0, buf, G + 5, true);
  check_run (map, 0, G + 5, HOLE_ZERO, G + 5);
  free (buf);
  hole_map_free (map);
}

static void
far_offsets (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (2, G);
  const uint64_t far = DISK_SIZE_MAX - 2 * G;

  (void) state;
  check_run (map, far, DISK_SIZE_MAX, HOLE_UNKNOWN, DISK_SIZE_MAX);
  hole_map_add (map, far, buf, 2 * G, true);
  check_run (map, far, DISK_SIZE_MAX, HOLE_ZERO, DISK_SIZE_MAX);
  check_run (map, 0, G, HOLE_UNKNOWN, G);
  free (buf);
  hole_map_free (map);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (finds_zero_runs),
    cmocka_unit_test (granules_in_pieces),
    cmocka_unit_test (random_pieces),
    cmocka_unit_test (many_pieces_are_bounded),
    cmocka_unit_test (promises),
    cmocka_unit_test (saves_and_loads),
    cmocka_unit_test (short_last_granule_may_be_zero),
    cmocka_unit_test (far_offsets),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
