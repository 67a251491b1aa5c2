/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image-statistics.h"
#include "image-support.h"

#define LEN (20 * 1024 * 1024 + 54321)
#define BLOCK (3 * 1024 * 1024)

static struct bytes content;

/* The files, made once: each holds CONTENT. */
enum file { RAW, XZ_BLOCKS, XZ_ODD_BLOCKS, XZ_ONE, XZ_STREAMS, GZ_ONE, GZ_MANY,
            NR_FILES };
static struct bytes files[NR_FILES];

/* What each file is opened with. */
static const struct image_options variants[] = {
  { .memory_limit = 0 },
  { .memory_limit = 0, .spool_dir = "." },
  { .memory_limit = 1 << 20, .threads = 1 },
  { .memory_limit = 2 << 20, .threads = 3, .spool_dir = "." },
};
#define NR_VARIANTS (sizeof variants / sizeof variants[0])

static int
set_up (void **state)
{
  const size_t half = 7 * 1024 * 1024 + 3;

  (void) state;
  content = make_content (LEN, 42);
  /* A hole larger than a deflate window, a span, and a Block. */
  memset (content.data + 5 * 1024 * 1024, 0, 5 * 1024 * 1024);
  bytes_add (&files[RAW], content.data, LEN);
  add_xz_stream (&files[XZ_BLOCKS], content.data, LEN, BLOCK, LZMA_CHECK_CRC64);
  add_xz_stream (&files[XZ_ODD_BLOCKS], content.data, LEN, 99991,
                 LZMA_CHECK_SHA256);
  add_xz_stream (&files[XZ_ONE], content.data, LEN, 0, LZMA_CHECK_CRC32);
  add_xz_stream (&files[XZ_STREAMS], content.data, half, 0, LZMA_CHECK_NONE);
  bytes_add_zeroes (&files[XZ_STREAMS], 12);
  add_xz_stream (&files[XZ_STREAMS], content.data + half, LEN - half, BLOCK,
                 LZMA_CHECK_CRC32);
  add_gzip_member (&files[GZ_ONE], content.data, LEN, 1);
  add_gzip_member (&files[GZ_MANY], content.data, 0, 1);
  for (size_t done = 0; done < LEN; done += half) {
    size_t n = LEN - done < half ? LEN - done : half;

    add_gzip_member (&files[GZ_MANY], content.data + done, n, 6);
    add_gzip_member (&files[GZ_MANY], content.data, 0, 6);
  }
  bytes_add (&files[GZ_MANY], "{ \"metadata\": 1 }", 17);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  for (int i = 0; i < NR_FILES; i++)
    bytes_free (&files[i]);
  return 0;
}

static struct image *
open_file (int file, size_t variant)
{
  struct image *im = open_bytes (&files[file], &variants[variant]);

  if (!im)
    fail_msg ("file %d: %s", file, reported);
  return im;
}

static void
check_read (struct image *im, size_t len, uint64_t offset)
{
  unsigned char *buf = malloc (len + 1);

  buf[len] = 0xaa;
  if (image_pread (im, buf, len, offset) == -1)
    fail_msg ("%zu bytes at %llu: %s", len, (unsigned long long) offset, reported);
  if (memcmp (buf, content.data + offset, len) != 0)
    fail_msg ("%zu bytes at %llu differ", len, (unsigned long long) offset);
  assert_int_equal (buf[len], 0xaa);
  free (buf);
}

static void
formats_are_told_by_magic (void **state)
{
  (void) state;
  for (int file = 0; file < NR_FILES; file++) {
    struct image *im = open_file (file, 0);
    enum image_format expected = file == RAW ? IMAGE_RAW
                                 : file >= GZ_ONE ? IMAGE_GZIP : IMAGE_XZ;
    uint64_t size;

    assert_int_equal (image_get_format (im), expected);
    assert_int_equal (image_stored_size (im), files[file].len);
    assert_int_equal (image_disk_size (im, &size), 0);
    assert_int_equal (size, LEN);
    image_close (im);
  }
}

static void
reads_forward (void **state)
{
  (void) state;
  for (int file = 0; file < NR_FILES; file++)
    for (size_t v = 0; v < NR_VARIANTS; v++) {
      struct image *im = open_file (file, v);
      const size_t step = 777777;

      for (uint64_t offset = 0; offset < LEN; offset += step)
        check_read (im, LEN - offset < step ? LEN - offset : step, offset);
      image_close (im);
    }
}

