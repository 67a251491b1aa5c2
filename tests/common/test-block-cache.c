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
/* What the cache counts for one of the Blocks, at most. */
#define BLOCK_MEMORY (BLOCK + 2000)

static struct fake_source source;
static struct block_cache *cache;
static struct block_cache_user *user;

static void
make_cache_of (uint64_t memory, unsigned threads, uint64_t disk, uint64_t block)
{
  struct fault fault;

  fake_source_init (&source, disk, block);
  cache = block_cache_new (memory, threads, &fault);
  assert_non_null (cache);
  user = block_cache_join (cache, &fake_source, &source, NULL, &fault);
  assert_non_null (user);
}

static void
make_cache (unsigned blocks, unsigned threads)
{
  make_cache_of (blocks * BLOCK_MEMORY, threads, NR_BLOCKS * BLOCK - 100, BLOCK);
}

static int
free_cache (void **state)
{
  (void) state;
  block_cache_leave (user);
  block_cache_free (cache);
  return source.running;
}

static struct image_statistics
get_statistics (void)
{
  struct image_statistics s = { .hits = 0 };

  block_cache_statistics (user, &s);
  return s;
}

static int
read_by (struct block_cache_user *u, struct fake_source *s, void *buf,
         size_t len, uint64_t offset, struct fault *fault)
{
  struct block block;

  fake_source.locate (s, offset, &block);
  return block_cache_read (u, &block, buf, len, offset, fault);
}

static int
read_at (void *buf, size_t len, uint64_t offset, struct fault *fault)
{
  return read_by (user, &source, buf, len, offset, fault);
}

static void
check_read (size_t len, uint64_t offset)
{
  unsigned char *buf = malloc (len);
  struct fault fault;

  assert_int_equal (read_at (buf, len, offset, &fault), 0);
  check_fake_bytes (buf, len, offset);
  free (buf);
}

static void
wait_for_starts (unsigned starts)
{
  for (int i = 0; i < 6000 && source.starts < starts; i++)
    usleep (10000);
  usleep (50000);
  assert_int_equal (source.starts, starts);
}

static void
reads_and_keeps (void **state)
{
  (void) state;
  make_cache (64, 2);
  check_read (1000, 5 * BLOCK + 17);
  check_read (1000, 5 * BLOCK);
  check_read (900, NR_BLOCKS * BLOCK - 1000);
  assert_int_equal (source.started[5], 1);
  assert_int_equal (source.started[NR_BLOCKS - 1], 1);
}

static void
decodes_ahead_of_a_sequential_reader (void **state)
{
  (void) state;
  /* As far as half of the memory allows: four Blocks. */
  make_cache (8, 3);
  check_read (1000, 0);
  wait_for_starts (5);
  for (unsigned i = 0; i < 5; i++)
    assert_int_equal (source.started[i], 1);
}

static void
random_reads_decode_nothing_else (void **state)
{
  static const unsigned blocks[] = { 20, 3, 11, 30, 7 };

  (void) state;
  make_cache (64, 3);
  for (size_t i = 0; i < 5; i++)
    check_read (100, blocks[i] * BLOCK + 5);
  wait_for_starts (5);
}

#define LARGE (8 << 20)

/* No more than what a random reader asks for; what others ask for later is decoded
 * by the same decoder. */
static void
pauses_and_resumes (void **state)
{
  (void) state;
  make_cache_of (UINT64_C (20) * LARGE, 2, 10 * LARGE, LARGE);
  check_read (1000, 3 * LARGE + 100000);
  usleep (20000);
  assert_int_equal (source.bytes, 2 * 65536);
  check_read (300000, 3 * LARGE + 600000);
  usleep (20000);
  assert_int_equal (source.bytes, (600000 + 300000 + 65535) / 65536 * 65536);
  check_read (1000, 3 * LARGE);
  check_read (1000, 4 * LARGE - 1000);
  assert_int_equal (source.bytes, LARGE);
  assert_int_equal (source.starts, 1);
  struct image_statistics s = get_statistics ();
  assert_int_equal (s.resumed, 2);
  assert_int_equal (s.again, 0);
  assert_int_equal (s.decoded, 1);
}

