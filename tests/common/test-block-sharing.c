/* SPDX-License-Identifier: MIT */
/* Several readers of one image, each at its own place and of its own speed: what one
 * has had decoded is there for the others.  The order of their reads is fixed, so
 * that no figure depends on time. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "block-cache.h"
#include "fake-source.h"
#include "image-statistics.h"
#include "image-support.h"

#define MIB UINT64_C (1048576)
#define CHUNK MIB               /* of one read */
#define DISK (160 * MIB)
#define CLIENTS_MAX 8

static struct fake_source source;
static struct block_cache *cache;
static struct block_cache_user *user;
static uint64_t limit;

static void
make_cache (uint64_t block, uint64_t blocks, bool shared)
{
  struct fault fault;

  fake_source_init (&source, DISK, block);
  limit = blocks * (block + 3000);
  cache = block_cache_new (limit, 2, &fault);
  assert_non_null (cache);
  if (shared)
    block_cache_share (cache);
  user = block_cache_join (cache, &fake_source, &source, NULL, &fault);
  assert_non_null (user);
}

static int
free_cache (void **state)
{
  (void) state;
  block_cache_leave (user);
  block_cache_free (cache);
  return source.running;
}

/* One read by one of the connections, over as many Blocks as it takes. */
static void
read_chunk (uint64_t offset)
{
  static unsigned char buf[CHUNK];
  struct block block;
  struct fault fault;

  for (uint64_t done = 0; done < CHUNK;) {
    fake_source.locate (&source, offset + done, &block);
    uint64_t n = block.offset + block.size - offset - done;

    if (n > CHUNK - done)
      n = CHUNK - done;
    assert_int_equal (block_cache_read (user, &block, buf + done, n, offset + done,
                                        &fault), 0);
    done += n;
  }
  for (size_t i = 0; i < CHUNK; i += 4099)
    if (buf[i] != fake_byte (offset + i))
      fail_msg ("wrong byte at %llu", (unsigned long long) (offset + i));
}

/* A client: from its start on so many chunks in each round. */
struct client
{
  unsigned from_round;
  unsigned speed;               /* chunks a round */
  unsigned connections;         /* so many chunks are in flight, in disorder */
  unsigned order;               /* of these */
  uint64_t at;                  /* the next chunk */
};

/* The chunks of as many connections, each of which waits for its own. */
static void
read_in_flight (struct client *c)
{
  const uint64_t nr = c->connections > 1 ? c->connections : 1;

  for (uint64_t i = 0; i < nr; i++) {
    const uint64_t chunk = c->at + ((i * 5) ^ c->order) % nr;

    if (chunk * CHUNK < DISK)
      read_chunk (chunk * CHUNK);
  }
  c->order++;
  c->at += nr;
}

static void
run (struct client *clients, unsigned nr)
{
  unsigned left = nr;

  for (unsigned round = 0; left > 0; round++) {
    left = 0;
    for (unsigned i = 0; i < nr; i++) {
      struct client *c = &clients[i];
      const uint64_t until = c->at + c->speed;

      while (round >= c->from_round && c->at < until && c->at * CHUNK < DISK)
        read_in_flight (c);
      left += c->at * CHUNK < DISK;
    }
  }
}

/* How often the disk view was decoded, in percent. */
static uint64_t
percent_decoded (void)
{
  struct image_statistics s = { .hits = 0 };

  block_cache_statistics (user, &s);
  if (s.memory_peak > limit)
    fail_msg ("%llu bytes of memory were used, of %llu",
              (unsigned long long) s.memory_peak, (unsigned long long) limit);
  return source.bytes * 100 / DISK;
}

static void
expect_percent (uint64_t most)
{
  const uint64_t percent = percent_decoded ();

  print_message ("decoded %llu %%\n", (unsigned long long) percent);
  if (percent > most)
    fail_msg ("%llu %% were decoded, more than %llu %%",
              (unsigned long long) percent, (unsigned long long) most);
}

/* Of several speeds, one after the other; all of them fit in the cache. */
static const struct client four[4] = {
  { 0, 4, 1, 0, 0 }, { 4, 4, 1, 0, 0 }, { 8, 3, 1, 0, 0 }, { 11, 1, 1, 0, 0 }
};

