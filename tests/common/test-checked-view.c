/* SPDX-License-Identifier: MIT */
/* Images whose bytes come from a remote source, which may be exchanged under
 * way. */

#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "byte-source.h"
#include "digest.h"
#include "image-scan.h"
#include "image-support.h"

#define SIZE (5 * DIGEST_CHUNK + 777)
#define NR_CHUNKS_MAX 16

/* What a server has, and what was asked of it. */
static struct
{
  pthread_mutex_t lock;         /* guards the rest */
  const struct bytes *bytes;
  unsigned delay_ms;
  unsigned reads[NR_CHUNKS_MAX];        /* for each MiB of the stored view */
  unsigned running, most_running;
  unsigned fail;                /* so many reads */
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int
fake_read (struct byte_source *source, void *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  (void) source;
  pthread_mutex_lock (&server.lock);
  const struct timespec delay = { .tv_nsec = server.delay_ms * 1000000L };
  const bool fails = server.fail > 0;
  server.fail -= fails;
  server.reads[offset / DIGEST_CHUNK % NR_CHUNKS_MAX]++;
  server.running++;
  if (server.running > server.most_running)
    server.most_running = server.running;
  memcpy (buf, server.bytes->data + offset, len);
  pthread_mutex_unlock (&server.lock);
  nanosleep (&delay, NULL);
  pthread_mutex_lock (&server.lock);
  server.running--;
  pthread_mutex_unlock (&server.lock);
  return fails ? fault_set (fault, EIO, "the server is in trouble") : 0;
}

static void
fake_close (struct byte_source *source)
{
  free (source);
}

static const struct byte_source_ops fake_ops = {
  .read = fake_read, .close = fake_close
};

static void
serve (const struct bytes *b)
{
  pthread_mutex_lock (&server.lock);
  server.bytes = b;
  pthread_mutex_unlock (&server.lock);
}

static struct image *
open_remote (const struct bytes *b, uint64_t memory)
{
  const struct image_options options = { .memory_limit = memory, .threads = 2 };
  struct byte_source *source = calloc (1, sizeof *source);

  assert_non_null (source);
  *source = (struct byte_source) {
    .ops = &fake_ops, .size = b->len, .remote = true, .scan_note = "a note"
  };
  memset (server.reads, 0, sizeof server.reads);
  server.delay_ms = server.fail = server.most_running = 0;
  serve (b);
  clear_report ();
  struct image *im = image_open_source (source, "test-image", &options);
  assert_non_null (im);
  return im;
}

static void
check_range (struct image *im, const struct bytes *disk, size_t len,
             uint64_t offset)
{
  char *buf = malloc (len);

  assert_non_null (buf);
  assert_int_equal (image_pread (im, buf, len, offset), 0);
  assert_memory_equal (buf, disk->data + offset, len);
  free (buf);
}

/* In pieces of STEP. */
static void
check_all (struct image *im, const struct bytes *disk, size_t step)
{
  for (uint64_t offset = 0; offset < disk->len; offset += step)
    check_range (im, disk, disk->len - offset < step ? disk->len - offset : step,
                 offset);
}

static void
check_scan (struct image *im)
{
  struct image_scan_result result;
  char error[200];

  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), 0);
  assert_non_null (strstr (result.notes, "a note\n"));
  assert_true (image_is_scanned (im));
}

/* A read fails, gives nothing, and says why. */
static void
check_refused (struct image *im, uint64_t offset)
{
  unsigned char byte = 0xa5;

  clear_report ();
  assert_int_equal (image_pread (im, &byte, 1, offset), -1);
  assert_int_equal (errno, EIO);
  assert_int_equal (byte, 0xa5);
  assert_non_null (strstr (reported, "test-image: what comes at byte "));
  assert_non_null (strstr (reported,
                           "is not the image any more that was checked"));
}

