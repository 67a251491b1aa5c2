/* SPDX-License-Identifier: MIT */
/* .gz images: members, access points, the size before the end, and what is
 * remembered.  Built once with each inflater. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zlib.h>

#include "block-cache.h"
#include "image-ops.h"
#include "image-statistics.h"
#include "image-support.h"
#include "inflater.h"

#define LEN (24 * 1024 * 1024)
#define GRANULE (64 * 1024)

static struct bytes content;    /* with a partition table that names LEN */
static struct bytes whole;      /* .gz of it */

static void
put_table (unsigned char *disk, uint32_t sectors)
{
  memset (disk + 446, 0, 64);
  disk[446 + 4] = 0x83;
  disk[446 + 8] = 8;
  for (int i = 0; i < 4; i++)
    disk[446 + 12 + i] = (unsigned char) ((sectors - 8) >> 8 * i);
  disk[510] = 0x55;
  disk[511] = 0xaa;
}

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 7);
  memset (content.data + 9000000, 0, 4000000);
  put_table (content.data, LEN / 512);
  add_gzip_member (&whole, content.data, LEN, 1);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  bytes_free (&whole);
  return 0;
}

/* As zcat would have it: LEN bytes of DATA and no more. */
static void
check_all (struct image *im, const unsigned char *data, size_t len)
{
  unsigned char *buf = malloc (len + 1);
  uint64_t size;
  unsigned seed = 1;

  if (image_disk_size (im, &size) == -1)
    fail_msg ("%s", reported);
  assert_int_equal (size, len);
  if (image_pread (im, buf, len, 0) == -1)
    fail_msg ("%s", reported);
  assert_memory_equal (buf, data, len);
  for (int i = 0; i < 30 && len > 0; i++) {
    size_t offset = (size_t) rand_r (&seed) % len;
    size_t n = len - offset < 70000 ? len - offset : 70000;

    assert_int_equal (image_pread (im, buf, n, offset), 0);
    assert_memory_equal (buf, data + offset, n);
  }
  free (buf);
}

static void
check_file (const struct bytes *file, const unsigned char *data, size_t len)
{
  static const struct image_options tiny = { .memory_limit = 1, .threads = 1 };
  struct image *im = open_bytes (file, NULL);

  assert_non_null (im);
  check_all (im, data, len);
  image_close (im);
  im = open_bytes (file, &tiny);
  check_all (im, data, len);
  image_close (im);
}

/* -- Members ------------------------------------------------------------------ */

/* A member with the given flags and fields behind the fixed part of its header. */
static void
add_member_with (struct bytes *b, unsigned flags, const void *fields, size_t len)
{
  struct bytes plain = { NULL, 0 };
  size_t start = b->len;

  add_gzip_member (&plain, content.data, 5000, 6);
  plain.data[3] = (unsigned char) flags;
  bytes_add (b, plain.data, 10);
  bytes_add (b, fields, len);
  if (flags & 2) {
    uLong crc = crc32 (crc32 (0, NULL, 0), b->data + start, (uInt) (b->len - start));
    const unsigned char two[2] = { crc & 0xff, crc >> 8 & 0xff };

    bytes_add (b, two, 2);
  }
  bytes_add (b, plain.data + 10, plain.len - 10);
  bytes_free (&plain);
}

