/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "hole-map.h"
#include "image-support.h"

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

/* A granule seen in part may hold data in its other part. */
static void
partial_granules_are_data (void **state)
{
  struct hole_map *map = hole_map_new ();
  unsigned char *buf = calloc (4, G);

  (void) state;
  hole_map_add (map, G / 2, buf, 2 * G, false);
  check_run (map, 0, 10 * G, HOLE_DATA, G);
  check_run (map, G, 10 * G, HOLE_ZERO, 2 * G);
  check_run (map, 2 * G, 10 * G, HOLE_DATA, 3 * G);
  free (buf);
  hole_map_free (map);
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
    cmocka_unit_test (partial_granules_are_data),
    cmocka_unit_test (short_last_granule_may_be_zero),
    cmocka_unit_test (far_offsets),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
