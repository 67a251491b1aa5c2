/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block-cache.h"
#include "block-reader.h"
#include "fake-source.h"
#include "hole-map.h"
#include "image-ops.h"
#include "image-support.h"

#define BLOCK UINT64_C (1048576)
#define NR_BLOCKS UINT64_C (60)
#define DISK (NR_BLOCKS * BLOCK)
#define WINDOW (5 * BLOCK)
#define PIECE (256 * 1024)

static struct fake_source source;
static struct image_options options;
static struct scan_record *record;
static struct block_reader *reader;

/* A cache that holds so many Blocks. */
static void
make_reader (unsigned blocks)
{
  struct fault fault;

  fake_source_init (&source, DISK, BLOCK);
  source.holes = 128 * 1024;
  options.memory_limit = blocks * (BLOCK + 3000);
  options.threads = 2;
  options.cache = block_cache_new (options.memory_limit, 2, &fault);
  assert_non_null (options.cache);
  record = scan_record_new ();
  assert_non_null (record);
  reader = block_reader_new (&fake_source, &source, record, &options, false,
                             &fault);
  assert_non_null (reader);
}

static int
free_reader (void **state)
{
  (void) state;
  block_reader_free (reader);
  scan_record_free (record);
  block_cache_free (options.cache);
  return source.running;
}

static struct image_statistics
get_statistics (void)
{
  struct image_statistics s = { .hits = 0 };

  block_reader_statistics (reader, &s);
  return s;
}

static void
expect_each_block_once (void)
{
  for (unsigned i = 0; i < NR_BLOCKS; i++)
    if (source.started[i] != 1)
      fail_msg ("Block %u was decoded %u times", i, source.started[i]);
  assert_int_equal (get_statistics ().again, 0);
  assert_true (get_statistics ().memory_peak <= options.memory_limit);
}

/* -- A client that asks for extents first ---------------------------------- */

struct window
{
  uint64_t next;                /* told up to here */
  struct { uint64_t offset, length; bool hole; } extents[200];
  unsigned nr;
  bool wrong;
  uint64_t zeroes;
};

static int
note_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct window *w = opaque;

  if (offset != w->next || length == 0 || w->nr == 200)
    w->wrong = true;
  else {
    w->extents[w->nr].offset = offset;
    w->extents[w->nr].length = length;
    w->extents[w->nr++].hole = hole;
  }
  for (uint64_t i = offset; hole && i < offset + length; i += 4096)
    if (!fake_hole (&source, i))
      w->wrong = true;
  w->zeroes += hole ? length : 0;
  w->next = offset + length;
  return 0;
}

static bool
ask_extents (struct window *w, uint64_t offset, uint64_t len)
{
  struct fault fault;

  w->next = offset;
  w->nr = 0;
  while (w->next < offset + len) {
    struct extent_walk walk = { .fn = note_extent, .opaque = w };
    uint64_t before = w->next;

    if (block_reader_extents (reader, before, offset + len - before, &walk,
                              &fault) == -1
        || w->wrong || w->next == before)
      return false;
  }
  return true;
}

static bool
read_data (uint64_t offset, uint64_t len)
{
  unsigned char *buf = malloc (PIECE);
  struct fault fault;
  bool good = true;

  while (len > 0) {
    size_t n = len < PIECE ? (size_t) len : PIECE;

    if (block_reader_read (reader, buf, n, offset, &fault) == -1)
      good = false;
    for (size_t i = 0; i < n && good; i += 61)
      good = buf[i] == (fake_hole (&source, offset + i) ? 0
                        : fake_byte (offset + i));
    offset += n;
    len -= n;
  }
  free (buf);
  return good;
}

static pthread_mutex_t windows_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t next_window;    /* guarded by that lock */
static uint64_t zeroes;

/* Takes window after window, as one of nbdcopy's threads does: its extents, then its
 * data. */