static void
run_four (unsigned connections)
{
  struct client clients[4];

  memcpy (clients, four, sizeof clients);
  for (unsigned i = 0; i < 4; i++)
    clients[i].connections = connections;
  run (clients, 4);
}

static void
four_clients_decode_once (void **state)
{
  (void) state;
  make_cache (MIB, 150, true);
  run_four (1);
  expect_percent (102);
}

static void
connections_of_a_client_are_one_reader (void **state)
{
  (void) state;
  for (unsigned connections = 2; connections <= 8; connections *= 2) {
    make_cache (MIB, 150, true);
    run_four (connections);
    expect_percent (105);
    if (connections < 8)
      free_cache (NULL);
  }
}

static void
large_blocks_are_shared (void **state)
{
  (void) state;
  make_cache (24 * MIB, 7, true);
  run_four (4);
  expect_percent (120);
}

/* Smaller than a chunk, as of gzip. */
static void
small_blocks_are_shared (void **state)
{
  (void) state;
  make_cache (MIB / 4 * 3, 200, true);
  run_four (4);
  expect_percent (105);
}

/* The cache is much smaller than what is between the slow one and the others: it has
 * to decode for itself, once, and the others share on. */
static void
far_reader_pays_for_itself (void **state)
{
  struct client clients[4] = {
    { 0, 4, 4, 0, 0 }, { 2, 4, 4, 0, 0 }, { 4, 4, 4, 0, 0 }, { 5, 1, 4, 0, 0 }
  };

  (void) state;
  make_cache (MIB, 48, true);
  /* It takes its chunks four at a time, every fourth round. */
  clients[3].connections = 1;
  run (clients, 4);
  expect_percent (200);
}

/* As many as the cache can't hold together, in two groups. */
static void
groups_share_within (void **state)
{
  struct client clients[6] = {
    { 0, 4, 4, 0, 0 }, { 1, 4, 4, 0, 0 }, { 2, 4, 4, 0, 0 },
    { 20, 4, 4, 0, 0 }, { 21, 4, 4, 0, 0 }, { 22, 4, 4, 0, 0 }
  };

  (void) state;
  make_cache (MIB, 48, true);
  run (clients, 6);
  expect_percent (205);
}

/* As far as the cache reaches, what the far one finds is not decoded again: it does
 * not lose all for being a little too far behind. */
static void
what_fits_is_kept_for_the_far (void **state)
{
  struct client clients[3] = {
    { 0, 2, 1, 0, 0 }, { 1, 2, 1, 0, 0 }, { 30, 2, 1, 0, 0 }
  };

  (void) state;
  make_cache (MIB, 48, true);
  run (clients, 3);
  expect_percent (185);
}

/* On a shared cache: when the first has ended before the second begins. */
static void
who_comes_late_finds_all (void **state)
{
  struct client clients[2] = { { 0, 4, 4, 0, 0 }, { 80, 4, 4, 0, 0 } };

  (void) state;
  make_cache (MIB, 170, true);
  run (clients, 2);
  expect_percent (100);
}

/* On one that is not, the cache learns from the second that there are several. */
static void
a_second_client_teaches (void **state)
{
  struct client clients[4] = {
    { 0, 4, 4, 0, 0 }, { 80, 4, 4, 0, 0 }, { 160, 4, 4, 0, 0 }, { 240, 4, 4, 0, 0 }
  };

  (void) state;
  make_cache (MIB, 170, false);
  run (clients, 1);
  assert_true (percent_decoded () <= 100);
  run (clients + 1, 3);
  expect_percent (210);
}

#define TEST(name) cmocka_unit_test_teardown (name, free_cache)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (four_clients_decode_once),
    TEST (connections_of_a_client_are_one_reader),
    TEST (large_blocks_are_shared),
    TEST (small_blocks_are_shared),
    TEST (far_reader_pays_for_itself),
    TEST (groups_share_within),
    TEST (what_fits_is_kept_for_the_far),
    TEST (who_comes_late_finds_all),
    TEST (a_second_client_teaches),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