static void
every_format_is_read_and_scanned (void **state)
{
  struct bytes disk = make_content (SIZE, 1);
  struct bytes files[3] = { { .len = 0 } };

  (void) state;
  bytes_add (&files[0], disk.data, disk.len);
  add_xz_stream (&files[1], disk.data, disk.len, 700000, LZMA_CHECK_CRC64);
  add_gzip_member (&files[2], disk.data, disk.len, 1);
  for (int i = 0; i < 3; i++) {
    struct image *im = open_remote (&files[i], 64 << 20);
    unsigned char digest[DIGEST_SIZE], expected[DIGEST_SIZE];
    char stored[100];

    check_range (im, &disk, 777, SIZE - 777);
    check_range (im, &disk, 3000000, 12345);
    check_all (im, &disk, 300000);
    check_scan (im);
    check_all (im, &disk, DIGEST_CHUNK + 1);
    for (uint64_t chunk = 0; chunk < digest_chunks (SIZE); chunk++) {
      const uint64_t offset = chunk * DIGEST_CHUNK, left = SIZE - offset;

      assert_true (image_get_digest (im, chunk, digest));
      digest_of (disk.data + offset, left < DIGEST_CHUNK ? left : DIGEST_CHUNK,
                 expected);
      assert_memory_equal (digest, expected, DIGEST_SIZE);
    }
    assert_int_equal (image_pread_stored (im, stored, 100, files[i].len - 100), 0);
    assert_memory_equal (stored, files[i].data + files[i].len - 100, 100);
    assert_int_equal (image_pread (im, stored, 2, SIZE - 1), -1);
    assert_int_equal (errno, EINVAL);
    image_close (im);
    bytes_free (&files[i]);
  }
  bytes_free (&disk);
}

static void
chunks_are_fetched_once_and_ahead (void **state)
{
  struct bytes disk = make_content (SIZE, 2);
  struct image *im = open_remote (&disk, 64 << 20);

  (void) state;
  memset (server.reads, 0, sizeof server.reads);
  server.delay_ms = 20;
  check_all (im, &disk, 65536);
  check_scan (im);
  check_all (im, &disk, 65536);
  for (uint64_t chunk = 0; chunk < digest_chunks (SIZE); chunk++)
    assert_int_equal (server.reads[chunk], 1);
  assert_true (server.most_running > 1);
  image_close (im);
  bytes_free (&disk);
}

/* The scan has read OLD; then the server has NEW. */
static void
what_was_scanned_is_not_exchanged (void **state)
{
  struct bytes disk = make_content (SIZE, 3), other = { .len = 0 };

  (void) state;
  bytes_add (&other, disk.data, disk.len);
  other.data[3 * DIGEST_CHUNK + 5] ^= 1;
  struct image *im = open_remote (&disk, 1);    /* the least: 4 MiB */
  check_scan (im);
  serve (&other);
  for (int i = 0; i < 3; i++) {
    check_range (im, &disk, 2 * DIGEST_CHUNK, 0);
    check_range (im, &disk, 777, SIZE - 777);
  }
  check_refused (im, 3 * DIGEST_CHUNK + 500000);
  serve (&disk);
  check_all (im, &disk, 65536);
  image_close (im);
  bytes_free (&other);
  bytes_free (&disk);
}

static void
what_was_read_is_not_exchanged (void **state)
{
  struct bytes disk = make_content (SIZE, 4), other = make_content (SIZE, 5);
  struct image_scan_result result;
  char error[400];

  (void) state;
  struct image *im = open_remote (&disk, 1);
  check_all (im, &disk, 100000);
  serve (&other);
  for (uint64_t offset = 0; offset < SIZE - 2 * DIGEST_CHUNK; offset += DIGEST_CHUNK) {
    unsigned char byte;

    /* What is still in memory may be given out. */
    if (image_pread (im, &byte, 1, offset) == 0)
      assert_int_equal (byte, disk.data[offset]);
  }
  clear_report ();
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), -1);
  assert_non_null (strstr (error, "is not the image any more that was checked"));
  assert_false (image_is_scanned (im));
  image_close (im);
  bytes_free (&other);
  bytes_free (&disk);
}

