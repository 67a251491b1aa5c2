/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "byte-ranges.h"
#include "chunk-digests.h"
#include "hole-map.h"
#include "image-support.h"

#define CHUNK DIGEST_CHUNK
#define LEN (6 * CHUNK + 345678)
#define NR_CHUNKS 7

static struct bytes content;

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 77);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  return 0;
}

static void
check_chunk (struct chunk_digests *digests, uint64_t chunk, bool known)
{
  unsigned char found[DIGEST_SIZE], digest[DIGEST_SIZE];
  size_t left = LEN - (size_t) chunk * CHUNK;

  if (chunk_digests_get (digests, chunk, found) != known)
    fail_msg ("chunk %d is%s known", (int) chunk, known ? " not" : "");
  if (!known)
    return;
  digest_of (content.data + chunk * CHUNK, left < CHUNK ? left : CHUNK, digest);
  assert_memory_equal (found, digest, DIGEST_SIZE);
}

static void
check_all (struct chunk_digests *digests)
{
  for (uint64_t chunk = 0; chunk < NR_CHUNKS; chunk++)
    check_chunk (digests, chunk, true);
  assert_int_equal (chunk_digests_count (digests), NR_CHUNKS);
}

static void
add (struct chunk_digests *digests, uint64_t offset, size_t len)
{
  chunk_digests_add (digests, offset, content.data + offset, len,
                     offset + len == LEN);
}

static void
forwards_and_backwards (void **state)
{
  static const size_t steps[] = { LEN, 3 * CHUNK + 5, CHUNK, CHUNK / 4, 777777,
                                  99991, 4096, 1000 };

  (void) state;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    struct chunk_digests *digests = chunk_digests_new ();

    for (uint64_t offset = 0; offset < LEN; offset += steps[i])
      add (digests, offset, LEN - offset < steps[i] ? LEN - offset : steps[i]);
    check_all (digests);
    chunk_digests_clear (digests);
    assert_int_equal (chunk_digests_count (digests), 0);
    for (uint64_t end = LEN; end > 0;) {
      size_t n = end < steps[i] ? (size_t) end : steps[i];

      end -= n;
      add (digests, end, n);
    }
    check_all (digests);
    chunk_digests_free (digests);
  }
}

static void
in_any_order_and_twice (void **state)
{
  unsigned seed = 5;

  (void) state;
  for (int round = 0; round < 20; round++) {
    struct chunk_digests *digests = chunk_digests_new ();

    for (int i = 0; i < 50; i++) {
      size_t n = (size_t) rand_r (&seed) % (round % 2 ? 3000000 : 90000);
      add (digests, (uint64_t) rand_r (&seed) % (LEN - n), n);
    }
    for (uint64_t chunk = 0; chunk < NR_CHUNKS; chunk++) {
      unsigned char digest[DIGEST_SIZE];

      if (chunk_digests_get (digests, chunk, digest))
        check_chunk (digests, chunk, true);
    }
    for (uint64_t offset = 0; offset < LEN; offset += 54321)
      add (digests, offset, LEN - offset < 54321 ? LEN - offset : 54321);
    check_all (digests);
    chunk_digests_free (digests);
  }
}

/* The end may become known before, with, or after the last bytes. */
static void
the_end_is_told_late (void **state)
{
  struct chunk_digests *digests = chunk_digests_new ();

  (void) state;
  for (uint64_t offset = 0; offset < LEN; offset += 65536)
    chunk_digests_add (digests, offset, content.data + offset,
                       LEN - offset < 65536 ? LEN - offset : 65536, false);
  check_chunk (digests, NR_CHUNKS - 1, false);
  chunk_digests_add (digests, LEN, NULL, 0, true);
  check_all (digests);
  chunk_digests_clear (digests);
  add (digests, LEN - 10, 10);
  check_chunk (digests, NR_CHUNKS - 1, false);
  add (digests, (NR_CHUNKS - 1) * CHUNK, LEN - (NR_CHUNKS - 1) * CHUNK - 10);
  check_chunk (digests, NR_CHUNKS - 1, true);
  chunk_digests_free (digests);
}

/* With too many in the making the one that was left alone for longest goes. */
static void
chunks_in_the_making_are_bounded (void **state)
{
  struct chunk_digests *digests = chunk_digests_new ();
  char *bytes = calloc (1, CHUNK);
  unsigned char digest[DIGEST_SIZE];

  (void) state;
  for (uint64_t chunk = 0; chunk < 100; chunk++) {
    chunk_digests_add (digests, chunk * CHUNK, bytes, 10, false);
    chunk_digests_add (digests, 10, bytes + 10, 1, false);
  }
  /* Chunk 0 has been kept warm, chunk 1 is forgotten, chunk 99 is there. */
  for (uint64_t chunk = 0; chunk < 100; chunk++)
    chunk_digests_add (digests, chunk * CHUNK + 10, bytes + 10, CHUNK - 10, false);
  assert_true (chunk_digests_get (digests, 0, digest));
  assert_false (chunk_digests_get (digests, 1, digest));
  chunk_digests_clear (digests);
  /* Some hundred threads need more. */
  chunk_digests_set_threads (digests, 100);
  for (uint64_t chunk = 0; chunk < 200; chunk++)
    chunk_digests_add (digests, chunk * CHUNK, bytes, 10, false);
  for (uint64_t chunk = 0; chunk < 200; chunk++)
    chunk_digests_add (digests, chunk * CHUNK + 10, bytes + 10, CHUNK - 10, false);
  assert_int_equal (chunk_digests_count (digests), 200);
  free (bytes);
  chunk_digests_free (digests);
}