/* A paused decoder goes before a Block that is complete. */
static void
paused_goes_first (void **state)
{
  (void) state;
  make_cache_of (UINT64_C (3) * (LARGE + 10000), 1, 10 * LARGE, LARGE);
  check_read (LARGE, 5 * LARGE);
  check_read (10, 7 * LARGE);
  check_read (10, 2 * LARGE);
  check_read (10, 8 * LARGE);
  check_read (10, 5 * LARGE + 5000000);
  assert_int_equal (source.started[5], 1);
  check_read (10, 7 * LARGE);
  assert_int_equal (source.started[7], 2);
  assert_int_equal (get_statistics ().again, 1);
  assert_int_equal (get_statistics ().restarts, 2);
}

/* A waiting reader does not wait for what is only decoded ahead. */
static void
a_reader_comes_first (void **state)
{
  (void) state;
  make_cache_of (UINT64_C (20) * LARGE, 1, 10 * LARGE, LARGE);
  source.delay_us = 30000;
  check_read (10, 0);           /* and all of the Block, and the next ones: 1 s */
  check_read (10, 9 * LARGE);
  assert_true (source.bytes < 2 << 20);
  assert_int_equal (source.starts, 2);
}

static void
prefetch_decodes_what_it_is_told (void **state)
{
  (void) state;
  make_cache_of (UINT64_C (20) * LARGE, 2, 10 * LARGE, LARGE);
  block_cache_prefetch (user, LARGE + 65536, 3 * LARGE);
  wait_for_starts (2);
  for (int i = 0; i < 6000 && source.bytes < LARGE + 65536; i++)
    usleep (10000);
  usleep (20000);
  assert_int_equal (source.bytes, LARGE + 65536);
  check_read (65536, 4 * LARGE);
  check_read (1000, 3 * LARGE + 5);
  assert_int_equal (source.bytes, LARGE + 65536);
}

static void
memory_is_bounded (void **state)
{
  (void) state;
  make_cache (4, 2);
  for (unsigned i = 0; i < 2 * NR_BLOCKS; i++)
    check_read (1000, i % NR_BLOCKS * BLOCK);
  struct image_statistics s = get_statistics ();
  assert_true (s.dropped > 0);
  assert_true (s.memory_peak <= 4 * BLOCK_MEMORY);
}

static void
other_memory_pushes_blocks_out (void **state)
{
  (void) state;
  make_cache_of (UINT64_C (8) * (LARGE + 10000), 2, 10 * LARGE, LARGE);
  for (unsigned i = 1; i < 10; i += 2)
    check_read (LARGE, (uint64_t) i * LARGE);
  assert_true (get_statistics ().memory >= 5 * LARGE);
  block_cache_charge (cache, UINT64_C (6) * LARGE);
  struct image_statistics s = get_statistics ();
  assert_true (s.memory <= UINT64_C (8) * (LARGE + 10000));
  assert_int_equal (s.dropped, 3);
  block_cache_uncharge (cache, UINT64_C (6) * LARGE);
  assert_true (get_statistics ().memory <= 2 * (LARGE + 10000));
}

/* A Block that does not fit alone is decoded all the same. */
static void
one_block_is_always_allowed (void **state)
{
  (void) state;
  make_cache_of (10, 2, NR_BLOCKS * BLOCK, BLOCK);
  for (unsigned i = 0; i < 5; i++)
    check_read (1000, i * BLOCK);
  assert_int_equal (source.most_running, 1);
}

static void
failure_goes_to_its_reader_only (void **state)
{
  unsigned char buf[10];
  struct fault fault;

  (void) state;
  make_cache (64, 2);
  source.bad_block = 3;
  for (unsigned i = 0; i < 6; i++) {
    int r = read_at (buf, 10, i * BLOCK, &fault);

    assert_int_equal (r, i == 3 ? -1 : 0);
    if (r == -1) {
      assert_int_equal (fault.errnum, EBADMSG);
      assert_string_equal (fault.text, "bad Block");
    }
  }
  /* And not for ever. */
  source.bad_block = UINT64_MAX;
  check_read (10, 3 * BLOCK);
}

/* -- Several at once ------------------------------------------------------- */

#define NR_THREADS 8

