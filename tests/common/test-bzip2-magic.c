/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bzip2-magic.h"
#include "image-support.h"

#define LEN 40

static void
put_bits (unsigned char *buf, uint64_t bit, uint64_t value, unsigned count)
{
  for (unsigned i = 0; i < count; i++, bit++) {
    const unsigned mask = 0x80u >> bit % 8;

    if (value >> (count - 1 - i) & 1)
      buf[bit / 8] |= (unsigned char) mask;
    else
      buf[bit / 8] &= (unsigned char) ~mask;
  }
}

static void
found_at_every_bit (void **state)
{
  (void) state;
  for (unsigned fill = 0; fill < 256; fill += 51)
    for (uint64_t at = 0; at + 48 <= 8 * LEN; at++) {
      unsigned char buf[LEN];
      uint64_t bit = 0;

      memset (buf, (int) fill, LEN);
      put_bits (buf, at, BZIP2_BLOCK_MAGIC, 48);
      assert_int_equal (bzip2_bits (buf, at, 48), BZIP2_BLOCK_MAGIC);
      for (uint64_t from = 0; from <= at; from++) {
        assert_true (bzip2_find_block (buf, LEN, from, &bit));
        assert_int_equal (bit, at);
      }
      assert_false (bzip2_find_block (buf, LEN, at + 1, &bit));
      /* Not all there. */
      assert_false (bzip2_find_block (buf, (size_t) (at + 47) / 8, 0, &bit));
      put_bits (buf, at + 47, ~BZIP2_BLOCK_MAGIC & 1, 1);
      assert_false (bzip2_find_block (buf, LEN, 0, &bit));
    }
}

static void
others_are_not_found (void **state)
{
  unsigned char buf[LEN] = { 0 };
  uint64_t bit;

  (void) state;
  assert_false (bzip2_find_block (buf, 0, 0, &bit));
  assert_false (bzip2_find_block (buf, 5, 0, &bit));
  put_bits (buf, 13, BZIP2_END_MAGIC, 48);
  assert_false (bzip2_find_block (buf, LEN, 0, &bit));
  put_bits (buf, 70, BZIP2_BLOCK_MAGIC, 48);
  put_bits (buf, 200, BZIP2_BLOCK_MAGIC, 48);
  assert_true (bzip2_find_block (buf, LEN, 0, &bit));
  assert_int_equal (bit, 70);
  assert_true (bzip2_find_block (buf, LEN, 71, &bit));
  assert_int_equal (bit, 200);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (found_at_every_bit),
    cmocka_unit_test (others_are_not_found),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
