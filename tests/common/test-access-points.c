/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "access-points.h"
#include "image-support.h"

static struct access_point point;

static void
add (struct access_points *points, uint64_t disk_offset, int fill)
{
  memset (&point, 0, sizeof point);
  point.disk_offset = disk_offset;
  point.stored_offset = disk_offset / 2;
  point.bits = (unsigned) (disk_offset % 8);
  point.window_size = DEFLATE_WINDOW_SIZE;
  memset (point.window, fill, DEFLATE_WINDOW_SIZE);
  assert_true (access_points_add (points, &point));
}

static void
finds_span_and_point (void **state)
{
  struct access_points *points = access_points_new (100, 1000);
  uint64_t start, end;

  (void) state;
  assert_false (access_points_get (points, 0, &point));
  assert_int_equal (access_points_next (points), 0);
  add (points, 0, 0);
  assert_int_equal (access_points_next (points), 1000);
  add (points, 1003, 'a');
  add (points, 5000, 'b');

  access_points_span (points, 1002, &start, &end);
  assert_int_equal (start, 0);
  assert_int_equal (end, 1003);
  access_points_span (points, 1003, &start, &end);
  assert_int_equal (start, 1003);
  assert_int_equal (end, 5000);
  access_points_span (points, 9999, &start, &end);
  assert_int_equal (start, 5000);
  assert_true (end == UINT64_MAX);

  assert_true (access_points_get (points, 4999, &point));
  assert_int_equal (point.disk_offset, 1003);
  assert_int_equal (point.stored_offset, 501);
  assert_int_equal (point.bits, 3);
  assert_int_equal (point.window[DEFLATE_WINDOW_SIZE - 1], 'a');
  memset (&point, 'x', sizeof point);
  assert_true (access_points_get (points, 7, &point));
  assert_int_equal (point.window[0], 0);
  assert_int_equal (point.window[DEFLATE_WINDOW_SIZE - 1], 0);
  access_points_free (points);
}

static void
number_is_bounded (void **state)
{
  struct access_points *points = access_points_new (8, 10);
  uint64_t start, end;
  unsigned laid = 0;

  (void) state;
  for (uint64_t offset = 0; offset < 10000; offset += 5)
    if (offset >= access_points_next (points)) {
      add (points, offset, 'w');
      laid++;
      assert_true (access_points_count (points) <= 8);
    }
  assert_true (laid > 8);
  /* The spacing has doubled again and again, or there would be a thousand. */
  assert_true (laid < 100);
  assert_true (access_points_count (points) >= 4);
  /* No hole has come into being: spans follow each other from 0 on. */
  for (uint64_t offset = 0; offset != UINT64_MAX; offset = end) {
    access_points_span (points, offset, &start, &end);
    assert_int_equal (start, offset);
  }
  access_points_free (points);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (finds_span_and_point),
    cmocka_unit_test (number_is_bounded),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