/* A forged size costs no memory in proportion. */
static void
far_offsets (void **state)
{
  struct chunk_digests *digests = chunk_digests_new ();
  unsigned char digest[DIGEST_SIZE] = { 1 }, found[DIGEST_SIZE];

  (void) state;
  assert_true (chunk_digests_set (digests, DISK_SIZE_MAX / CHUNK - 1, digest));
  assert_true (chunk_digests_get (digests, DISK_SIZE_MAX / CHUNK - 1, found));
  assert_memory_equal (found, digest, DIGEST_SIZE);
  assert_false (chunk_digests_set (digests, DISK_SIZE_MAX / CHUNK, digest));
  assert_false (chunk_digests_get (digests, UINT64_MAX, found));
  chunk_digests_free (digests);
}

struct job
{
  struct chunk_digests *digests;
  size_t block, first;
};

static void *
add_every_fourth (void *opaque)
{
  const struct job *job = opaque;

  for (uint64_t i = job->first; i * job->block < LEN; i += 4) {
    uint64_t left = LEN - i * job->block;

    add (job->digests, i * job->block,
         left < job->block ? (size_t) left : job->block);
  }
  return NULL;
}

static void
by_several_threads (void **state)
{
  static const size_t blocks[] = { 777777, 99991, 5000 };

  (void) state;
  for (size_t b = 0; b < 3; b++) {
    struct chunk_digests *digests = chunk_digests_new ();
    pthread_t threads[4];
    struct job jobs[4];

    for (size_t i = 0; i < 4; i++) {
      jobs[i] = (struct job) { digests, blocks[b], i };
      assert_int_equal (pthread_create (&threads[i], NULL, add_every_fourth,
                                        &jobs[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
      pthread_join (threads[i], NULL);
    check_all (digests);
    chunk_digests_free (digests);
  }
}

static void
ranges_are_sets (void **state)
{
  struct byte_ranges set = { NULL, 0, 0 };
  struct byte_range found;
  bool model[200] = { false };
  unsigned seed = 8;

  (void) state;
  for (int i = 0; i < 60; i++) {
    uint64_t start = (uint64_t) rand_r (&seed) % 190;
    uint64_t end = start + (uint64_t) rand_r (&seed) % 6;

    assert_true (byte_ranges_add (&set, start, end, 1000));
    for (uint64_t j = start; j < end; j++)
      model[j] = true;
    for (uint64_t j = 0; j < 200; j++) {
      assert_int_equal (byte_ranges_find (&set, j, &found), model[j]);
      for (uint64_t k = j; k < found.end && k < 200; k++)
        assert_int_equal (model[k], k >= found.start);
      if (found.end < 200)
        assert_false (model[found.end]);
    }
  }
  for (size_t i = 0; i + 1 < set.nr; i++)
    assert_true (set.ranges[i].end < set.ranges[i + 1].start);
  byte_ranges_clear (&set);
  for (uint64_t i = 0; i < 10; i++)
    assert_int_equal (byte_ranges_add (&set, 10 * i, 10 * i + 1, 5), i < 5);
  byte_ranges_clear (&set);
}

static void
chunks_of_zeroes (void **state)
{
  struct chunk_digests *digests = chunk_digests_new ();
  unsigned char *zeroes = calloc (1, CHUNK), digest[DIGEST_SIZE];

  (void) state;
  digest_of (zeroes, CHUNK, digest);
  assert_memory_equal (digest, digest_of_zero_chunk, DIGEST_SIZE);
  chunk_digests_add (digests, 3 * CHUNK, zeroes, CHUNK, false);
  assert_true (chunk_digests_get (digests, 3, digest));
  assert_memory_equal (digest, digest_of_zero_chunk, DIGEST_SIZE);
  zeroes[CHUNK - 1] = 1;
  chunk_digests_add (digests, 4 * CHUNK, zeroes, CHUNK, false);
  assert_true (chunk_digests_get (digests, 4, digest));
  assert_memory_not_equal (digest, digest_of_zero_chunk, DIGEST_SIZE);
  /* A shorter one has another digest. */
  zeroes[CHUNK - 1] = 0;
  chunk_digests_add (digests, 5 * CHUNK, zeroes, CHUNK - 1, true);
  assert_true (chunk_digests_get (digests, 5, digest));
  assert_memory_not_equal (digest, digest_of_zero_chunk, DIGEST_SIZE);
  free (zeroes);
  chunk_digests_free (digests);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (forwards_and_backwards),
    cmocka_unit_test (in_any_order_and_twice),
    cmocka_unit_test (the_end_is_told_late),
    cmocka_unit_test (chunks_in_the_making_are_bounded),
    cmocka_unit_test (chunks_of_zeroes),
    cmocka_unit_test (far_offsets),
    cmocka_unit_test (by_several_threads),
    cmocka_unit_test (ranges_are_sets),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
