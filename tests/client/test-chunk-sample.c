/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "chunk-sample.h"

/* In rising order, inside of the disk, with both ends, none too far from the
 * next one. */
static void
check (uint64_t chunks, uint32_t count, uint32_t seed)
{
  struct chunk_sample s;
  uint64_t last = 0;

  chunk_sample_init (&s, chunks, count, seed);
  assert_true (s.count <= chunks);
  for (uint64_t i = 0; i < s.count; i++) {
    const uint64_t chunk = chunk_sample_get (&s, i);

    assert_true (chunk < chunks);
    if (i == 0)
      assert_int_equal (chunk, 0);
    else
      assert_true (chunk > last);
    if (s.count > 2)
      assert_true (chunk - last <= 2 * (chunks / (s.count - 2) + 1));
    last = chunk;
  }
  if (s.count > 0)
    assert_int_equal (last, chunks - 1);
}

static void
test_samples (void **state)
{
  (void) state;
  for (uint64_t chunks = 0; chunks < 40; chunks++)
    for (uint32_t count = 0; count < 45; count++)
      for (uint32_t seed = 0; seed < 50; seed += 7)
        check (chunks, count, seed);
  check (1000000, 333, UINT32_MAX);
  check (UINT64_C (1) << 44, 1000, UINT32_MAX);
}

static void
test_counts (void **state)
{
  struct chunk_sample s;

  (void) state;
  chunk_sample_init (&s, 100, 0, 1);
  assert_int_equal (s.count, 100);
  chunk_sample_init (&s, 100, 1, 1);
  assert_int_equal (s.count, 2);
  chunk_sample_init (&s, 100, 99, 1);
  assert_int_equal (s.count, 99);
  chunk_sample_init (&s, 100, 1000000000, 1);
  assert_int_equal (s.count, 100);
  chunk_sample_init (&s, 1, 16, 1);
  assert_int_equal (s.count, 1);
  /* The largest of both: no product wraps. */
  chunk_sample_init (&s, UINT64_C (1) << 44, 1000000000, UINT32_MAX);
  assert_true (chunk_sample_get (&s, 999999998) < (UINT64_C (1) << 44) - 1);
  assert_true (chunk_sample_get (&s, 999999998)
               > chunk_sample_get (&s, 999999997));
}

static void
test_seeds (void **state)
{
  struct chunk_sample a, b;

  (void) state;
  chunk_sample_init (&a, 1000, 10, 1);
  chunk_sample_init (&b, 1000, 10, 2);
  assert_int_not_equal (chunk_sample_get (&a, 5), chunk_sample_get (&b, 5));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_samples),
    cmocka_unit_test (test_counts),
    cmocka_unit_test (test_seeds),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
