/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "block-memory.h"
#include "image-support.h"

#define MIB (1024 * 1024)

static void
capacity_covers_the_size (void **state)
{
  (void) state;
  assert_int_equal (block_memory_capacity (1000), 1000);
  assert_int_equal (block_memory_capacity (24 * MIB), 24 * MIB);
  assert_true (block_memory_capacity (3 * MIB + 1) >= 3 * MIB + 1);
  assert_null (block_memory_new (UINT64_MAX));
  assert_null (block_memory_new (UINT64_MAX / 2));
}

/* Memory is taken again for what has its capacity, and for nothing else. */
static void
pool_gives_what_fits (void **state)
{
  struct block_memory_pool pool = { .nr = 0 };
  const uint64_t sizes[] = { 2 * MIB, 24 * MIB, 3 * MIB - 7 };
  char *memory[3];
  uint64_t size;

  (void) state;
  for (unsigned i = 0; i < 3; i++) {
    memory[i] = block_memory_new (sizes[i]);
    assert_non_null (memory[i]);
    memset (memory[i], 'x', (size_t) sizes[i]);
    assert_true (block_memory_pool_keep (&pool, memory[i], sizes[i]));
  }
  assert_int_equal (pool.bytes, 29 * MIB);
  assert_null (block_memory_pool_take (&pool, 4 * MIB));
  assert_null (block_memory_pool_take (&pool, 100));
  assert_ptr_equal (block_memory_pool_take (&pool, 24 * MIB), memory[1]);
  assert_ptr_equal (block_memory_pool_take (&pool, 3 * MIB), memory[2]);
  assert_int_equal (pool.nr, 1);
  assert_ptr_equal (block_memory_pool_shrink (&pool, &size), memory[0]);
  assert_int_equal (size, 2 * MIB);
  assert_null (block_memory_pool_shrink (&pool, &size));
  assert_int_equal (pool.bytes, 0);
  for (unsigned i = 0; i < 3; i++)
    block_memory_free (memory[i], sizes[i]);
}

static void
small_pieces_are_not_kept (void **state)
{
  struct block_memory_pool pool = { .nr = 0 };
  char *memory = block_memory_new (1000);

  (void) state;
  assert_false (block_memory_pool_keep (&pool, memory, 1000));
  block_memory_free (memory, 1000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (capacity_covers_the_size),
    cmocka_unit_test (pool_gives_what_fits),
    cmocka_unit_test (small_pieces_are_not_kept),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