static void
reads_at_random (void **state)
{
  unsigned seed = 11;

  (void) state;
  for (int file = 0; file < NR_FILES; file++)
    for (size_t v = 0; v < NR_VARIANTS; v++) {
      struct image *im = open_file (file, v);
      uint64_t size;

      if (v % 2)
        assert_int_equal (image_disk_size (im, &size), 0);
      for (int i = 0; i < 6; i++) {
        size_t len = (size_t) (rand_r (&seed) % 300000);
        uint64_t offset = (uint64_t) rand_r (&seed) % (LEN - len);

        check_read (im, len, offset);
      }
      check_read (im, 1, LEN - 1);
      check_read (im, 0, LEN);
      image_close (im);
    }
}

static void
beyond_the_end_is_einval (void **state)
{
  char buf[100];

  (void) state;
  for (int file = 0; file < NR_FILES; file++) {
    struct image *im = open_file (file, 0);

    assert_int_equal (image_pread (im, buf, 2, LEN - 1), -1);
    assert_int_equal (errno, EINVAL);
    assert_int_equal (image_pread (im, buf, 1, LEN), -1);
    assert_int_equal (errno, EINVAL);
    assert_int_equal (image_pread (im, buf, 1, UINT64_MAX), -1);
    assert_int_equal (errno, EINVAL);
    assert_int_equal (image_pread_stored (im, buf, 1, files[file].len), -1);
    assert_int_equal (errno, EINVAL);
    image_close (im);
  }
}

struct walk
{
  uint64_t next;
  uint64_t holes;
};

static int
check_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct walk *walk = opaque;

  assert_int_equal (offset, walk->next);
  assert_true (length > 0);
  walk->next += length;
  if (hole)
    for (uint64_t i = offset; i < offset + length; i++)
      if (content.data[i] != 0)
        fail_msg ("no zero at %llu, in a hole", (unsigned long long) i);
  if (hole)
    walk->holes += length;
  return 0;
}

static void
extents_are_true (void **state)
{
  (void) state;
  for (int file = RAW + 1; file < NR_FILES; file++)
    for (size_t v = 0; v < NR_VARIANTS; v++) {
      struct image *im = open_file (file, v);
      struct walk walk = { 0, 0 };
      const uint64_t window = 2500000;

      /* Window by window, each followed by its data. */
      for (uint64_t offset = 0; offset < LEN; offset += window) {
        uint64_t n = LEN - offset < window ? LEN - offset : window;

        walk.next = offset;
        while (walk.next < offset + n) {
          uint64_t before = walk.next;

          if (image_extents (im, before, offset + n - before, check_extent,
                             &walk) != 0)
            fail_msg ("extents: %s", reported);
          assert_true (walk.next > before);
        }
        assert_int_equal (walk.next, offset + n);
        check_read (im, n, offset);
      }
      /* The large hole at least, except for its edges. */
      if (walk.holes < 4 << 20 && file != XZ_ODD_BLOCKS)
        fail_msg ("file %d: only %llu bytes of holes", file,
                  (unsigned long long) walk.holes);
      image_close (im);
    }
}

static int
stop_at_once (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  (void) offset;
  (void) length;
  (void) hole;
  ++*(int *) opaque;
  return 7;
}

static void
extents_stop_when_told (void **state)
{
  (void) state;
  for (int file = 0; file < NR_FILES; file++) {
    struct image *im = open_file (file, 0);
    int calls = 0;

    assert_int_equal (image_extents (im, 0, LEN, stop_at_once, &calls), 7);
    assert_int_equal (calls, 1);
    image_close (im);
  }
}

static int
ignore_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  (void) opaque;
  (void) offset;
  (void) length;
  (void) hole;
  return 0;
}

static void
extents_then_data_decodes_once (void **state)
{
  struct image *im = open_file (XZ_BLOCKS, 0);
  struct image_statistics statistics;

  (void) state;
  for (uint64_t offset = 0; offset < LEN; offset += BLOCK) {
    uint64_t n = LEN - offset < BLOCK ? LEN - offset : BLOCK;

    assert_int_equal (image_extents (im, offset, n, ignore_extent, NULL), 0);
    check_read (im, n, offset);
  }
  image_get_statistics (im, &statistics);
  assert_int_equal (statistics.decoded, (LEN + BLOCK - 1) / BLOCK);
  image_close (im);
}

static void
raw_holes_come_from_the_file (void **state)
{
  struct bytes small = { NULL, 0 };
  struct walk walk = { 0, 0 };
  int fd;

  (void) state;
  bytes_add (&small, content.data, 65536);
  fd = make_file (&small);
  assert_int_equal (ftruncate (fd, 4 << 20), 0);
  struct image *im = image_open (fd, "sparse", NULL);
  assert_non_null (im);
  /* The data of the hole are not those of CONTENT. */
  unsigned char saved = content.data[65536];
  unsigned char *rest = malloc (4 << 20);
  memcpy (rest, content.data, 4 << 20);
  memset (content.data + 65536, 0, (4 << 20) - 65536);
  assert_int_equal (image_extents (im, 0, 4 << 20, check_extent, &walk), 0);
  memcpy (content.data, rest, 4 << 20);
  assert_int_equal (content.data[65536], saved);
  assert_int_equal (walk.next, 4 << 20);
  if (walk.holes == 0)
    print_message ("this file system makes no holes\n");
  free (rest);
  image_close (im);
  bytes_free (&small);
}

