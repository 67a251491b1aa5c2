/* SPDX-License-Identifier: MIT */
/* .xz files with Blocks of uncommon kinds: odd sizes, very many, other filters. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "image-scan.h"
#include "image-statistics.h"
#include "image-support.h"

static void
scan_intact (struct image *im)
{
  struct image_scan_result result;
  char error[512];

  if (image_scan (im, NULL, NULL, &result, error, sizeof error) != 0)
    fail_msg ("%s", error);
}

static void
check_read (struct image *im, const struct bytes *content, size_t len,
            uint64_t offset)
{
  unsigned char *buf = malloc (len);

  if (image_pread (im, buf, len, offset) == -1)
    fail_msg ("%s", reported);
  assert_memory_equal (buf, content->data + offset, len);
  free (buf);
}

static void
check_digests (struct image *im, const struct bytes *content)
{
  for (uint64_t offset = 0; offset < content->len; offset += DIGEST_CHUNK) {
    size_t left = content->len - offset;
    unsigned char found[DIGEST_SIZE], digest[DIGEST_SIZE];

    if (!image_get_digest (im, offset / DIGEST_CHUNK, found))
      fail_msg ("the digest at %llu is not known", (unsigned long long) offset);
    digest_of (content->data + offset, left < DIGEST_CHUNK ? left : DIGEST_CHUNK,
               digest);
    assert_memory_equal (found, digest, DIGEST_SIZE);
  }
}

struct hole_walk
{
  const struct bytes *content;
  uint64_t next;
};

static bool
is_hole (const struct bytes *content, uint64_t granule)
{
  uint64_t end = granule + 65536 < content->len ? granule + 65536 : content->len;

  for (uint64_t i = granule; i < end; i++)
    if (content->data[i] != 0)
      return false;
  return true;
}

static int
compare_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct hole_walk *walk = opaque;

  assert_int_equal (offset, walk->next);
  walk->next += length;
  for (uint64_t granule = offset / 65536 * 65536; granule < offset + length;
       granule += 65536)
    if (is_hole (walk->content, granule) != hole)
      fail_msg ("granule %llu is%s told as a hole", (unsigned long long) granule,
                hole ? "" : " not");
  return 0;
}

/* Exact to the granule, wherever Blocks meet. */
static void
check_holes (struct image *im, const struct bytes *content)
{
  struct hole_walk walk = { content, 0 };

  assert_int_equal (image_extents (im, 0, content->len, compare_extent, &walk), 0);
  assert_int_equal (walk.next, content->len);
}

static const size_t odd_sizes[] = { 777777, 99991, 1500001, 12345 };
#define NR_ODD (sizeof odd_sizes / sizeof odd_sizes[0])

static struct bytes
make_holey_content (void)
{
  struct bytes content = make_content (9 * 1024 * 1024 + 4321, 12);

  memset (content.data + 2000000, 0, 3000000);
  memset (content.data + content.len - 100000, 0, 100000);
  return content;
}

static void
a_scan_learns_all_of_odd_blocks (void **state)
{
  struct bytes content = make_holey_content ();

  (void) state;
  for (size_t i = 0; i < NR_ODD; i++)
    for (unsigned threads = 1; threads <= 5; threads += 2) {
      const struct image_options options = { .threads = threads };
      struct bytes file = { NULL, 0 };

      add_xz_stream (&file, content.data, content.len, odd_sizes[i],
                     LZMA_CHECK_CRC32);
      struct image *im = open_bytes (&file, &options);
      assert_non_null (im);
      assert_false (image_is_scanned (im));
      assert_false (image_is_decoded (im));
      scan_intact (im);
      assert_true (image_is_scanned (im));
      assert_true (image_is_decoded (im));
      check_digests (im, &content);
      check_holes (im, &content);
      image_close (im);
      bytes_free (&file);
    }
  bytes_free (&content);
}