static void *
copy_windows (void *opaque)
{
  struct window *w = calloc (1, sizeof *w);
  void *result = NULL;

  for (;;) {
    pthread_mutex_lock (&windows_lock);
    uint64_t offset = next_window;
    next_window += WINDOW;
    pthread_mutex_unlock (&windows_lock);
    if (offset >= DISK)
      break;
    if (!ask_extents (w, offset, WINDOW))
      result = &source;
    for (unsigned i = 0; i < w->nr; i++)
      if (!w->extents[i].hole
          && !read_data (w->extents[i].offset, w->extents[i].length))
        result = &source;
  }
  pthread_mutex_lock (&windows_lock);
  zeroes += w->zeroes;
  pthread_mutex_unlock (&windows_lock);
  free (w);
  (void) opaque;
  return result;
}

static void
copy (unsigned connections)
{
  pthread_t threads[16];

  next_window = zeroes = 0;
  for (unsigned i = 0; i < connections; i++)
    assert_int_equal (pthread_create (&threads[i], NULL, copy_windows, NULL), 0);
  for (unsigned i = 0; i < connections; i++) {
    void *failed;

    pthread_join (threads[i], &failed);
    assert_null (failed);
  }
}

static void
one_connection_decodes_once (void **state)
{
  (void) state;
  make_reader (6);
  source.delay_us = 100;
  copy (1);
  expect_each_block_once ();
}

static void
four_connections_decode_once (void **state)
{
  (void) state;
  make_reader (6);
  source.delay_us = 100;
  copy (4);
  /* A thread that a busy machine holds up may find its Block gone: there is room
   * for six.  Without order in the reading, most would be decoded again. */
  assert_true (get_statistics ().again <= 3);
  assert_true (get_statistics ().memory_peak <= options.memory_limit);
}

/* With memory for its windows a client hears of all holes. */
static void
holes_are_told_where_there_is_memory (void **state)
{
  (void) state;
  make_reader (2 * NR_BLOCKS);
  copy (4);
  expect_each_block_once ();
  assert_int_equal (zeroes, DISK / 4);
}

/* qemu-img: what comes next, as far as it can be told; then its data. */
static void
extent_by_extent_decodes_once (void **state)
{
  struct window w = { .nr = 0 };

  (void) state;
  make_reader (6);
  for (uint64_t offset = 0; offset < DISK; offset += w.extents[0].length) {
    struct extent_walk walk = { .fn = note_extent, .opaque = &w };
    struct fault fault;

    w.next = offset;
    w.nr = 0;
    assert_int_equal (block_reader_extents (reader, offset, DISK - offset, &walk,
                                            &fault), 0);
    assert_true (w.nr > 0 && !w.wrong);
    if (!w.extents[0].hole)
      assert_true (read_data (offset, w.extents[0].length));
  }
  expect_each_block_once ();
}

/* Whoever never reads gets the truth, however little memory there is. */
static void
a_map_is_true (void **state)
{
  struct window w = { .nr = 0 };

  (void) state;
  make_reader (4);
  for (uint64_t offset = 0; offset < DISK; offset += WINDOW)
    assert_true (ask_extents (&w, offset, WINDOW));
  assert_int_equal (w.zeroes, DISK / 4);
}

/* And decodes no more than needed, to begin with. */
static void
one_extent_is_cheap (void **state)
{
  struct window w = { .nr = 0 };

  (void) state;
  make_reader (40);
  assert_true (ask_extents (&w, 7 * BLOCK, 65536));
  assert_false (w.extents[0].hole);
  usleep (20000);
  assert_int_equal (source.starts, 1);
}

/* -- Holes ----------------------------------------------------------------- */

/* As if all of the disk view had been decoded, and dropped since. */
static void
learn_all_holes (void)
{
  unsigned char *buf = malloc (PIECE);

  for (uint64_t offset = 0; offset < DISK; offset += PIECE) {
    for (size_t i = 0; i < PIECE; i++)
      buf[i] = fake_hole (&source, offset + i) ? 0 : fake_byte (offset + i);
    scan_record_add (record, offset, buf, PIECE, offset + PIECE == DISK);
  }
  free (buf);
}