static void
check_refused (const struct bytes *file, const char *text)
{
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  char error[512];

  assert_non_null (im);
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), -1);
  assert_int_equal (errno, EBADMSG);
  if (!strstr (error, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", error, text);
  image_close (im);
}

static void
headers (void **state)
{
  struct bytes all = { NULL, 0 }, one = { NULL, 0 }, data = { NULL, 0 };
  char extra[302] = { 44, 1 };
  char name[200000];

  (void) state;
  memset (name, 'n', sizeof name);
  name[sizeof name - 1] = '\0';
  add_member_with (&all, 0, NULL, 0);
  add_member_with (&all, 1, NULL, 0);                   /* FTEXT */
  add_member_with (&all, 4, extra, 302);                /* FEXTRA */
  add_member_with (&all, 8, name, sizeof name);         /* FNAME */
  add_member_with (&all, 16, "a comment", 10);          /* FCOMMENT */
  add_member_with (&all, 2, NULL, 0);                   /* FHCRC */
  add_member_with (&all, 2 + 4 + 8 + 16, "\3\0abcname\0comment", 18);
  for (int i = 0; i < 7; i++)
    bytes_add (&data, content.data, 5000);
  check_file (&all, data.data, data.len);

  add_member_with (&one, 2 + 4 + 8 + 16, "\3\0abcname\0comment", 18);
  one.data[15] ^= 1;
  check_refused (&one, "member 1 (which begins at byte 0), near byte 30: the CRC of "
                 "its header is wrong");
  one.data[15] ^= 1;
  for (size_t len = 4; len < 40; len++) {
    struct bytes cut = { one.data, len };

    check_refused (&cut, "truncated: the file ends at byte ");
  }
  one.data[3] |= 0x40;
  check_refused (&one, "reserved flags");
  bytes_free (&all);
  bytes_free (&one);
  bytes_free (&data);
}

static void
all_kinds_of_files (void **state)
{
  struct bytes file = { NULL, 0 };
  unsigned char *zeroes = calloc (1, LEN);

  (void) state;
  check_file (&whole, content.data, LEN);
  for (int level = 0; level <= 9; level += 3) {
    file.len = 0;
    add_gzip_member (&file, content.data, 3000000, level);
    check_file (&file, content.data, 3000000);
  }
  file.len = 0;
  add_gzip_member (&file, zeroes, LEN, 9);
  check_file (&file, zeroes, LEN);
  file.len = 0;
  add_gzip_member (&file, NULL, 0, 6);
  check_file (&file, NULL, 0);
  for (size_t done = 0; done < 2000000; done += 40000) {
    add_gzip_member (&file, content.data + done, 40000, 6);
    add_gzip_member (&file, NULL, 0, 6);
  }
  check_file (&file, content.data, 2000000);
  bytes_free (&file);
  free (zeroes);
}

static void
a_hundred_thousand_members (void **state)
{
  struct bytes file = { NULL, 0 }, one = { NULL, 0 };
  struct image_statistics statistics;
  const size_t piece = 200, nr = 100000;
  unsigned char *data = malloc (piece * nr);

  (void) state;
  add_gzip_member (&one, content.data + 100000, piece, 6);
  for (size_t i = 0; i < nr; i++) {
    bytes_add (&file, one.data, one.len);
    memcpy (data + i * piece, content.data + 100000, piece);
  }
  struct image *im = open_bytes (&file, NULL);
  check_all (im, data, piece * nr);
  image_get_statistics (im, &statistics);
  /* The decoded bytes, and next to nothing else. */
  assert_true (statistics.memory < 3 * piece * nr);
  image_close (im);
  bytes_free (&file);
  bytes_free (&one);
  free (data);
}

/* -- The size before the end -------------------------------------------------- */

static void
size_is_announced_early (void **state)
{
  struct image *im = open_bytes (&whole, NULL);
  struct image_scan_result result;
  unsigned char *buf = malloc (GRANULE);
  char error[512];
  uint64_t size;

  (void) state;
  assert_int_equal (image_disk_size (im, &size), 0);
  assert_int_equal (size, LEN);
  assert_false (image_peek_disk_size (im, &size));
  assert_int_equal (image_pread (im, buf, GRANULE, 0), 0);
  /* The pass runs ahead of a reader, but not from here to the end. */
  assert_int_equal (image_pread (im, buf, GRANULE, LEN / 2), 0);
  assert_false (image_peek_disk_size (im, &size));
  /* With the last granule everything is proven. */
  assert_int_equal (image_pread (im, buf, 10, LEN - GRANULE), 0);
  assert_memory_equal (buf, content.data + LEN - GRANULE, 10);
  assert_true (image_peek_disk_size (im, &size));
  assert_int_equal (size, LEN);
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), 0);
  assert_int_equal (image_pread (im, buf, 1, LEN), -1);
  assert_int_equal (errno, EINVAL);
  image_close (im);
  free (buf);
}

static int
count_extents (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  (void) hole;
  *(uint64_t *) opaque = offset + length;
  return 0;
}

static void
extents_withhold_the_end (void **state)
{
  struct image *im = open_bytes (&whole, NULL);
  uint64_t size, end = 0;

  (void) state;
  assert_int_equal (image_disk_size (im, &size), 0);
  while (end < LEN - GRANULE)
    assert_int_equal (image_extents (im, end, LEN - GRANULE - end, count_extents,
                                     &end), 0);
  assert_int_equal (end, LEN - GRANULE);
  assert_false (image_peek_disk_size (im, &size));
  assert_int_equal (image_extents (im, end, GRANULE, count_extents, &end), 0);
  assert_int_equal (end, LEN);
  assert_true (image_peek_disk_size (im, &size));
  image_close (im);
}