static void
readers_learn_all_of_odd_blocks (void **state)
{
  struct bytes content = make_holey_content ();

  (void) state;
  for (size_t i = 0; i < NR_ODD; i++) {
    const struct image_options options = { .threads = 3 };
    struct bytes file = { NULL, 0 };
    struct image_statistics before, after;

    add_xz_stream (&file, content.data, content.len, odd_sizes[i],
                   LZMA_CHECK_CRC32);
    struct image *im = open_bytes (&file, &options);
    assert_non_null (im);
    for (uint64_t offset = 0; offset < content.len; offset += 300000)
      check_read (im, &content,
                  content.len - offset < 300000 ? content.len - offset : 300000,
                  offset);
    assert_true (image_is_decoded (im));
    assert_false (image_is_scanned (im));
    check_digests (im, &content);
    check_holes (im, &content);
    image_get_statistics (im, &before);
    scan_intact (im);
    assert_true (image_is_scanned (im));
    image_get_statistics (im, &after);
    assert_int_equal (after.decoded, before.decoded);
    image_close (im);
    bytes_free (&file);
  }
  bytes_free (&content);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void
tiny_blocks (void **state)
{
  const size_t nr = 100000, block = 107;
  struct bytes content = make_content (nr * block, 21);
  const struct image_options options = { .threads = 4 };
  struct bytes file = { NULL, 0 };
  unsigned seed = 4;

  (void) state;
  add_xz_stream (&file, content.data, content.len, block, LZMA_CHECK_CRC32);
  double start = now ();
  struct image *im = open_bytes (&file, &options);
  assert_non_null (im);
  double opened = now ();
  for (int i = 0; i < 100; i++)
    check_read (im, &content, 5000,
                (uint64_t) rand_r (&seed) % (content.len - 5000));
  double read = now ();
  scan_intact (im);
  double scanned = now ();
  check_digests (im, &content);
  check_holes (im, &content);
  print_message ("100,000 Blocks: opened in %.3f s, 100 reads in %.3f s, "
                 "scanned in %.3f s\n", opened - start, read - opened,
                 scanned - read);
  image_close (im);
  bytes_free (&file);
  bytes_free (&content);
}

static void
add_filtered_stream (struct bytes *b, const struct bytes *content,
                     lzma_vli filter)
{
  lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 4 };
  lzma_options_lzma lzma;
  lzma_filter filters[3] = {
    { .id = filter, .options = filter == LZMA_FILTER_DELTA ? &delta : NULL },
    { .id = LZMA_FILTER_LZMA2, .options = &lzma },
    { .id = LZMA_VLI_UNKNOWN }
  };
  size_t room = lzma_stream_buffer_bound (content->len), used = 0;
  unsigned char *out = malloc (room);

  lzma_lzma_preset (&lzma, 1);
  assert_int_equal (lzma_stream_buffer_encode (filters, LZMA_CHECK_SHA256, NULL,
                                               content->data, content->len, out,
                                               &used, room), LZMA_OK);
  bytes_add (b, out, used);
  free (out);
}

/* Machine code, more or less: branches to random places. */
static struct bytes
make_code (size_t len)
{
  struct bytes code = make_content (len, 33);
  unsigned seed = 2;

  for (size_t i = 0; i + 8 < len; i += 8) {
    code.data[i] = 0xe8;
    code.data[i + 3] = rand_r (&seed) % 2 ? 0xeb : 0x94;
    code.data[i + 4] = 0;
    code.data[i + 7] = 0xeb;
  }
  return code;
}

static void
filters (void **state)
{
  static const lzma_vli ids[] = {
    LZMA_FILTER_X86, LZMA_FILTER_ARM, LZMA_FILTER_ARMTHUMB, LZMA_FILTER_POWERPC,
    LZMA_FILTER_DELTA,
#ifdef LZMA_FILTER_ARM64
    LZMA_FILTER_ARM64,
#endif
  };
  struct bytes code = make_code (1300001), file = { NULL, 0 };

  (void) state;
#ifndef LZMA_FILTER_ARM64
  print_message ("this liblzma has no ARM64 filter\n");
#endif
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    if (!lzma_filter_encoder_is_supported (ids[i])
        || !lzma_filter_decoder_is_supported (ids[i])) {
      print_message ("this liblzma lacks filter %#llx\n",
                     (unsigned long long) ids[i]);
      continue;
    }
    file.len = 0;
    add_filtered_stream (&file, &code, ids[i]);
    struct image *im = open_bytes (&file, NULL);
    assert_non_null (im);
    check_read (im, &code, 100000, 900001);
    check_read (im, &code, 1, code.len - 1);
    scan_intact (im);
    check_digests (im, &code);
    image_close (im);
  }
  bytes_free (&file);
  bytes_free (&code);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_scan_learns_all_of_odd_blocks),
    cmocka_unit_test (readers_learn_all_of_odd_blocks),
    cmocka_unit_test (tiny_blocks),
    cmocka_unit_test (filters),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
