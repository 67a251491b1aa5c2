/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "column-text.h"
#include "digest.h"
#include "disk-map.h"

static const struct terminal_style ascii = { .redraws = true };
static const struct terminal_style colored = {
  .redraws = true, .utf8 = true, .color = true
};

#define MIB ((uint64_t) DIGEST_CHUNK)

static void
assert_map (const struct disk_map *m, size_t most, const char *expected)
{
  const size_t cells = disk_map_cells (m, most);
  char row[DISK_MAP_ROW_MAX];

  disk_map_row (row, m, 0, cells, cells, &ascii);
  assert_string_equal (row, expected);
}

static void
test_flash (void **state)
{
  struct disk_map *m = disk_map_new (8 * MIB + 5);

  (void) state;
  assert_map (m, 100, ".........");
  disk_map_set_hole (m, 2);
  disk_map_set_hole (m, 3);
  disk_map_set_hole (m, 99);            /* there is none */
  assert_map (m, 100, "..--.....");
  disk_map_write (m, 3 * MIB - 1);
  assert_map (m, 100, "oo--.....");
  disk_map_write (m, 8 * MIB);
  assert_map (m, 100, "oo--oooo.");
  disk_map_write (m, UINT64_MAX);
  assert_map (m, 100, "oo--ooooo");
  disk_map_repair (m, 5 * MIB, 2 * MIB);
  disk_map_verify (m, 6 * MIB);
  assert_map (m, 100, "#####RRoo");
  disk_map_verify (m, MIB);             /* another pass */
  disk_map_verify (m, 8 * MIB + 5);
  assert_map (m, 100, "#####RR##");
  disk_map_free (m);
  disk_map_free (NULL);
}

/* A cell shows what is furthest behind, and repairs always. */
static void
test_scaled (void **state)
{
  struct disk_map *m = disk_map_new (10 * MIB);

  (void) state;
  for (uint64_t i = 0; i < 4; i++)
    disk_map_set_hole (m, i);
  disk_map_write (m, 7 * MIB);
  assert_map (m, 5, "--o..");
  disk_map_verify (m, 9 * MIB);
  assert_map (m, 5, "####.");
  disk_map_repair (m, 9 * MIB, MIB);
  assert_map (m, 5, "####R");
  assert_map (m, 1, "R");
  disk_map_free (m);
}

static void
test_bounds (void **state)
{
  struct disk_map *m = disk_map_new (2 * MIB + 1);

  (void) state;
  disk_map_repair (m, 2 * MIB, UINT64_MAX);
  disk_map_repair (m, UINT64_MAX, UINT64_MAX);
  assert_map (m, 100, "..R");
  disk_map_repair (m, 0, 0);
  assert_map (m, 100, "..R");
  disk_map_free (m);
}

static void
test_widths (void **state)
{
  struct disk_map *m = disk_map_new (3000 * MIB);
  char row[DISK_MAP_ROW_MAX];

  (void) state;
  for (uint64_t i = 0; i < 3000; i += 2)
    disk_map_set_hole (m, i);
  disk_map_write (m, 1500 * MIB);
  for (size_t columns = 1; columns <= 200; columns++) {
    const size_t cells = disk_map_cells (m, 8 * columns);

    for (size_t first = 0; first < cells; first += columns) {
      disk_map_row (row, m, first, columns, cells, &colored);
      assert_int_equal (column_text_width (row), columns);
    }
  }
  /* A row that has no room ends early. */
  disk_map_row (row, m, 0, 3000, 3000, &colored);
  assert_true (strlen (row) < sizeof row);
  disk_map_legend (row, &ascii);
  assert_string_equal (row, ". data  - hole  o written  # verified  R repaired");
  disk_map_free (m);
}

static void
test_rows (void **state)
{
  (void) state;
  assert_int_equal (disk_map_row_cells (96, 95), 48);
  assert_int_equal (disk_map_row_cells (96, 96), 96);
  assert_int_equal (disk_map_row_cells (97, 48), 33);
  assert_int_equal (disk_map_row_cells (640, 80), 80);
  assert_int_equal (disk_map_row_cells (0, 80), 80);
  for (size_t cells = 1; cells < 700; cells++)
    for (size_t columns = 1; columns < 100; columns++) {
      const size_t width = disk_map_row_cells (cells, columns);

      assert_in_range (width, 1, columns);
      assert_int_equal ((cells + width - 1) / width, (cells + columns - 1) / columns);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_flash),
    cmocka_unit_test (test_scaled),
    cmocka_unit_test (test_bounds),
    cmocka_unit_test (test_widths),
    cmocka_unit_test (test_rows),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