/* Two members, of which the last one's length agrees with the table. */
static void
make_lying_file (struct bytes *file)
{
  put_table (content.data, LEN / 4 / 512);
  add_gzip_member (file, content.data, LEN / 2, 1);
  add_gzip_member (file, content.data, LEN / 4, 1);
}

static void
wrong_announcement_is_found (void **state)
{
  struct bytes file = { NULL, 0 };
  struct image_scan_result result;
  char error[512];
  unsigned char buf[512];
  uint64_t size, end;

  (void) state;
  make_lying_file (&file);
  for (int way = 0; way < 3; way++) {
    struct image *im = open_bytes (&file, NULL);

    assert_int_equal (image_disk_size (im, &size), 0);
    assert_int_equal (size, LEN / 4);
    assert_int_equal (image_pread (im, buf, sizeof buf, 4096), 0);
    if (way == 0) {
      assert_int_equal (image_pread (im, buf, sizeof buf, LEN / 4 - 512), -1);
      assert_int_equal (errno, EIO);
      assert_non_null (strstr (reported, "announced as 6291456 bytes"));
      assert_non_null (strstr (reported, "have 18874368 bytes: connect again"));
    }
    else if (way == 1) {
      assert_int_equal (image_extents (im, LEN / 4 - 512, 512, count_extents, &end),
                        -1);
      assert_int_equal (errno, EIO);
    }
    /* The file itself is intact. */
    assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), 0);
    assert_int_equal (result.disk_size, LEN * 3 / 4);
    assert_int_equal (image_pread (im, buf, sizeof buf, 4096), -1);
    assert_int_equal (errno, EIO);
    /* Whoever asks anew hears the truth and is served. */
    assert_int_equal (image_disk_size (im, &size), 0);
    assert_int_equal (size, LEN * 3 / 4);
    assert_int_equal (image_pread (im, buf, sizeof buf, size - 512), 0);
    assert_memory_equal (buf, content.data + LEN / 4 - 512, 512);
    image_close (im);
  }
  bytes_free (&file);
  put_table (content.data, LEN / 512);
}

static void
no_announcement_without_witnesses (void **state)
{
  struct bytes file = { NULL, 0 };
  struct image_options options = { .size_hint = 0 };
  uint64_t size;

  (void) state;
  put_table (content.data, LEN / 512 + 1);
  add_gzip_member (&file, content.data, LEN, 1);
  for (int i = 0; i < 3; i++) {
    const uint64_t hints[] = { 0, LEN + 512, LEN };
    struct image *im;

    options.size_hint = hints[i];
    im = open_bytes (&file, &options);
    assert_int_equal (image_disk_size (im, &size), 0);
    assert_int_equal (size, LEN);
    assert_int_equal (image_peek_disk_size (im, &size), i < 2);
    image_close (im);
  }
  bytes_free (&file);
  put_table (content.data, LEN / 512);
}

/* -- Remembered ------------------------------------------------------------------ */

static struct scan_writer
save (const struct bytes *file)
{
  struct scan_writer w = { NULL, 0, 0, false };
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  char error[512];

  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), 0);
  im->ops->save (im, &w);
  assert_false (w.failed);
  image_close (im);
  return w;
}

static void
what_is_saved_is_loaded (void **state)
{
  struct bytes file = { NULL, 0 };
  struct image_scan_result first, second;
  char error[512];
  uint64_t size;

  (void) state;
  bytes_add (&file, whole.data, whole.len);
  bytes_add (&file, "metadata", 8);
  struct image *im = open_bytes (&file, NULL);
  assert_int_equal (image_scan (im, NULL, NULL, &first, error, sizeof error), 0);
  image_close (im);

  for (int i = 0; i < 2; i++) {
    const struct image_options little = { .memory_limit = 8 << 20 };
    struct scan_writer w = save (&file);
    struct scan_reader r = { w.data, w.len, false };

    /* With little memory the points are thinned out. */
    im = open_bytes (&file, i == 0 ? NULL : &little);
    assert_true (im->ops->load (im, &r, LEN));
    assert_true (image_peek_disk_size (im, &size));
    assert_int_equal (size, LEN);
    check_all (im, content.data, LEN);
    assert_int_equal (image_scan (im, NULL, NULL, &second, error, sizeof error), 0);
    assert_memory_equal (&first, &second, sizeof first);
    assert_non_null (strstr (second.notes, "8 bytes after the last gzip member"));
    image_close (im);
    free (w.data);
  }
  bytes_free (&file);
}