/* They are read from the last one to the first: for a reader in rising order the
 * data between them would be decoded ahead. */
static void
known_holes_are_not_decoded (void **state)
{
  (void) state;
  make_reader (6);
  learn_all_holes ();
  for (uint64_t i = DISK / (4 * source.holes); i > 0; i--)
    assert_true (read_data ((4 * i - 1) * source.holes, source.holes));
  assert_int_equal (source.starts, 0);
  /* Only what is also partly data is decoded. */
  assert_true (read_data (3 * source.holes - 10, 20));
  assert_int_equal (source.starts, 1);
}

/* A reader goes through a long hole: Blocks behind it are decoded ahead, those in
 * it are not. */
static void
holes_are_not_decoded_ahead (void **state)
{
  static char nothing[BLOCK];

  (void) state;
  make_reader (20);
  for (unsigned i = 2; i < 30; i++)
    scan_record_add (record, i * BLOCK, nothing, BLOCK, false);
  assert_true (read_data (0, BLOCK + PIECE));
  for (int i = 0; i < 6000 && source.started[31] == 0; i++)
    usleep (10000);
  assert_int_equal (source.started[30], 1);
  for (unsigned i = 2; i < 30; i++)
    assert_int_equal (source.started[i], 0);
}

/* Nothing is looked up beyond the end. */
static void
a_hole_may_reach_the_end (void **state)
{
  static char nothing[BLOCK];

  (void) state;
  make_reader (20);
  for (unsigned i = 2; i < NR_BLOCKS; i++)
    scan_record_add (record, i * BLOCK, nothing, BLOCK, i + 1 == NR_BLOCKS);
  assert_true (read_data (0, BLOCK + PIECE));
  assert_int_equal (source.starts, 2);
}

/* -- Large Blocks ---------------------------------------------------------- */

static void
make_streamed (uint64_t block_size, bool spool)
{
  struct fault fault;

  fake_source_init (&source, DISK, block_size);
  options.memory_limit = 32 << 20;
  options.threads = 2;
  options.spool_dir = spool ? "." : NULL;
  options.cache = block_cache_new (options.memory_limit, 2, &fault);
  record = scan_record_new ();
  reader = block_reader_new (&fake_source, &source, record, &options, true,
                             &fault);
  assert_non_null (reader);
}

static void
large_blocks_are_spooled_and_verified (void **state)
{
  (void) state;
  make_streamed (DISK / 2, true);
  assert_true (read_data (DISK - 1000, 1000));
  assert_true (read_data (5, 100000));
  assert_true (read_data (0, DISK));
  assert_int_equal (source.starts, 2);
  assert_true (scan_record_is_block_verified (record, 0));
  assert_true (scan_record_is_block_verified (record, 1));
  assert_true (get_statistics ().memory_peak <= 4 << 20);
}

/* The rings of streams are a part of the memory that is limited. */
static void
rings_are_charged (void **state)
{
  (void) state;
  make_streamed (DISK, false);
  assert_true (read_data (0, 24 << 20));
  struct image_statistics s = get_statistics ();
  assert_true (s.memory_peak >= 8 << 20);
  assert_true (s.memory_peak <= options.memory_limit);
  block_reader_free (reader);
  reader = NULL;
  assert_int_equal (source.running, 0);
}

#define TEST(name) cmocka_unit_test_teardown (name, free_reader)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (one_connection_decodes_once),
    TEST (four_connections_decode_once),
    TEST (holes_are_told_where_there_is_memory),
    TEST (extent_by_extent_decodes_once),
    TEST (a_map_is_true),
    TEST (one_extent_is_cheap),
    TEST (known_holes_are_not_decoded),
    TEST (holes_are_not_decoded_ahead),
    TEST (a_hole_may_reach_the_end),
    TEST (large_blocks_are_spooled_and_verified),
    TEST (rings_are_charged),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
