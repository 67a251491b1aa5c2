/* SPDX-License-Identifier: MIT */
/* .zip archives with one image inside.  Built once with each inflater. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "digest.h"
#include "image-ops.h"
#include "image-support.h"
#include "inflater.h"

#define LEN (5 * 1024 * 1024 + 300)

static struct bytes content;
static struct bytes deflated;   /* raw, of it */

enum { DESCRIPTOR = 8, ENCRYPTED = 1 };

/* An entry, before it is written; the test may lie in any field. */
struct entry
{
  const char *name;
  unsigned method, flags, made_by;
  uint32_t crc, attributes;
  uint64_t stored_size, size, offset;
  bool wide;                    /* zip64 */
  const struct bytes *data;
};

static struct entry
make_entry (const char *name, unsigned method)
{
  const struct bytes *data = method == 8 ? &deflated : &content;

  return (struct entry) {
    .name = name, .method = method, .size = LEN, .stored_size = data->len,
    .crc = (uint32_t) crc32 (crc32 (0, NULL, 0), content.data, LEN), .data = data
  };
}

static void
put (struct bytes *b, uint64_t value, int size)
{
  for (int i = 0; i < size; i++) {
    const unsigned char c = (unsigned char) (value >> 8 * i);

    bytes_add (b, &c, 1);
  }
}

/* APPNOTE.TXT 4.3.7, 4.3.9; 4.5.3 */
static void
put_local (struct bytes *b, struct entry *e)
{
  const bool later = e->flags & DESCRIPTOR;

  e->offset = b->len;
  put (b, 0x04034b50, 4);
  put (b, 45, 2);
  put (b, e->flags, 2);
  put (b, e->method, 2);
  put (b, 0, 4);
  put (b, later ? 0 : e->crc, 4);
  put (b, e->wide ? UINT32_MAX : later ? 0 : e->stored_size, 4);
  put (b, e->wide ? UINT32_MAX : later ? 0 : e->size, 4);
  put (b, strlen (e->name), 2);
  put (b, e->wide ? 20 : 0, 2);
  bytes_add (b, e->name, strlen (e->name));
  if (e->wide) {
    put (b, 1, 2);
    put (b, 16, 2);
    put (b, e->size, 8);
    put (b, e->stored_size, 8);
  }
  bytes_add (b, e->data->data, e->data->len);
  if (later) {
    put (b, 0x08074b50, 4);
    put (b, e->crc, 4);
    put (b, e->stored_size, 4);
    put (b, e->size, 4);
  }
}

/* 4.3.12 */
static void
put_central (struct bytes *b, const struct entry *e)
{
  put (b, 0x02014b50, 4);
  put (b, e->made_by << 8 | 45, 2);
  put (b, 45, 2);
  put (b, e->flags, 2);
  put (b, e->method, 2);
  put (b, 0, 4);
  put (b, e->crc, 4);
  put (b, e->wide ? UINT32_MAX : e->stored_size, 4);
  put (b, e->wide ? UINT32_MAX : e->size, 4);
  put (b, strlen (e->name), 2);
  put (b, e->wide ? 28 : 0, 2);
  put (b, 0, 2 + 2 + 2);
  put (b, e->attributes, 4);
  put (b, e->wide ? UINT32_MAX : e->offset, 4);
  bytes_add (b, e->name, strlen (e->name));
  if (e->wide) {
    put (b, 1, 2);
    put (b, 24, 2);
    put (b, e->size, 8);
    put (b, e->stored_size, 8);
    put (b, e->offset, 8);
  }
}

/* 4.3.14, 4.3.15, 4.3.16 */
static void
put_end (struct bytes *b, uint64_t start, uint64_t nr, bool wide,
         const char *comment)
{
  const uint64_t size = b->len - start, end = b->len;

  if (wide) {
    put (b, 0x06064b50, 4);
    put (b, 44, 8);
    put (b, 45, 2 + 2);
    put (b, 0, 4 + 4);
    put (b, nr, 8);
    put (b, nr, 8);
    put (b, size, 8);
    put (b, start, 8);
    put (b, 0x07064b50, 4);
    put (b, 0, 4);
    put (b, end, 8);
    put (b, 1, 4);
  }
  put (b, 0x06054b50, 4);
  put (b, 0, 2 + 2);
  put (b, wide ? 0xffff : nr, 2);
  put (b, wide ? 0xffff : nr, 2);
  put (b, wide ? UINT32_MAX : size, 4);
  put (b, wide ? UINT32_MAX : start, 4);
  put (b, strlen (comment), 2);
  bytes_add (b, comment, strlen (comment));
}

static void
make_zip (struct bytes *b, struct entry *entries, size_t nr, const char *comment)
{
  b->len = 0;
  for (size_t i = 0; i < nr; i++)
    put_local (b, &entries[i]);
  const uint64_t start = b->len;
  for (size_t i = 0; i < nr; i++)
    put_central (b, &entries[i]);
  put_end (b, start, nr, entries[0].wide, comment);
}

