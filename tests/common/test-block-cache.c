/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "block-cache.h"
#include "fake-source.h"
#include "image-statistics.h"
#include "image-support.h"

#define BLOCK (64 * 1024)
#define NR_BLOCKS 32

static struct fake_source source;

static struct block_cache *
make_cache (uint64_t memory, unsigned threads)
{
  struct fault fault;
  struct block_cache *cache;

  fake_source_init (&source, NR_BLOCKS * BLOCK - 100, BLOCK);
  cache = block_cache_new (&fake_source, &source, NULL, memory, threads, &fault);
  assert_non_null (cache);
  return cache;
}

static int
read_at (struct block_cache *cache, void *buf, size_t len, uint64_t offset,
         struct fault *fault)
{
  struct block block;

  fake_source.locate (&source, offset, &block);
  return block_cache_read (cache, &block, buf, len, offset, fault);
}

static void
check_read (struct block_cache *cache, size_t len, uint64_t offset)
{
  unsigned char buf[1000];
  struct fault fault;

  assert_int_equal (read_at (cache, buf, len, offset, &fault), 0);
  check_fake_bytes (buf, len, offset);
}

static void
reads_and_keeps (void **state)
{
  struct block_cache *cache = make_cache (64 * BLOCK, 2);

  (void) state;
  check_read (cache, 1000, 5 * BLOCK + 17);
  check_read (cache, 1000, 5 * BLOCK);
  check_read (cache, 900, NR_BLOCKS * BLOCK - 1000);
  assert_int_equal (source.started[5], 1);
  assert_int_equal (source.started[NR_BLOCKS - 1], 1);
  block_cache_free (cache);
  assert_int_equal (source.running, 0);
}

static void
decodes_ahead_of_a_sequential_reader (void **state)
{
  /* As far as half of the memory allows: four Blocks. */
  struct block_cache *cache = make_cache (8 * BLOCK + 100, 3);

  (void) state;
  check_read (cache, 1000, 0);
  for (int i = 0; i < 500 && source.starts < 5; i++)
    usleep (10000);
  usleep (50000);
  assert_int_equal (source.starts, 5);
  for (unsigned i = 0; i < 5; i++)
    assert_int_equal (source.started[i], 1);
  block_cache_free (cache);
}

static void
random_reads_decode_nothing_else (void **state)
{
  static const unsigned blocks[] = { 20, 3, 11, 30, 7 };
  struct block_cache *cache = make_cache (64 * BLOCK, 3);

  (void) state;
  for (size_t i = 0; i < 5; i++)
    check_read (cache, 100, blocks[i] * BLOCK + 5);
  usleep (50000);
  assert_int_equal (source.starts, 5);
  block_cache_free (cache);
}

static void
memory_is_bounded (void **state)
{
  struct block_cache *cache = make_cache (4 * BLOCK, 2);
  struct image_statistics s = { .hits = 0 };

  (void) state;
  for (unsigned i = 0; i < 2 * NR_BLOCKS; i++)
    check_read (cache, 1000, i % NR_BLOCKS * BLOCK);
  block_cache_statistics (cache, &s);
  assert_true (s.dropped > 0);
  assert_true (s.memory_peak <= 4 * BLOCK);
  block_cache_free (cache);
}

/* A Block that does not fit alone is decoded all the same. */
static void
one_block_is_always_allowed (void **state)
{
  struct block_cache *cache = make_cache (10, 2);

  (void) state;
  for (unsigned i = 0; i < 5; i++)
    check_read (cache, 1000, i * BLOCK);
  assert_int_equal (source.most_running, 1);
  block_cache_free (cache);
}

static void
failure_goes_to_its_reader_only (void **state)
{
  struct block_cache *cache = make_cache (64 * BLOCK, 2);
  unsigned char buf[10];
  struct fault fault;

  (void) state;
  source.bad_block = 3;
  for (unsigned i = 0; i < 6; i++) {
    int r = read_at (cache, buf, 10, i * BLOCK, &fault);

    assert_int_equal (r, i == 3 ? -1 : 0);
    if (r == -1) {
      assert_int_equal (fault.errnum, EBADMSG);
      assert_string_equal (fault.text, "bad Block");
    }
  }
  /* And not for ever. */
  source.bad_block = UINT64_MAX;
  check_read (cache, 10, 3 * BLOCK);
  block_cache_free (cache);
}

static void *
read_randomly (void *opaque)
{
  struct block_cache *cache = opaque;
  unsigned state = (unsigned) (uintptr_t) &state;

  for (int i = 0; i < 400; i++) {
    unsigned char buf[100];
    struct fault fault;
    uint64_t offset = (uint64_t) (rand_r (&state) % NR_BLOCKS) * BLOCK
                      + (uint64_t) (rand_r (&state) % (BLOCK - 200));

    if (read_at (cache, buf, sizeof buf, offset, &fault) == -1
        || buf[99] != fake_byte (offset + 99))
      return opaque;
  }
  return NULL;
}

static void
never_twice_at_once (void **state)
{
  struct block_cache *cache = make_cache (6 * BLOCK, 4);
  pthread_t threads[8];

  (void) state;
  source.delay_us = 100;
  for (int i = 0; i < 8; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, read_randomly, cache), 0);
  for (int i = 0; i < 8; i++) {
    void *failed;

    pthread_join (threads[i], &failed);
    assert_null (failed);
  }
  assert_int_equal (source.twice, 0);
  block_cache_free (cache);
  assert_int_equal (source.running, 0);
}

/* Eight readers of one Block: it is decoded once. */
static void *
read_one (void *opaque)
{
  struct fault fault;
  unsigned char byte;

  return read_at (opaque, &byte, 1, 9 * BLOCK, &fault) == 0 ? NULL : opaque;
}

static void
waiting_readers_share_a_block (void **state)
{
  struct block_cache *cache = make_cache (64 * BLOCK, 4);
  pthread_t threads[8];

  (void) state;
  source.delay_us = 20000;
  for (int i = 0; i < 8; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, read_one, cache), 0);
  for (int i = 0; i < 8; i++) {
    void *failed;

    pthread_join (threads[i], &failed);
    assert_null (failed);
  }
  assert_int_equal (source.started[9], 1);
  block_cache_free (cache);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (reads_and_keeps),
    cmocka_unit_test (decodes_ahead_of_a_sequential_reader),
    cmocka_unit_test (random_reads_decode_nothing_else),
    cmocka_unit_test (memory_is_bounded),
    cmocka_unit_test (one_block_is_always_allowed),
    cmocka_unit_test (failure_goes_to_its_reader_only),
    cmocka_unit_test (never_twice_at_once),
    cmocka_unit_test (waiting_readers_share_a_block),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