/* Nothing that is made up is taken, and the image works without it. */
static void
nonsense_is_not_loaded (void **state)
{
  struct scan_writer w = save (&whole);
  unsigned seed = 5;
  uint64_t size;

  (void) state;
  for (int i = 0; i < 200; i++) {
    struct image *im = open_bytes (&whole, NULL);
    struct scan_reader r = { w.data, w.len, false };
    unsigned char *copy = NULL;
    bool loaded;

    if (i < 100)
      r.len = (size_t) rand_r (&seed) % w.len;          /* cut off */
    else {
      /* The number of points, or the first ones' fields. */
      size_t at = DIGEST_SIZE + (size_t) rand_r (&seed) % 64;

      copy = malloc (w.len);
      memcpy (copy, w.data, w.len);
      copy[at] ^= (unsigned char) (0x80 >> rand_r (&seed) % 8);
      r.data = copy;
    }
    loaded = im->ops->load (im, &r, LEN);
    if (i < 100)
      assert_false (loaded);
    assert_int_equal (image_peek_disk_size (im, &size), loaded);
    if (i % 50 == 0 && !loaded)
      check_all (im, content.data, LEN);
    image_close (im);
    free (copy);
  }
  /* The first point, which has no window: its bits, its window's size, flags. */
  const size_t packed = DIGEST_SIZE + 8 + 8 + 8 + 8;
  for (int i = 0; i < 4; i++) {
    static const struct { size_t at; unsigned char value; } fields[] = {
      { 2, 8 }, { 0, 1 }, { 5, 1 }, { 3, 1 }
    };
    struct image *im = open_bytes (&whole, NULL);
    struct scan_reader r = { w.data, w.len, false };

    assert_int_equal (w.data[packed + fields[i].at], 0);
    w.data[packed + fields[i].at] = fields[i].value;
    assert_false (im->ops->load (im, &r, LEN));
    w.data[packed + fields[i].at] = 0;
    image_close (im);
  }
  for (uint64_t wrong = 0; wrong < LEN; wrong += LEN / 3) {
    struct image *im = open_bytes (&whole, NULL);
    struct scan_reader r = { w.data, w.len, false };

    /* Points lie beyond this disk view. */
    assert_false (im->ops->load (im, &r, wrong));
    image_close (im);
  }
  free (w.data);
}

static void
random_reads_inflate_little (void **state)
{
  struct scan_writer w = save (&whole);
  struct scan_reader r = { w.data, w.len, false };
  struct image *im = open_bytes (&whole, NULL);
  struct image_statistics statistics;
  unsigned char buf[4096];

  (void) state;
  assert_true (im->ops->load (im, &r, LEN));
  for (int i = 0; i < 5; i++)
    assert_int_equal (image_pread (im, buf, sizeof buf,
                                   (uint64_t) (4 - i) * 4000000), 0);
  image_get_statistics (im, &statistics);
  assert_true (statistics.decoded <= 10);
  assert_true (statistics.memory < 20 << 20);
  image_close (im);
  free (w.data);
}

/* An empty member at the end may have a point, but there is no span behind it. */
static void
a_point_at_the_end (void **state)
{
  const size_t len = 1500000, piece = 100000;
  const struct image_options little = { .memory_limit = 8 << 20, .threads = 2 };
  struct bytes file = { NULL, 0 }, data = { NULL, 0 };
  unsigned char *buf = malloc (piece);

  (void) state;
  while (data.len < len)
    bytes_add (&data, "the same again and again", 24);
  add_gzip_member (&file, data.data, 3 * piece, 9);
  add_gzip_member (&file, data.data, len, 9);
  add_gzip_member (&file, NULL, 0, 9);
  struct scan_writer w = save (&file);
  for (int i = 0; i < 20; i++) {
    struct image *im = open_bytes (&file, &little);
    struct scan_reader r = { w.data, w.len, false };

    assert_true (im->ops->load (im, &r, 3 * piece + len));
    for (size_t offset = 0; offset < 3 * piece + len; offset += piece) {
      assert_int_equal (image_pread (im, buf, piece, offset), 0);
      if (offset < 3 * piece)
        assert_memory_equal (buf, data.data + offset, piece);
      else
        assert_memory_equal (buf, data.data + offset - 3 * piece, piece);
    }
    image_close (im);
  }
  free (w.data);
  free (buf);
  bytes_free (&file);
  bytes_free (&data);
}