/* Other Blocks of the same sizes, each of them good by its own Check. */
static void
compressed_images_are_not_exchanged (void **state)
{
  struct bytes disk = make_content (SIZE, 6), noise = make_content (SIZE, 6);
  struct bytes old = { .len = 0 }, new = { .len = 0 };

  (void) state;
  for (size_t i = 0; i < SIZE; i++) {
    disk.data[i] = (unsigned char) rand ();
    noise.data[i] = (unsigned char) rand ();
  }
  add_xz_stream (&old, disk.data, SIZE, 65536, LZMA_CHECK_CRC32);
  add_xz_stream (&new, noise.data, SIZE, 65536, LZMA_CHECK_CRC32);
  assert_int_equal (old.len, new.len);
  struct image *im = open_remote (&old, 1);
  check_scan (im);
  check_range (im, &disk, 777, SIZE - 777);
  serve (&new);
  bool refused = false;
  for (uint64_t offset = 0; offset < SIZE && !refused; offset += 65536) {
    unsigned char byte;

    refused = image_pread (im, &byte, 1, offset) == -1;
    if (!refused)
      assert_int_equal (byte, disk.data[offset]);
  }
  assert_true (refused);
  assert_non_null (strstr (reported, "is not the image any more"));
  image_close (im);
  bytes_free (&new);
  bytes_free (&old);
  bytes_free (&noise);
  bytes_free (&disk);
}

/* Whether there is still a read that is to fail, or one under way. */
static bool
is_busy (void)
{
  pthread_mutex_lock (&server.lock);
  const bool busy = server.fail > 0 || server.running > 0;
  pthread_mutex_unlock (&server.lock);
  return busy;
}

static void
wait_until_idle (void)
{
  while (is_busy ())
    nanosleep (&(struct timespec) { .tv_nsec = 1000000 }, NULL);
  /* Whoever has read has to note it. */
  nanosleep (&(struct timespec) { .tv_nsec = 300 * 1000000 }, NULL);
}

static void
set_failing (unsigned reads)
{
  pthread_mutex_lock (&server.lock);
  server.fail = reads;
  pthread_mutex_unlock (&server.lock);
}

static void
trouble_is_not_remembered (void **state)
{
  struct bytes disk = make_content (SIZE, 7);
  struct image *im = open_remote (&disk, 64 << 20);
  char byte;

  (void) state;
  /* All fail: what is read ahead may come first. */
  set_failing (1000);
  assert_int_equal (image_pread (im, &byte, 1, 0), -1);
  assert_non_null (strstr (reported, "the server is in trouble"));
  set_failing (0);
  wait_until_idle ();
  check_all (im, &disk, 65536);
  image_close (im);

  /* What was fetched for nobody has failed for nobody. */
  im = open_remote (&disk, 64 << 20);
  set_failing (5);
  image_prefetch (im, SIZE, 0);
  wait_until_idle ();
  check_all (im, &disk, 65536);
  image_close (im);
  bytes_free (&disk);
}

static int
count_holes (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  (void) offset;
  if (hole)
    *(uint64_t *) opaque += length;
  return 0;
}

static void
holes_come_from_the_bytes (void **state)
{
  struct bytes disk = make_content (DIGEST_CHUNK, 8);
  uint64_t holes = 0, before;

  (void) state;
  bytes_add_zeroes (&disk, 3 * DIGEST_CHUNK);
  memset (disk.data, 'x', DIGEST_CHUNK);
  struct image *im = open_remote (&disk, 64 << 20);
  do {
    before = holes;
    assert_int_equal (image_extents (im, DIGEST_CHUNK + before,
                                     3 * DIGEST_CHUNK - before, count_holes,
                                     &holes), 0);
  } while (holes > before && holes < 3 * DIGEST_CHUNK);
  assert_int_equal (holes, 3 * DIGEST_CHUNK);
  check_all (im, &disk, 100000);
  image_close (im);
  bytes_free (&disk);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_format_is_read_and_scanned),
    cmocka_unit_test (chunks_are_fetched_once_and_ahead),
    cmocka_unit_test (what_was_scanned_is_not_exchanged),
    cmocka_unit_test (what_was_read_is_not_exchanged),
    cmocka_unit_test (compressed_images_are_not_exchanged),
    cmocka_unit_test (trouble_is_not_remembered),
    cmocka_unit_test (holes_come_from_the_bytes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
