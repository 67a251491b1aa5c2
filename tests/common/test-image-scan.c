/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "digest.h"
#include "image-scan.h"
#include "image-support.h"

#define LEN 300000
#define BLOCK 64000

static struct bytes content;

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 5);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  return 0;
}

static int
count_progress (void *opaque, uint64_t done, uint64_t total)
{
  uint64_t *last = opaque;

  assert_true (done >= *last);
  assert_true (done <= total);
  *last = done;
  return 0;
}

static int
scan (struct image *im, struct image_scan_result *result, char error[512])
{
  uint64_t last = 0;
  int r = image_scan (im, count_progress, &last, result, error, 512);

  if (r == 0)
    assert_int_equal (last, image_stored_size (im));
  return r;
}

static void
check_intact (const struct bytes *file, const char *check, const char *note)
{
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  unsigned char digest[DIGEST_SIZE];
  char error[512];

  assert_non_null (im);
  /* Twice: the verdict does not depend on what was read before. */
  for (int i = 0; i < 2; i++) {
    if (scan (im, &result, error) != 0)
      fail_msg ("%s", error);
    assert_int_equal (result.disk_size, LEN);
    digest_of (file->data, file->len, digest);
    assert_memory_equal (result.stored_digest, digest, DIGEST_SIZE);
    assert_string_equal (result.check, check);
    if (note)
      assert_non_null (strstr (result.notes, note));
    else
      assert_string_equal (result.notes, "");
  }
  assert_string_equal (reported, "");
  image_close (im);
}