/* Run each of NR threads with its number, and fail if one returns something. */
static void
run_threads (unsigned nr, void *(*run) (void *))
{
  pthread_t threads[NR_THREADS];

  for (uintptr_t i = 0; i < nr; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, run, (void *) i), 0);
  for (unsigned i = 0; i < nr; i++) {
    void *failed;

    pthread_join (threads[i], &failed);
    assert_null (failed);
  }
}

static void *
read_randomly (void *opaque)
{
  unsigned state = (unsigned) (uintptr_t) opaque + 1;

  for (int i = 0; i < 400; i++) {
    unsigned char buf[100];
    struct fault fault;
    uint64_t offset = (uint64_t) (rand_r (&state) % NR_BLOCKS) * BLOCK
                      + (uint64_t) (rand_r (&state) % (BLOCK - 200));

    if (read_at (buf, sizeof buf, offset, &fault) == -1
        || buf[0] != fake_byte (offset) || buf[99] != fake_byte (offset + 99))
      return &source;
  }
  return NULL;
}

static void
never_twice_at_once (void **state)
{
  (void) state;
  make_cache (6, 4);
  source.delay_us = 100;
  run_threads (8, read_randomly);
  assert_int_equal (source.twice, 0);
  assert_true (get_statistics ().memory_peak <= 6 * BLOCK_MEMORY);
}

/* Eight readers of one Block: it is decoded once. */
static void *
read_one (void *opaque)
{
  struct fault fault;
  unsigned char byte;

  (void) opaque;
  return read_at (&byte, 1, 9 * BLOCK, &fault) == 0 ? NULL : &source;
}

static void
waiting_readers_share_a_block (void **state)
{
  (void) state;
  make_cache (64, 4);
  source.delay_us = 20000;
  run_threads (8, read_one);
  assert_int_equal (source.started[9], 1);
}

#define SMALL (256 * 1024)
#define NR_SMALL 96

/* A quarter of the disk view, in order. */
static void *
read_a_quarter (void *opaque)
{
  const uint64_t quarter = NR_SMALL / 4 * SMALL;
  const uint64_t start = (uintptr_t) opaque * quarter;
  unsigned char *buf = malloc (65536);
  void *result = NULL;
  struct fault fault;

  for (uint64_t offset = start; offset < start + quarter; offset += 65536)
    if (read_at (buf, 65536, offset, &fault) == -1
        || buf[777] != fake_byte (offset + 777))
      result = &source;
  free (buf);
  return result;
}

static void
expect_each_block_once (unsigned nr)
{
  for (unsigned i = 0; i < nr; i++)
    if (source.started[i] != 1)
      fail_msg ("Block %u was decoded %u times", i, source.started[i]);
  assert_int_equal (get_statistics ().again, 0);
}

static void
sequential_readers_decode_once (void **state)
{
  (void) state;
  make_cache_of (16 * (SMALL + 2000), 2, NR_SMALL * SMALL, SMALL);
  source.delay_us = 300;
  run_threads (4, read_a_quarter);
  expect_each_block_once (NR_SMALL);
  assert_int_equal (get_statistics ().decoded, NR_SMALL);
}

#define NR_RANDOM 200

/* Threads 0 to 3 read in order, the others here and there; these may not make
 * Blocks be decoded twice that the former need. */
static void *
read_mixed (void *opaque)
{
  unsigned state = (unsigned) (uintptr_t) opaque;

  if (state < 4)
    return read_a_quarter (opaque);
  for (int i = 0; i < NR_RANDOM; i++) {
    unsigned char byte;
    struct fault fault;
    uint64_t offset = (uint64_t) rand_r (&state) % (NR_SMALL * SMALL);

    if (read_at (&byte, 1, offset, &fault) == -1 || byte != fake_byte (offset))
      return &source;
  }
  return NULL;
}

static void
mixture_is_right (void **state)
{
  (void) state;
  make_cache_of (16 * (SMALL + 2000), 2, NR_SMALL * SMALL, SMALL);
  source.delay_us = 100;
  run_threads (6, read_mixed);
  struct image_statistics s = get_statistics ();
  assert_int_equal (source.twice, 0);
  assert_true (s.memory_peak <= 16 * (SMALL + 2000));
  /* Each random read may have lost its Block before it came back to it; those of
   * the others are kept. */
  assert_true (s.again <= 2 * NR_RANDOM);
}

