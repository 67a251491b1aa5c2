/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block-stream.h"
#include "fake-source.h"
#include "hole-map.h"
#include "image-support.h"
#include "spool.h"

#define DISK (40 * 1024 * 1024 + 12345)
#define RING (16 * 1024 * 1024)

static struct fake_source source;
static struct spool *spool;

static struct block_stream *
make_stream (uint64_t size, bool restartable)
{
  struct block block = { .offset = 0, .size = size, .last = true };
  struct block_stream_options options = {
    .spool = spool, .ring_size = RING, .restartable = restartable
  };
  struct block_stream *stream;
  struct fault fault;

  fake_source_init (&source, DISK, DISK);
  stream = block_stream_new (&fake_source, &source, &block, &options, &fault);
  assert_non_null (stream);
  return stream;
}

static void
check_read (struct block_stream *stream, size_t len, uint64_t offset)
{
  unsigned char *buf = malloc (len);
  struct fault fault;

  assert_int_equal (block_stream_read (stream, buf, len, offset, &fault), len);
  check_fake_bytes (buf, len, offset);
  free (buf);
}

static void
reads_forward_with_one_start (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);

  (void) state;
  for (uint64_t offset = 0; offset + 700001 < DISK; offset += 700001)
    check_read (stream, 700001, offset);
  check_read (stream, 5000, DISK - 5000);
  assert_int_equal (source.starts, 1);
  block_stream_free (stream);
  assert_int_equal (source.running, 0);
}

/* Extents of a window, then its data: within the ring, nothing is done twice. */
static void
goes_back_within_the_ring (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);

  (void) state;
  for (uint64_t offset = 0; offset < 30 << 20; offset += 4 << 20) {
    check_read (stream, 1, offset + (4 << 20) - 1);
    check_read (stream, 4 << 20, offset);
  }
  assert_int_equal (source.starts, 1);
  block_stream_free (stream);
}

static void
starts_again_to_go_back_farther (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);

  (void) state;
  check_read (stream, 1000, DISK - 1000);
  check_read (stream, 1000, 77);
  check_read (stream, 1000, 38 << 20);
  assert_int_equal (source.starts, 2);
  assert_int_equal (block_stream_restarts (stream), 1);
  block_stream_free (stream);
}

static void
says_what_is_gone (void **state)
{
  struct block_stream *stream = make_stream (BLOCK_SIZE_UNKNOWN, false);
  unsigned char buf[1000];
  struct fault fault;
  bool ended;

  (void) state;
  assert_int_equal (block_stream_run (stream, UINT64_MAX, NULL, NULL, &fault), 0);
  assert_int_equal (block_stream_position (stream, &ended), DISK);
  assert_true (ended);
  assert_int_equal (block_stream_read (stream, buf, 1000, 0, &fault),
                    BLOCK_STREAM_GONE);
  assert_int_equal (block_stream_memory (stream), 0);
  block_stream_free (stream);
}

static void
unknown_size_ends_short (void **state)
{
  struct block_stream *stream = make_stream (BLOCK_SIZE_UNKNOWN, false);
  unsigned char buf[1000];
  struct fault fault;

  (void) state;
  assert_int_equal (block_stream_read (stream, buf, 1000, DISK - 400, &fault),
                    400);
  assert_int_equal (block_stream_read (stream, buf, 1000, DISK + 5, &fault), 0);
  block_stream_free (stream);
}

static int
refuse (void *opaque)
{
  (void) opaque;
  return 1;
}

static void
run_can_be_cancelled (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);
  struct fault fault;

  (void) state;
  source.delay_us = 20000;
  assert_int_equal (block_stream_run (stream, UINT64_MAX, refuse, NULL, &fault),
                    -1);
  assert_int_equal (fault.errnum, ECANCELED);
  block_stream_free (stream);
}

static void
failure_is_passed_on (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);
  unsigned char byte;
  struct fault fault;

  (void) state;
  source.bad_block = 0;
  assert_int_equal (block_stream_read (stream, &byte, 1, 5, &fault), -1);
  assert_string_equal (fault.text, "bad Block");
  block_stream_free (stream);
}

static void
spool_keeps_everything (void **state)
{
  struct fault fault;
  struct block_stream *stream;

  (void) state;
  spool = spool_open (".", &fault);
  assert_non_null (spool);
  assert_int_equal (spool_reserve (spool, DISK, DISK, &fault), 0);
  stream = make_stream (DISK, true);
  check_read (stream, 1000, DISK - 1000);
  check_read (stream, 1000, 0);
  check_read (stream, 3 << 20, 20 << 20);
  assert_int_equal (source.starts, 1);
  block_stream_free (stream);
  spool_close (spool);
  spool = NULL;
}

static void
spool_names_its_directory (void **state)
{
  struct fault fault;

  (void) state;
  assert_null (spool_open ("/nonexistent-directory", &fault));
  assert_non_null (strstr (fault.text, "/nonexistent-directory"));
  spool = spool_open (".", &fault);
  assert_non_null (spool);
  assert_int_equal (spool_reserve (spool, UINT64_C (1) << 60, 5, &fault), -1);
  assert_int_equal (fault.errnum, ENOSPC);
  assert_non_null (strstr (fault.text, " in ., and only "));
  spool_close (spool);
  spool = NULL;
}

static void *
read_all (void *opaque)
{
  unsigned char *buf = malloc (1 << 20);
  void *result = NULL;
  struct fault fault;

  for (uint64_t offset = 0; offset < 38 << 20 && !result; offset += 1 << 20)
    if (block_stream_read (opaque, buf, 1 << 20, offset, &fault) != 1 << 20
        || buf[12345] != fake_byte (offset + 12345))
      result = opaque;
  free (buf);
  return result;
}

/* Readers that are apart by more than the ring make each other start again, but
 * all of them get on. */
static void
readers_do_not_starve (void **state)
{
  struct block_stream *stream = make_stream (DISK, true);
  pthread_t threads[4];

  (void) state;
  for (int i = 0; i < 4; i++) {
    assert_int_equal (pthread_create (&threads[i], NULL, read_all, stream), 0);
    check_read (stream, 1, DISK - 1);
  }
  for (int i = 0; i < 4; i++) {
    void *failed;

    pthread_join (threads[i], &failed);
    assert_null (failed);
  }
  block_stream_free (stream);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (reads_forward_with_one_start),
    cmocka_unit_test (goes_back_within_the_ring),
    cmocka_unit_test (starts_again_to_go_back_farther),
    cmocka_unit_test (says_what_is_gone),
    cmocka_unit_test (unknown_size_ends_short),
    cmocka_unit_test (run_can_be_cancelled),
    cmocka_unit_test (failure_is_passed_on),
    cmocka_unit_test (spool_keeps_everything),
    cmocka_unit_test (spool_names_its_directory),
    cmocka_unit_test (readers_do_not_starve),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
