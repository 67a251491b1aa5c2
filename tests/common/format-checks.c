/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "file-io.h"
#include "format-checks.h"
#include "image-ops.h"

#define MIB (1024 * 1024)
#define NR_READERS 3

static const struct image_options variants[] = {
  { .threads = 2 },
  { .threads = 2, .spool_dir = "." },
  { .memory_limit = 1 << 20, .threads = 1 },
  { .memory_limit = 2 << 20, .threads = 3, .spool_dir = "." },
};

static void
check_read (struct image *im, const struct bytes *content, size_t len,
            uint64_t offset)
{
  unsigned char *buf = malloc (len + 1);

  if (image_pread (im, buf, len, offset) == -1)
    fail_msg ("%zu bytes at %llu: %s", len, (unsigned long long) offset, reported);
  if (memcmp (buf, content->data + offset, len) != 0)
    fail_msg ("%zu bytes at %llu differ", len, (unsigned long long) offset);
  free (buf);
}

static void
check_random_reads (struct image *im, const struct bytes *content, unsigned seed)
{
  if (content->len == 0)
    return;
  for (int i = 0; i < 8; i++) {
    uint64_t offset = (uint64_t) rand_r (&seed) % content->len;
    size_t len = (size_t) (rand_r (&seed) % 200000);

    if (len > content->len - offset)
      len = content->len - offset;
    check_read (im, content, len, offset);
  }
}

struct reader
{
  struct image *im;
  const struct bytes *content;
  unsigned seed;
};

static void *
run_reader (void *opaque)
{
  struct reader *r = opaque;

  check_random_reads (r->im, r->content, r->seed);
  return NULL;
}

static void
check_concurrent_reads (struct image *im, const struct bytes *content)
{
  struct reader readers[NR_READERS];
  pthread_t threads[NR_READERS];

  for (unsigned i = 0; i < NR_READERS; i++) {
    readers[i] = (struct reader) { im, content, 100 + i };
    assert_int_equal (pthread_create (&threads[i], NULL, run_reader, &readers[i]),
                      0);
  }
  for (unsigned i = 0; i < NR_READERS; i++)
    pthread_join (threads[i], NULL);
}

struct walk
{
  const struct bytes *content;
  uint64_t next;
};

static int
check_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct walk *walk = opaque;

  assert_int_equal (offset, walk->next);
  walk->next += length;
  if (hole && !is_zero (walk->content->data + offset, length))
    fail_msg ("no hole at %llu", (unsigned long long) offset);
  return 0;
}

static void
check_extents (struct image *im, const struct bytes *content)
{
  struct walk walk = { content, 0 };

  while (walk.next < content->len) {
    const uint64_t before = walk.next;

    assert_int_equal (image_extents (im, before, content->len - before,
                                     check_extent, &walk), 0);
    assert_true (walk.next > before);
  }
}

void
check_reads (const struct bytes *file, const struct bytes *content)
{
  for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++) {
    struct image *im = open_bytes (file, &variants[v]);
    uint64_t size;

    if (!im)
      fail_msg ("%s", reported);
    if (v == 1)                 /* a read that comes before anything else */
      check_concurrent_reads (im, content);
    if (v == 3)
      check_extents (im, content);
    if (image_disk_size (im, &size) == -1)
      fail_msg ("%s", reported);
    assert_int_equal (size, content->len);
    for (size_t offset = 0; offset < content->len; offset += MIB) {
      size_t left = content->len - offset;

      check_read (im, content, left < MIB ? left : MIB, offset);
    }
    image_prefetch (im, content->len / 2, content->len / 3);
    check_random_reads (im, content, (unsigned) v);
    check_extents (im, content);
    char byte;
    assert_int_equal (image_pread (im, &byte, 1, content->len), -1);
    assert_int_equal (errno, EINVAL);
    image_close (im);
  }
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

static void
check_scan (struct image *im, const struct bytes *file,
            const struct bytes *content, const char *check, const char *note)
{
  struct image_scan_result result;
  unsigned char digest[DIGEST_SIZE];
  char error[512];
  uint64_t last = 0;

  if (image_scan (im, count_progress, &last, &result, error, sizeof error) != 0)
    fail_msg ("%s", error);
  assert_int_equal (last, file->len);
  assert_int_equal (result.disk_size, content->len);
  digest_of (file->data, file->len, digest);
  assert_memory_equal (result.stored_digest, digest, DIGEST_SIZE);
  assert_string_equal (result.check, check);
  if (note)
    assert_non_null (strstr (result.notes, note));
  else
    assert_string_equal (result.notes, "");
}