static int
set_up (void **state)
{
  z_stream strm;

  (void) state;
  content = make_content (LEN, 21);
  memset (content.data + 1500000, 0, 1000000);
  bytes_add_zeroes (&deflated, LEN + 65536);
  memset (&strm, 0, sizeof strm);
  assert_int_equal (deflateInit2 (&strm, 6, Z_DEFLATED, -MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
  strm.next_in = content.data;
  strm.avail_in = LEN;
  strm.next_out = deflated.data;
  strm.avail_out = (uInt) deflated.len;
  assert_int_equal (deflate (&strm, Z_FINISH), Z_STREAM_END);
  deflated.len -= strm.avail_out;
  deflateEnd (&strm);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  bytes_free (&content);
  bytes_free (&deflated);
  return 0;
}

static int
check_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  uint64_t *at = opaque;

  assert_int_equal (offset, at[0]);
  at[0] += length;
  if (hole) {
    at[1] += length;
    for (uint64_t i = offset; i < offset + length; i++)
      assert_int_equal (content.data[i], 0);
  }
  return 0;
}

static void
check_scan (struct image *im, const struct bytes *file)
{
  struct image_scan_result result;
  unsigned char digest[DIGEST_SIZE];
  char error[512];

  for (int i = 0; i < 2; i++) {
    if (image_scan (im, NULL, NULL, &result, error, sizeof error) != 0)
      fail_msg ("%s", error);
    assert_int_equal (result.disk_size, LEN);
    assert_string_equal (result.check, "crc32");
    digest_of (file->data, file->len, digest);
    assert_memory_equal (digest, result.stored_digest, DIGEST_SIZE);
  }
}

static void
check_intact (const struct bytes *file)
{
  struct image *im = open_bytes (file, NULL);
  unsigned char *buf = malloc (LEN);
  uint64_t size, at[2] = { 0, 0 };

  if (!im)
    fail_msg ("%s", reported);
  assert_int_equal (image_get_format (im), IMAGE_ZIP);
  assert_int_equal (image_disk_size (im, &size), 0);
  assert_int_equal (size, LEN);
  assert_int_equal (image_pread (im, buf, 5000, 3000000), 0);
  assert_memory_equal (buf, content.data + 3000000, 5000);
  while (at[0] < LEN)
    assert_int_equal (image_extents (im, at[0], LEN - at[0], check_extent, at), 0);
  assert_true (at[1] > 800000);
  assert_int_equal (image_pread (im, buf, LEN, 0), 0);
  assert_memory_equal (buf, content.data, LEN);
  assert_int_equal (image_pread (im, buf, 2, LEN - 1), -1);
  assert_int_equal (errno, EINVAL);
  check_scan (im, file);
  image_close (im);
  free (buf);
}

static void
intact_archives (void **state)
{
  struct bytes file = { NULL, 0 }, text = { NULL, 0 };

  (void) state;
  bytes_add (&text, "read me", 7);
  for (unsigned method = 0; method <= 8; method += 8)
    for (int wide = 0; wide < 2; wide++) {
      struct entry entries[5] = {
        make_entry ("folder/", 0), make_entry ("README", 0),
        make_entry ("folder/disk.IMG", method),
        make_entry ("__MACOSX/folder/._disk.img", 0), make_entry ("link.img", 0)
      };

      for (int i = 0; i < 5; i++) {
        entries[i].wide = wide;
        if (i == 2)
          continue;
        entries[i].data = &text;
        entries[i].size = entries[i].stored_size = text.len;
      }
      entries[4].made_by = 3;
      entries[4].attributes = 0xa1ff0000;       /* a symbolic link */
      make_zip (&file, &entries[2], 1, "");
      check_intact (&file);
      make_zip (&file, entries, 5, "a comment with PK\5\6 in it");
      check_intact (&file);
      entries[2].flags = DESCRIPTOR;
      entries[2].made_by = 3;
      entries[2].attributes = 0x11b00000;       /* a pipe */
      make_zip (&file, &entries[2], 1, "");
      check_intact (&file);
    }
  bytes_free (&file);
  bytes_free (&text);
}

static void
check_refused (const struct bytes *file, const char *text)
{
  struct image *im = open_bytes (file, NULL);

  if (im)
    fail_msg ("not refused: %s", text);
  if (!strstr (reported, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", reported, text);
}

static void
refused_by_name (void **state)
{
  struct bytes file = { NULL, 0 };
  struct entry e = make_entry ("disk\33[2J.img", 8), many[7];

  (void) state;
  e.flags = ENCRYPTED;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "disk?[2J.img is encrypted");
  e.flags = 0;
  e.method = 12;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "method 12");
  e.method = 8;
  for (int i = 0; i < 7; i++)
    many[i] = make_entry (i % 2 ? "a.img" : "b.txt", 8);
  make_zip (&file, many, 7, "");
  check_refused (&file, "7 files, not one disk image: b.txt, a.img, b.txt, a.img, "
                 "b.txt, ...");
  e.name = "folder/";
  make_zip (&file, &e, 1, "");
  check_refused (&file, "holds no file");
  make_zip (&file, &e, 1, "");
  file.data[file.len - 22 + 4] = 1;
  check_refused (&file, "several disks");
  file.len = 0;
  put_end (&file, 0, 0, false, "");
  check_refused (&file, "holds no file");
  bytes_free (&file);
}

static void
lies_in_the_directory (void **state)
{
  struct bytes file = { NULL, 0 };
  const struct entry good = make_entry ("disk.img", 8);
  struct entry e = good;

  (void) state;
  /* Sizes that cannot be. */
  e.size = UINT64_C (1) << 40;
  e.wide = true;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "cannot hold");
  e.size = UINT64_C (1) << 60;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "more than");
  e = good;
  e.stored_size += 100000;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "run into the directory");
  e = good;
  e.method = 0;
  make_zip (&file, &e, 1, "");
  check_refused (&file, "cannot hold");
  /* The local header. */
  e = good;
  make_zip (&file, &e, 1, "");
  file.data[30] ^= 1;                   /* its name */
  check_refused (&file, "contradicts the central directory");
  file.data[30] ^= 1;
  file.data[14] ^= 1;                   /* its CRC */
  check_refused (&file, "contradicts the central directory");
  file.data[14] ^= 1;
  for (size_t len = 4; len < file.len; len += len / 3 + 1) {
    struct bytes cut = { file.data, len };

    check_refused (&cut, "truncated");
  }
  bytes_add (&file, "x", 1);
  check_refused (&file, "bytes were appended");
  bytes_free (&file);
}