/* FILE must be found damaged: refused when it is opened, or by the scan. */
static void
check_damaged (const struct bytes *file, const char *text)
{
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  char error[512];

  if (!im) {
    assert_string_not_equal (reported, "");
    return;
  }
  assert_int_equal (scan (im, &result, error), -1);
  assert_int_equal (errno, EBADMSG);
  assert_string_equal (reported, "");
  if (text && !strstr (error, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", error, text);
  image_close (im);
}

static void
intact_files (void **state)
{
  static const struct { lzma_check check; const char *name; } checks[] = {
    { LZMA_CHECK_CRC32, "crc32" },
    { LZMA_CHECK_CRC64, "crc64" },
    { LZMA_CHECK_SHA256, "sha256" },
  };
  struct bytes file = { NULL, 0 };

  (void) state;
  check_intact (&content, "none", "raw image");
  for (size_t i = 0; i < 3; i++) {
    file.len = 0;
    add_xz_stream (&file, content.data, LEN, BLOCK, checks[i].check);
    check_intact (&file, checks[i].name, NULL);
  }
  file.len = 0;
  add_xz_stream (&file, content.data, LEN, 0, LZMA_CHECK_NONE);
  check_intact (&file, "none", "no Check");
  file.len = 0;
  add_xz_stream (&file, content.data, 1000, 0, LZMA_CHECK_CRC32);
  bytes_add_zeroes (&file, 4);
  add_xz_stream (&file, content.data + 1000, LEN - 1000, BLOCK,
                 LZMA_CHECK_CRC64);
  check_intact (&file, "mixed", NULL);
  bytes_free (&file);
}

static void
intact_gzip_files (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_gzip_member (&file, content.data, 1000, 1);
  add_gzip_member (&file, content.data, 0, 1);
  add_gzip_member (&file, content.data + 1000, LEN - 1000, 9);
  check_intact (&file, "crc32", NULL);
  bytes_add_zeroes (&file, 300000);
  check_intact (&file, "crc32", "300000 zero bytes of padding");
  bytes_add (&file, "metadata", 8);
  check_intact (&file, "crc32", "300008 bytes after the last gzip member");
  bytes_free (&file);
}

/* Change the kind of Check that a one-Stream file claims, in header and footer. */
static void
set_check (struct bytes *file, unsigned char check)
{
  const lzma_stream_flags flags = { .version = 0, .check = (lzma_check) check };
  lzma_stream_flags footer;
  unsigned char *end = file->data + file->len - LZMA_STREAM_HEADER_SIZE;

  assert_int_equal (lzma_stream_footer_decode (&footer, end), LZMA_OK);
  assert_int_equal (lzma_stream_header_encode (&flags, file->data), LZMA_OK);
  footer.check = (lzma_check) check;
  assert_int_equal (lzma_stream_footer_encode (&footer, end), LZMA_OK);
}

static void
unknown_check_is_unverifiable (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  /* Number 5 has the size of CRC64 and no meaning yet. */
  add_xz_stream (&file, content.data, LEN, BLOCK, LZMA_CHECK_CRC64);
  set_check (&file, 5);
  check_intact (&file, "unverifiable", "cannot verify");
  bytes_free (&file);
}

static void
flipped_bits_are_found (void **state)
{
  struct bytes files[2] = { { NULL, 0 }, { NULL, 0 } };

  (void) state;
  add_xz_stream (&files[0], content.data, LEN, BLOCK, LZMA_CHECK_CRC32);
  add_gzip_member (&files[1], content.data, LEN / 2, 6);
  add_gzip_member (&files[1], content.data + LEN / 2, LEN - LEN / 2, 6);
  for (int f = 0; f < 2; f++)
    for (size_t i = 12; i < files[f].len; i += 997) {
      files[f].data[i] ^= (unsigned char) (1 << i % 8);
      check_damaged (&files[f], NULL);
      files[f].data[i] ^= (unsigned char) (1 << i % 8);
    }
  bytes_free (&files[0]);
  bytes_free (&files[1]);
}

static void
check_mismatch_names_its_block (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  /* Stored chunks of LZMA2: a flipped bit shows in the Check only. */
  bytes_add_zeroes (&file, 0);
  struct bytes noise = { NULL, 0 };
  bytes_add_zeroes (&noise, 3 * BLOCK);
  unsigned seed = 1;
  for (size_t i = 0; i < noise.len; i++)
    noise.data[i] = (unsigned char) (rand_r (&seed) >> 4);
  add_xz_stream (&file, noise.data, noise.len, BLOCK, LZMA_CHECK_SHA256);
  file.data[BLOCK + BLOCK / 2] ^= 1;
  check_damaged (&file, "Check mismatch in Block 2 at offset ");
  file.data[BLOCK / 2] ^= 1;
  check_damaged (&file, "Check mismatch in Block 1 at offset 12 ");
  bytes_free (&noise);
  bytes_free (&file);
}

static void
gzip_damage_is_named (void **state)
{
  struct bytes file = { NULL, 0 };

  (void) state;
  add_gzip_member (&file, content.data, 1000, 6);
  size_t second = file.len;
  add_gzip_member (&file, content.data, 5000, 6);
  file.data[file.len - 8] ^= 1;
  check_damaged (&file, "member 2");
  check_damaged (&file, "Check mismatch: the CRC32 is wrong");
  file.data[file.len - 8] ^= 1;
  file.data[file.len - 1] ^= 1;
  check_damaged (&file, "the length is wrong");
  file.data[file.len - 1] ^= 1;
  for (size_t len = second + 2; len < file.len; len += 3) {
    struct bytes cut = { file.data, len };

    check_damaged (&cut, "truncated: the file ends at byte ");
  }
  bytes_free (&file);
}

static int
cancel (void *opaque, uint64_t done, uint64_t total)
{
  (void) opaque;
  (void) done;
  (void) total;
  return 1;
}

static void
can_be_cancelled (void **state)
{
  struct bytes xz = { NULL, 0 }, gz = { NULL, 0 };
  const struct bytes *files[3] = { &content, &xz, &gz };

  (void) state;
  add_xz_stream (&xz, content.data, LEN, BLOCK, LZMA_CHECK_CRC32);
  add_gzip_member (&gz, content.data, LEN, 6);
  for (int i = 0; i < 3; i++) {
    struct image *im = open_bytes (files[i], NULL);
    struct image_scan_result result;
    char error[512];

    assert_int_equal (image_scan (im, cancel, NULL, &result, error, sizeof error),
                      -1);
    assert_int_equal (errno, ECANCELED);
    assert_string_equal (reported, "");
    image_close (im);
  }
  bytes_free (&xz);
  bytes_free (&gz);
}

static void *
scan_too (void *opaque)
{
  struct image_scan_result result;
  char error[512];

  if (image_scan (opaque, NULL, NULL, &result, error, sizeof error) != 0
      || result.disk_size != LEN)
    return opaque;
  return NULL;
}

/* And one that is cancelled leaves the others to go on. */
static void
several_scans_at_once (void **state)
{
  struct bytes xz = { NULL, 0 }, gz = { NULL, 0 };
  const struct bytes *files[3] = { &content, &xz, &gz };

  (void) state;
  add_xz_stream (&xz, content.data, LEN, 999, LZMA_CHECK_CRC32);
  add_gzip_member (&gz, content.data, LEN, 6);
  for (int i = 0; i < 3; i++) {
    struct image *im = open_bytes (files[i], NULL);
    struct image_scan_result result;
    pthread_t threads[4];
    char error[512];
    void *failed;

    for (int j = 0; j < 4; j++)
      assert_int_equal (pthread_create (&threads[j], NULL, scan_too, im), 0);
    image_scan (im, cancel, NULL, &result, error, sizeof error);
    for (int j = 0; j < 4; j++) {
      pthread_join (threads[j], &failed);
      assert_null (failed);
    }
    assert_true (image_is_scanned (im));
    image_close (im);
  }
  bytes_free (&xz);
  bytes_free (&gz);
}

/* The bytes that this process has read; 0: this kernel does not count them. */
static unsigned long long
bytes_read (void)
{
  unsigned long long n = 0;
  FILE *file = fopen ("/proc/self/io", "r");

  if (!file || fscanf (file, "rchar: %llu", &n) != 1)
    n = 0;
  if (file)
    fclose (file);
  return n;
}

/* Holes are known without being read, and count as the zeroes that they are. */
static void
holes_are_not_read (void **state)
{
  const size_t mib = 1 << 20, len = 64 * mib + 12345;
  const size_t places[] = { 0, 5 * mib + 100, 9 * mib - 4, 40 * mib, len - 9 };
  struct bytes file = { calloc (1, len), len };
  struct image_scan_result result;
  unsigned char digest[DIGEST_SIZE], found[DIGEST_SIZE];
  char error[512];
  const int fd = memfd_create ("sparse", 0);

  (void) state;
  assert_int_equal (ftruncate (fd, (off_t) len), 0);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    memcpy (file.data + places[i], "nonsense", 8);
    assert_int_equal (pwrite (fd, "nonsense", 8, (off_t) places[i]), 8);
  }
  struct image *im = image_open (fd, "sparse", NULL);
  const unsigned long long before = bytes_read ();
  assert_int_equal (scan (im, &result, error), 0);
  assert_true (bytes_read () - before < 16 * mib);

  digest_of (file.data, len, digest);
  assert_memory_equal (result.stored_digest, digest, DIGEST_SIZE);
  for (size_t at = 0; at < len; at += mib) {
    digest_of (file.data + at, len - at < mib ? len - at : mib, digest);
    assert_true (image_get_digest (im, at / mib, found));
    assert_memory_equal (found, digest, DIGEST_SIZE);
  }
  assert_true (image_is_decoded (im));
  image_close (im);
  bytes_free (&file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (intact_files),
    cmocka_unit_test (intact_gzip_files),
    cmocka_unit_test (unknown_check_is_unverifiable),
    cmocka_unit_test (flipped_bits_are_found),
    cmocka_unit_test (check_mismatch_names_its_block),
    cmocka_unit_test (gzip_damage_is_named),
    cmocka_unit_test (can_be_cancelled),
    cmocka_unit_test (several_scans_at_once),
    cmocka_unit_test (holes_are_not_read),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