/* Everything that the format saves, cut off or changed at some places: it may
 * be refused or not, and nothing worse may happen. */
static void
check_bad_loads (const struct bytes *file, const struct scan_writer *saved,
                 uint64_t disk_size)
{
  for (size_t i = 0; i < saved->len; i += 1 + saved->len / 24) {
    unsigned char *copy = malloc (saved->len);
    struct image *im = open_bytes (file, NULL);
    struct scan_reader r = { .data = copy, .len = i };
    char buf[1000];

    memcpy (copy, saved->data, saved->len);
    assert_false (im->ops->load (im, &r, disk_size));
    copy[i] ^= 0x81;
    r = (struct scan_reader) { .data = copy, .len = saved->len };
    im->ops->load (im, &r, disk_size);
    if (disk_size > sizeof buf)
      image_pread (im, buf, sizeof buf, disk_size / 2);
    image_close (im);
    free (copy);
  }
}

void
check_intact (const struct bytes *file, const struct bytes *content,
              const char *check, const char *note)
{
  struct scan_writer saved = { NULL, 0, 0, false };
  struct image *im = open_bytes (file, NULL);
  uint64_t size;

  if (!im)
    fail_msg ("%s", reported);
  for (int i = 0; i < 2; i++)
    check_scan (im, file, content, check, note);
  im->ops->save (im, &saved);
  assert_false (saved.failed);
  image_close (im);

  struct scan_reader r = { .data = saved.data, .len = saved.len };
  im = open_bytes (file, NULL);
  assert_true (im->ops->load (im, &r, content->len));
  assert_int_equal (r.len, 0);
  assert_true (im->ops->peek_disk_size (im, &size));
  assert_int_equal (size, content->len);
  check_random_reads (im, content, 7);
  check_scan (im, file, content, check, note);
  image_close (im);
  check_bad_loads (file, &saved, content->len);
  free (saved.data);
}

void
check_damaged (const struct bytes *file, const char *text)
{
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  char error[1024];

  if (!im)
    snprintf (error, sizeof error, "%s", reported);
  else {
    assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error),
                      -1);
    image_close (im);
  }
  assert_string_not_equal (error, "");
  if (text && !strstr (error, text))
    fail_msg ("\"%s\" was expected to say \"%s\"", error, text);
}

/* Whether the scan finds it intact; and then it must read as CONTENT. */
static bool
decodes (const struct bytes *file, const struct bytes *content)
{
  struct image *im = open_bytes (file, NULL);
  struct image_scan_result result;
  char error[512];
  bool intact =
    im && image_scan (im, NULL, NULL, &result, error, sizeof error) == 0;

  if (intact) {
    assert_int_equal (result.disk_size, content->len);
    check_read (im, content, content->len, 0);
  }
  image_close (im);
  return intact;
}

void
check_decodes (const struct bytes *file, const struct bytes *content)
{
  assert_true (decodes (file, content));
}

void
check_not_misread (const struct bytes *file, const struct bytes *content)
{
  decodes (file, content);
}

bool
have_program (const char *name)
{
  char command[200];

  snprintf (command, sizeof command, "command -v %s >/dev/null 2>&1", name);
  return system (command) == 0;
}

struct bytes
run_filter (const char *command, const struct bytes *content)
{
  struct bytes out = { NULL, 0 };
  char in_path[] = "filter-test-XXXXXX", out_path[] = "filter-test-XXXXXX";
  int in = mkstemp (in_path), result = mkstemp (out_path);
  char line[500];
  struct stat st;

  assert_true (in >= 0 && result >= 0);
  assert_int_equal (full_write (in, content->data, content->len), 0);
  snprintf (line, sizeof line, "%s <%s >%s", command, in_path, out_path);
  assert_int_equal (system (line), 0);
  assert_int_equal (fstat (result, &st), 0);
  bytes_add_zeroes (&out, (size_t) st.st_size);
  assert_int_equal (full_pread (result, out.data, out.len, 0), out.len);
  close (in);
  close (result);
  unlink (in_path);
  unlink (out_path);
  return out;
}