/* The damage is found by the scan, and no reader gets the end. */
static void
check_damaged (const struct entry *lie, const char *text)
{
  struct bytes file = { NULL, 0 };
  struct entry e = *lie;
  struct image_scan_result result;
  unsigned char buf[512];
  char error[512];
  uint64_t size;

  make_zip (&file, &e, 1, "");
  struct image *im = open_bytes (&file, NULL);
  assert_non_null (im);
  assert_int_equal (image_disk_size (im, &size), 0);
  assert_int_equal (size, lie->size);
  assert_int_equal (image_pread (im, buf, sizeof buf, 0), 0);
  if (e.method == 8) {
    assert_int_equal (image_pread (im, buf, sizeof buf, size - sizeof buf), -1);
    assert_int_equal (errno, EIO);
    clear_report ();
  }
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), -1);
  assert_int_equal (errno, EBADMSG);
  if (!strstr (error, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", error, text);
  image_close (im);
  bytes_free (&file);
}

static void
lies_about_the_data (void **state)
{
  struct entry e;

  (void) state;
  for (unsigned method = 0; method <= 8; method += 8) {
    e = make_entry ("disk.img", method);
    e.crc ^= 1;
    check_damaged (&e, "Check mismatch");
  }
  e = make_entry ("disk.img", 8);
  e.size += 1000;
  check_damaged (&e, "fewer bytes");
  e.size -= 100000;
  check_damaged (&e, "more than the");
  e = make_entry ("disk.img", 8);
  e.stored_size -= 7000;
  check_damaged (&e, "goes on behind");
}

static void
is_remembered (void **state)
{
  struct bytes file = { NULL, 0 };
  struct entry e = make_entry ("disk.img", 8);
  struct scan_writer w = { NULL, 0, 0, false };

  (void) state;
  make_zip (&file, &e, 1, "");
  struct image *im = open_bytes (&file, NULL);
  check_scan (im, &file);
  im->ops->save (im, &w);
  image_close (im);
  for (int i = 0; i < 2; i++) {
    struct scan_reader r = { w.data, w.len, false };
    unsigned char buf[10000];

    im = open_bytes (&file, NULL);
    /* The directory's size is binding. */
    assert_int_equal (im->ops->load (im, &r, LEN + (uint64_t) i), i == 0);
    assert_int_equal (image_pread (im, buf, sizeof buf, 4000000), 0);
    assert_memory_equal (buf, content.data + 4000000, sizeof buf);
    check_scan (im, &file);
    image_close (im);
  }
  free (w.data);
  bytes_free (&file);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (intact_archives),
    cmocka_unit_test (refused_by_name),
    cmocka_unit_test (lies_in_the_directory),
    cmocka_unit_test (lies_about_the_data),
    cmocka_unit_test (is_remembered),
  };

  print_message ("inflater: %s\n", inflater_name ());
  return cmocka_run_group_tests (tests, set_up, tear_down);
}