static uint64_t
memory_in_use (struct image *im)
{
  struct image_statistics statistics;

  image_get_statistics (im, &statistics);
  return statistics.memory;
}

/* Access points and the state of the pass count among what is in the cache. */
static void
memory_is_charged (void **state)
{
  const struct image_options sizes = { .memory_limit = 64 << 20, .threads = 2 };
  struct image_options shared = { .cache = image_cache_new (&sizes) };
  struct scan_writer w = save (&whole);
  struct scan_reader r = { w.data, w.len, false };
  struct image_scan_result result;
  char error[512];

  (void) state;
  assert_non_null (shared.cache);
  struct image *other = open_bytes (&whole, &shared);
  const uint64_t before = memory_in_use (other);
  assert_true (before > 0);
  struct image *im = open_bytes (&whole, &shared);
  assert_int_equal (memory_in_use (other), 2 * before);
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), 0);
  /* Windows fill most of what is saved. */
  const uint64_t points = memory_in_use (other) - 2 * before;
  assert_true (points > w.len - w.len / 8 && points < w.len + w.len / 8);
  image_close (im);
  assert_int_equal (memory_in_use (other), before);
  /* Loaded, without a pass. */
  im = open_bytes (&whole, &shared);
  assert_true (im->ops->load (im, &r, LEN));
  assert_int_equal (memory_in_use (other), before + points);
  image_close (im);
  assert_int_equal (memory_in_use (other), before);
  image_close (other);
  block_cache_free (shared.cache);
  free (w.data);
}

static void
prefetch_inflates_once (void **state)
{
  const struct timespec tick = { .tv_nsec = 5 * 1000 * 1000 };
  struct scan_writer w = save (&whole);
  struct scan_reader r = { w.data, w.len, false };
  struct image *im = open_bytes (&whole, NULL);
  struct image_statistics statistics;
  unsigned char buf[4096];

  (void) state;
  /* Nothing, and no thread: the first pass will come by. */
  image_prefetch (im, LEN, 0);
  image_get_statistics (im, &statistics);
  assert_int_equal (statistics.decoded, 0);
  assert_true (im->ops->load (im, &r, LEN));
  image_prefetch (im, 1000, LEN - 500);         /* goes beyond the end */
  image_prefetch (im, 6000000, 4000000);
  for (int i = 0; i < 2000 && statistics.decoded == 0; i++) {
    nanosleep (&tick, NULL);
    image_get_statistics (im, &statistics);
  }
  assert_true (statistics.decoded > 0);
  assert_int_equal (image_pread (im, buf, sizeof buf, 4000000), 0);
  assert_memory_equal (buf, content.data + 4000000, sizeof buf);
  /* Each span is a Block of its own to the statistics. */
  for (uint64_t offset = 0; offset < LEN - sizeof buf; offset += 1000000)
    assert_int_equal (image_pread (im, buf, sizeof buf, offset), 0);
  image_get_statistics (im, &statistics);
  assert_true (statistics.decoded > 1);
  assert_int_equal (statistics.again, 0);
  image_close (im);
  free (w.data);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (headers),
    cmocka_unit_test (all_kinds_of_files),
    cmocka_unit_test (a_hundred_thousand_members),
    cmocka_unit_test (size_is_announced_early),
    cmocka_unit_test (extents_withhold_the_end),
    cmocka_unit_test (wrong_announcement_is_found),
    cmocka_unit_test (no_announcement_without_witnesses),
    cmocka_unit_test (what_is_saved_is_loaded),
    cmocka_unit_test (nonsense_is_not_loaded),
    cmocka_unit_test (random_reads_inflate_little),
    cmocka_unit_test (a_point_at_the_end),
    cmocka_unit_test (memory_is_charged),
    cmocka_unit_test (prefetch_inflates_once),
  };

  print_message ("inflater: %s\n", inflater_name ());
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