static void
a_changed_file_is_eio (void **state)
{
  char buf[1000];

  (void) state;
  for (int file = 0; file < NR_FILES; file++) {
    clear_report ();
    int fd = make_file (&files[file]);
    int other = dup (fd);
    struct image *im = image_open (fd, "test-image", NULL);

    assert_non_null (im);
    assert_int_equal (image_pread (im, buf, sizeof buf, 0), 0);
    assert_int_equal (pwrite (other, "x", 1, 100), 1);
    assert_int_equal (ftruncate (other, (off_t) files[file].len + 1), 0);
    assert_int_equal (image_pread (im, buf, sizeof buf, 0), -1);
    assert_int_equal (errno, EIO);
    assert_non_null (strstr (reported, "changed while it was open"));
    assert_int_equal (image_pread_stored (im, buf, sizeof buf, 0), -1);
    assert_int_equal (errno, EIO);
    image_close (im);
    close (other);
  }
}

static void
not_an_image (void **state)
{
  struct bytes empty = { NULL, 0 };

  (void) state;
  assert_null (open_bytes (&empty, NULL));
  assert_non_null (strstr (reported, "empty"));
  assert_null (image_open (open (".", O_RDONLY), "folder", NULL));
  assert_non_null (strstr (reported, "neither a regular file"));
}

struct job
{
  struct image *im;
  uint64_t start;
  bool failed;
};

static void *
read_along (void *opaque)
{
  struct job *job = opaque;
  unsigned char *buf = malloc (250000);

  for (uint64_t i = 0; i < 25 && !job->failed; i++) {
    uint64_t offset = (job->start + i * 250000) % (LEN - 250000);

    job->failed = image_pread (job->im, buf, 250000, offset) == -1
                  || memcmp (buf, content.data + offset, 250000) != 0;
  }
  free (buf);
  return NULL;
}

static void
several_readers (void **state)
{
  (void) state;
  for (int file = 0; file < NR_FILES; file++)
    for (size_t v = 0; v < 2; v++) {
      struct image *im = open_file (file, v);
      pthread_t threads[4];
      struct job jobs[4];

      for (unsigned i = 0; i < 4; i++) {
        jobs[i] = (struct job) { im, i * 5000001, false };
        assert_int_equal (pthread_create (&threads[i], NULL, read_along, &jobs[i]),
                          0);
      }
      for (unsigned i = 0; i < 4; i++)
        pthread_join (threads[i], NULL);
      for (unsigned i = 0; i < 4; i++)
        if (jobs[i].failed)
          fail_msg ("file %d: %s", file, reported);
      image_close (im);
    }
}

/* The data before the damage are served, those after it are not. */
static void
damage_is_an_error_to_readers (void **state)
{
  static char buf[65536];

  (void) state;
  for (int file = RAW + 1; file < NR_FILES; file++) {
    struct bytes bad = { NULL, 0 };

    bytes_add (&bad, files[file].data, files[file].len);
    bad.data[bad.len / 2] ^= 0x10;
    struct image *im = open_bytes (&bad, NULL);
    assert_non_null (im);
    assert_int_equal (image_pread (im, buf, sizeof buf, 0), 0);
    /* All of it: a wrong Check is only heard of at a Block's last byte. */
    for (uint64_t offset = 0; offset < LEN; offset += sizeof buf)
      if (image_pread (im, buf, LEN - offset < sizeof buf ? LEN - offset
                                                         : sizeof buf,
                       offset) == -1)
        break;
    if (reported[0] == '\0')
      fail_msg ("file %d: the flipped bit was not found", file);
    assert_int_equal (errno, EIO);
    image_close (im);
    bytes_free (&bad);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (formats_are_told_by_magic),
    cmocka_unit_test (reads_forward),
    cmocka_unit_test (reads_at_random),
    cmocka_unit_test (beyond_the_end_is_einval),
    cmocka_unit_test (extents_are_true),
    cmocka_unit_test (extents_stop_when_told),
    cmocka_unit_test (extents_then_data_decodes_once),
    cmocka_unit_test (raw_holes_come_from_the_file),
    cmocka_unit_test (a_changed_file_is_eio),
    cmocka_unit_test (not_an_image),
    cmocka_unit_test (several_readers),
    cmocka_unit_test (damage_is_an_error_to_readers),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