/* -- Several images -------------------------------------------------------- */

static struct fake_source source2;
static struct block_cache_user *user2;

static void *
read_either (void *opaque)
{
  unsigned state = (unsigned) (uintptr_t) opaque + 1;

  for (int i = 0; i < 300; i++) {
    bool second = (uintptr_t) opaque % 2;
    unsigned char byte;
    struct fault fault;
    uint64_t offset = (uint64_t) rand_r (&state) % (NR_BLOCKS * BLOCK - 100);

    if (read_by (second ? user2 : user, second ? &source2 : &source, &byte, 1,
                 offset, &fault) == -1
        || byte != fake_byte (offset))
      return &source;
  }
  return NULL;
}

static void
join_second (void)
{
  struct fault fault;

  fake_source_init (&source2, NR_BLOCKS * BLOCK - 100, BLOCK);
  user2 = block_cache_join (cache, &fake_source, &source2, NULL, &fault);
  assert_non_null (user2);
}

static void
images_share_a_cache (void **state)
{
  (void) state;
  make_cache (7, 3);
  join_second ();
  source.delay_us = 50;
  run_threads (6, read_either);
  assert_true (get_statistics ().memory_peak <= 7 * BLOCK_MEMORY);
  block_cache_leave (user2);
  assert_int_equal (source2.running, 0);
}

/* One image after the other leaves, with Blocks of its own queued and in decoding,
 * while the other one is read. */
static void *
come_and_go (void *opaque)
{
  if ((uintptr_t) opaque > 0)
    return read_randomly (opaque);
  for (int i = 0; i < 20; i++) {
    unsigned char byte;
    struct fault fault;

    join_second ();
    source2.delay_us = 1000;
    if (read_by (user2, &source2, &byte, 1, 0, &fault) == -1)
      return &source;
    block_cache_leave (user2);
    if (source2.running > 0)
      return &source2;
  }
  return NULL;
}

static void
leaving_disturbs_nobody (void **state)
{
  (void) state;
  make_cache (12, 3);
  source.delay_us = 100;
  run_threads (4, come_and_go);
}

/* What a lone reader has left behind does not fill the cache. */
static void
consumed_blocks_make_room (void **state)
{
  const unsigned nr = 40;

  (void) state;
  make_cache_of (UINT64_C (32) * LARGE, 1, nr * LARGE, LARGE);
  for (uint64_t i = 0; i < nr; i++)
    check_read (LARGE, i * LARGE);
  assert_int_equal (source.starts, nr);
  assert_true (get_statistics ().memory_peak < UINT64_C (26) * LARGE);
}

/* But it is there for those who follow, however far behind. */
static void
followers_find_consumed_blocks (void **state)
{
  const unsigned nr = 24;

  (void) state;
  make_cache_of (UINT64_C (64) * LARGE, 1, nr * LARGE, LARGE);
  check_read (LARGE, 0);
  check_read (LARGE, LARGE);
  check_read (LARGE, 2 * LARGE);
  check_read (LARGE, 0);
  for (uint64_t i = 3; i < nr; i++)
    check_read (LARGE, i * LARGE);
  for (uint64_t i = 1; i < nr; i++)
    check_read (LARGE, i * LARGE);
  assert_int_equal (source.starts, nr);
}

#define TEST(name) cmocka_unit_test_teardown (name, free_cache)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (reads_and_keeps),
    TEST (decodes_ahead_of_a_sequential_reader),
    TEST (random_reads_decode_nothing_else),
    TEST (pauses_and_resumes),
    TEST (paused_goes_first),
    TEST (a_reader_comes_first),
    TEST (prefetch_decodes_what_it_is_told),
    TEST (memory_is_bounded),
    TEST (other_memory_pushes_blocks_out),
    TEST (one_block_is_always_allowed),
    TEST (failure_goes_to_its_reader_only),
    TEST (never_twice_at_once),
    TEST (waiting_readers_share_a_block),
    TEST (sequential_readers_decode_once),
    TEST (mixture_is_right),
    TEST (images_share_a_cache),
    TEST (leaving_disturbs_nobody),
    TEST (consumed_blocks_make_room),
    TEST (followers_find_consumed_blocks),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
