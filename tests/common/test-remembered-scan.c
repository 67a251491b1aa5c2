/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include "digest.h"
#include "fault.h"
#include "file-io.h"
#include "image-scan.h"
#include "image-statistics.h"
#include "image-support.h"
#include "scan-folder.h"

#define LEN (3 * 1024 * 1024 + 77777)

static struct bytes content;
static char folder[64], index_dir[128];

static void
make_raw (struct bytes *b)
{
  bytes_add (b, content.data, content.len);
}

static void
make_xz_blocks (struct bytes *b)
{
  add_xz_stream (b, content.data, LEN, 777777, LZMA_CHECK_CRC64);
}

static void
make_xz_one (struct bytes *b)
{
  add_xz_stream (b, content.data, LEN, 0, LZMA_CHECK_NONE);
}

static void
make_gzip (struct bytes *b)
{
  add_gzip_member (b, content.data, LEN / 2, 1);
  add_gzip_member (b, content.data + LEN / 2, LEN - LEN / 2, 6);
  bytes_add (b, "metadata", 8);
}

static void
make_zstd (struct bytes *b)
{
  const size_t room = ZSTD_compressBound (LEN), half = LEN / 2;

  bytes_add_zeroes (b, 2 * room);
  size_t n = ZSTD_compress (b->data, room, content.data, half, 1);
  assert_false (ZSTD_isError (n));
  b->len = n + ZSTD_compress (b->data + n, room, content.data + half, LEN - half, 1);
}

static void
make_bzip2 (struct bytes *b)
{
  unsigned n = LEN + LEN / 100 + 600;

  bytes_add_zeroes (b, n);
  assert_int_equal (BZ2_bzBuffToBuffCompress ((char *) b->data, &n,
                                              (char *) content.data, LEN, 1, 0, 0),
                    BZ_OK);
  b->len = n;
}

static void
put (struct bytes *b, uint64_t value, int size)
{
  for (int i = 0; i < size; i++) {
    const unsigned char c = i < 8 ? (unsigned char) (value >> 8 * i) : 0;

    bytes_add (b, &c, 1);
  }
}

/* APPNOTE.TXT 4.3.7, 4.3.12: from "version needed" to the end of a local header. */
static void
put_entry (struct bytes *b, size_t stored_size)
{
  put (b, 20, 2 + 2);
  put (b, 8, 2);
  put (b, 0, 4);
  put (b, crc32 (crc32 (0, NULL, 0), content.data, LEN), 4);
  put (b, stored_size, 4);
  put (b, LEN, 4);
  put (b, 5, 2);
  put (b, 0, 2);
}

static void
make_zip (struct bytes *b)
{
  struct bytes gzip = { NULL, 0 };

  /* Its deflate stream lies between a header of 10 bytes and a trailer of 8. */
  add_gzip_member (&gzip, content.data, LEN, 6);
  const size_t len = gzip.len - 18;

  put (b, 0x04034b50, 4);
  put_entry (b, len);
  bytes_add (b, "a.img", 5);
  bytes_add (b, gzip.data + 10, len);
  const size_t directory = b->len;
  put (b, 0x02014b50, 4);
  put (b, 20, 2);
  put_entry (b, len);
  put (b, 0, 2 + 2 + 2 + 4 + 4);
  bytes_add (b, "a.img", 5);
  const size_t end = b->len;
  put (b, 0x06054b50, 4);
  put (b, 0, 2 + 2);
  put (b, 1, 2);
  put (b, 1, 2);
  put (b, end - directory, 4);
  put (b, directory, 4);
  put (b, 0, 2);
  bytes_free (&gzip);
}

/* An image of every format. */
static const struct
{
  const char *name;
  void (*make) (struct bytes *b);
  bool check;           /* damage is found */
  bool grows;           /* it can be opened with another byte at its end */
} formats[] = {
  { "raw", make_raw, false, true },
  { "xz, several Blocks", make_xz_blocks, true, false },
  { "xz, one Block", make_xz_one, false, false },
  { "gzip", make_gzip, true, true },
  { "zstd", make_zstd, false, true },
  { "bzip2", make_bzip2, true, true },
  { "zip", make_zip, true, false },
};
#define NR_FORMATS (sizeof formats / sizeof formats[0])

static int
set_up (void **state)
{
  (void) state;
  content = make_content (LEN, 6);
  memset (content.data + 700000, 0, 800000);
  strcpy (folder, "remembered-test-XXXXXX");
  assert_non_null (mkdtemp (folder));
  /* Neither it nor its parent exists. */
  snprintf (index_dir, sizeof index_dir, "%s/cache/scans", folder);
  return 0;
}

static int
tear_down (void **state)
{
  char command[200];

  (void) state;
  bytes_free (&content);
  snprintf (command, sizeof command, "rm -rf %s", folder);
  return system (command);
}

/* A file of FORMAT, of some age. */
static int
make_image_file (size_t format)
{
  const struct timespec times[2] = { { 1700000000, 123 }, { 1700000000, 123 } };
  struct bytes b = { NULL, 0 };

  formats[format].make (&b);
  int fd = make_file (&b);
  bytes_free (&b);
  assert_int_equal (futimens (fd, times), 0);
  return fd;
}

static struct image *
open_image (int fd, const char *dir)
{
  const struct image_options options = { .threads = 2, .index_dir = dir };
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);

  clear_report ();
  assert_true (copy >= 0);
  struct image *im = image_open (copy, "test-image", &options);
  if (!im)
    fail_msg ("%s", reported);
  return im;
}

struct progress
{
  unsigned calls;
  uint64_t last;
};

static int
note_progress (void *opaque, uint64_t done, uint64_t total)
{
  struct progress *progress = opaque;

  assert_true (done >= progress->last && done <= total);
  progress->calls++;
  progress->last = done;
  return 0;
}

static void
scan_intact (struct image *im, struct image_scan_result *result,
             struct progress *progress)
{
  char error[512];

  *progress = (struct progress) { 0, 0 };
  if (image_scan (im, note_progress, progress, result, error, sizeof error) != 0)
    fail_msg ("%s", error);
  assert_int_equal (progress->last, image_stored_size (im));
}

/* Scan the image in FD, which is remembered then. */
static void
scan_file (int fd, const char *dir)
{
  struct image *im = open_image (fd, dir);
  struct image_scan_result result;
  struct progress progress;

  assert_false (image_is_scanned (im));
  scan_intact (im, &result, &progress);
  assert_true (image_is_scanned (im));
  image_close (im);
}

static bool
is_remembered (int fd, const char *dir)
{
  struct image *im = open_image (fd, dir);
  bool scanned = image_is_scanned (im);
  char why[512];

  image_describe_index (im, why, sizeof why);
  assert_int_equal (*why == '\0', scanned);
  image_close (im);
  return scanned;
}

static char *
index_path (int fd)
{
  struct stat st;

  assert_int_equal (fstat (fd, &st), 0);
  char *path = scan_folder_path (index_dir, st.st_dev, st.st_ino);
  assert_non_null (path);
  return path;
}

static struct bytes
read_index (const char *path)
{
  struct bytes b = { NULL, 0 };
  struct stat st;
  int fd = open (path, O_RDONLY);

  assert_true (fd >= 0);
  assert_int_equal (fstat (fd, &st), 0);
  bytes_add_zeroes (&b, (size_t) st.st_size);
  assert_int_equal (full_read (fd, b.data, b.len), st.st_size);
  close (fd);
  return b;
}

static void
write_index (const char *path, const void *data, size_t len)
{
  int fd;

  unlink (path);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  assert_true (fd >= 0);
  assert_int_equal (full_write (fd, data, len), 0);
  close (fd);
}

static int
collect_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  unsigned char *map = opaque;

  for (uint64_t i = offset; i < offset + length; i++)
    map[i] = hole;
  return 0;
}

static void
check_same_knowledge (struct image *a, struct image *b)
{
  unsigned char *map_a = calloc (1, LEN), *map_b = calloc (1, LEN);
  unsigned char digest_a[DIGEST_SIZE], digest_b[DIGEST_SIZE];
  unsigned holes = 0;

  for (uint64_t chunk = 0; chunk * DIGEST_CHUNK < LEN; chunk++) {
    assert_true (image_get_digest (a, chunk, digest_a));
    assert_true (image_get_digest (b, chunk, digest_b));
    assert_memory_equal (digest_a, digest_b, DIGEST_SIZE);
  }
  assert_int_equal (image_extents (a, 0, LEN, collect_extent, map_a), 0);
  assert_int_equal (image_extents (b, 0, LEN, collect_extent, map_b), 0);
  assert_memory_equal (map_a, map_b, LEN);
  for (size_t i = 0; i < LEN; i++)
    holes += map_a[i];
  assert_true (holes >= 700000);
  free (map_a);
  free (map_b);
}

static void
all_is_known_at_once (void **state)
{
  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    struct image_scan_result first_result, result;
    struct image_statistics before, after;
    struct progress progress;
    int fd = make_image_file (f);
    struct image *first = open_image (fd, index_dir);
    uint64_t size;
    char buf[5000];

    print_message ("%s\n", formats[f].name);
    assert_false (image_is_scanned (first));
    scan_intact (first, &first_result, &progress);
    struct image *im = open_image (fd, index_dir);
    assert_true (image_is_scanned (im));
    assert_true (image_is_decoded (im));
    assert_true (image_peek_disk_size (im, &size));
    assert_int_equal (size, LEN);
    check_same_knowledge (first, im);
    image_get_statistics (im, &before);
    scan_intact (im, &result, &progress);
    image_get_statistics (im, &after);
    assert_memory_equal (&result, &first_result, sizeof result);
    assert_int_equal (progress.calls, 1);
    assert_int_equal (after.decoded, before.decoded);
    /* What one read lies in, and no first pass. */
    assert_int_equal (image_pread (im, buf, sizeof buf, 100000), 0);
    assert_memory_equal (buf, content.data + 100000, sizeof buf);
    image_get_statistics (im, &after);
    assert_true (after.decoded <= before.decoded + 2);
    for (uint64_t offset = LEN - sizeof buf; offset > 500000; offset -= 500000) {
      assert_int_equal (image_pread (im, buf, sizeof buf, offset), 0);
      assert_memory_equal (buf, content.data + offset, sizeof buf);
    }
    assert_int_equal (image_pread (im, buf, 1, LEN), -1);
    assert_int_equal (errno, EINVAL);
    image_close (im);
    image_close (first);
    close (fd);
  }
}

/* Told before the scan, and after it was taken back. */
static void
the_hash_is_remembered (void **state)
{
  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    struct image_scan_result result;
    struct progress progress;
    unsigned char hash[32], found[32];
    int fd = make_image_file (f);

    for (int i = 0; i < 2; i++) {
      struct image *im = open_image (fd, index_dir);
      memset (hash, 7 + i, sizeof hash);
      assert_int_equal (image_is_scanned (im), i == 1);
      assert_int_equal (image_get_sha256 (im, found), i == 1);
      image_set_sha256 (im, hash);
      scan_intact (im, &result, &progress);
      image_close (im);
      im = open_image (fd, index_dir);
      assert_true (image_is_scanned (im));
      assert_true (image_get_sha256 (im, found));
      assert_memory_equal (found, hash, sizeof hash);
      image_close (im);
    }
    close (fd);
  }
}

static void
the_folder_is_private (void **state)
{
  int fd = make_image_file (1);
  char *path = index_path (fd), parent[128];
  struct stat st;

  (void) state;
  scan_file (fd, index_dir);
  snprintf (parent, sizeof parent, "%s/cache", folder);
  assert_int_equal (stat (parent, &st), 0);
  assert_int_equal (st.st_mode & 07777, 0700);
  assert_int_equal (stat (index_dir, &st), 0);
  assert_int_equal (st.st_mode & 07777, 0700);
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_mode & 07777, 0600);
  free (path);
  close (fd);
}

static void
another_state_of_the_file_is_not_known (void **state)
{
  const struct timespec later[2] = { { 1700000000, 124 }, { 1700000000, 124 } };
  const struct timespec times[2] = { { 1700000000, 123 }, { 1700000000, 123 } };

  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    int fd = make_image_file (f), other = make_image_file (f);
    char *path = index_path (fd), *other_path = index_path (other);
    struct stat st;

    scan_file (fd, index_dir);
    assert_true (is_remembered (fd, index_dir));
    assert_false (is_remembered (fd, NULL));
    /* The very same content in another inode. */
    struct bytes index = read_index (path);
    write_index (other_path, index.data, index.len);
    assert_false (is_remembered (other, index_dir));
    /* The mtime; and the bytes, with the mtime set back. */
    assert_int_equal (futimens (fd, later), 0);
    assert_false (is_remembered (fd, index_dir));
    scan_file (fd, index_dir);
    assert_true (is_remembered (fd, index_dir));
    assert_int_equal (fstat (fd, &st), 0);
    assert_int_equal (pwrite (fd, "X", 1, st.st_size / 2), 1);
    assert_int_equal (futimens (fd, later), 0);
    assert_false (is_remembered (fd, index_dir));
    /* The size. */
    if (formats[f].grows) {
      assert_int_equal (ftruncate (fd, st.st_size + 1), 0);
      assert_int_equal (futimens (fd, times), 0);
      assert_false (is_remembered (fd, index_dir));
    }
    bytes_free (&index);
    free (path);
    free (other_path);
    close (fd);
    close (other);
  }
}

static void
damage_to_the_index_is_found (void **state)
{
  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    int fd = make_image_file (f);
    char *path = index_path (fd);

    scan_file (fd, index_dir);
    struct bytes index = read_index (path);
    for (size_t i = 0; i < index.len; i += 1 + i / 50) {
      index.data[i] ^= (unsigned char) (1 << i % 8);
      write_index (path, index.data, index.len);
      if (is_remembered (fd, index_dir))
        fail_msg ("byte %zu was flipped unnoticed", i);
      index.data[i] ^= (unsigned char) (1 << i % 8);
    }
    for (size_t len = 0; len < index.len; len += 1 + len / 20) {
      write_index (path, index.data, len);
      if (is_remembered (fd, index_dir))
        fail_msg ("cut to %zu bytes unnoticed", len);
    }
    bytes_add_zeroes (&index, 1);
    write_index (path, index.data, index.len);
    assert_false (is_remembered (fd, index_dir));
    /* The next scan puts it right. */
    scan_file (fd, index_dir);
    assert_true (is_remembered (fd, index_dir));
    bytes_free (&index);
    free (path);
    close (fd);
  }
}

/* Even with the right checksum nothing may crash. */
static void
forged_content_does_no_harm (void **state)
{
  unsigned seed = 1;
  char buf[100];

  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    int fd = make_image_file (f);
    char *path = index_path (fd);

    scan_file (fd, index_dir);
    struct bytes index = read_index (path);
    const size_t len = index.len - DIGEST_SIZE;
    unsigned char *forged = malloc (index.len);

    for (int i = 0; i < 300; i++) {
      size_t cut = i % 10 ? len : (size_t) rand_r (&seed) % len;
      size_t at = i < 260 ? (size_t) i : (size_t) rand_r (&seed) % len;

      memcpy (forged, index.data, len);
      forged[at] = (unsigned char) (i % 2 ? 0xff : rand_r (&seed));
      digest_of (forged, cut, forged + cut);
      write_index (path, forged, cut + DIGEST_SIZE);
      struct image *im = open_image (fd, index_dir);
      image_pread (im, buf, sizeof buf, LEN - sizeof buf);
      image_close (im);
    }
    free (forged);
    bytes_free (&index);
    free (path);
    close (fd);
  }
}

static void
what_others_may_have_written_is_ignored (void **state)
{
  int fd = make_image_file (1);
  char *path = index_path (fd), away[200];

  (void) state;
  scan_file (fd, index_dir);
  assert_int_equal (chmod (path, 0620), 0);
  assert_false (is_remembered (fd, index_dir));
  assert_int_equal (chmod (path, 0602), 0);
  assert_false (is_remembered (fd, index_dir));
  assert_int_equal (chmod (path, 0644), 0);
  assert_true (is_remembered (fd, index_dir));
  if (geteuid () == 0) {
    assert_int_equal (chown (path, 1, 0), 0);
    assert_false (is_remembered (fd, index_dir));
    assert_int_equal (chown (path, 0, 0), 0);
  }
  else
    print_message ("not root: the owner is not tested\n");
  snprintf (away, sizeof away, "%s/away", folder);
  assert_int_equal (rename (path, away), 0);
  char *target = realpath (away, NULL);
  assert_int_equal (symlink (target, path), 0);
  assert_false (is_remembered (fd, index_dir));
  assert_int_equal (unlink (path), 0);
  assert_int_equal (mkfifo (path, 0600), 0);
  assert_false (is_remembered (fd, index_dir));
  assert_int_equal (unlink (path), 0);
  assert_int_equal (mkdir (path, 0700), 0);
  assert_false (is_remembered (fd, index_dir));
  /* Then it cannot be kept either, which is nobody's error. */
  scan_file (fd, index_dir);
  assert_string_equal (reported, "");
  assert_int_equal (rmdir (path), 0);
  free (target);
  free (path);
  close (fd);
}

static void
too_large_is_ignored (void **state)
{
  int fd = make_image_file (1);
  char *path = index_path (fd);

  (void) state;
  scan_file (fd, index_dir);
  assert_int_equal (truncate (path, (off_t) SCAN_FILE_MAX + 1), 0);
  assert_false (is_remembered (fd, index_dir));
  free (path);
  close (fd);
}

static void
several_writers (void **state)
{
  const size_t format = 1;
  int fd = make_image_file (format);
  char *path = index_path (fd);
  pid_t pids[4];

  (void) state;
  scan_file (fd, index_dir);
  struct bytes index = read_index (path);
  for (int i = 0; i < 4; i++) {
    pids[i] = fork ();
    assert_true (pids[i] >= 0);
    if (pids[i] == 0) {
      struct fault fault;
      int r = 0;

      for (int j = 0; j < 100 && r == 0; j++)
        r = scan_folder_write (index_dir, path, index.data, index.len, &fault);
      _exit (r != 0);
    }
  }
  for (int i = 0; i < 100; i++)
    assert_true (is_remembered (fd, index_dir));
  for (int i = 0; i < 4; i++) {
    int status;

    assert_int_equal (waitpid (pids[i], &status, 0), pids[i]);
    assert_int_equal (status, 0);
  }
  assert_true (is_remembered (fd, index_dir));
  bytes_free (&index);
  free (path);
  close (fd);
}

static unsigned
count_files (const char *dir)
{
  unsigned nr = 0;
  DIR *d = opendir (dir);
  struct dirent *e;

  if (!d)
    return 0;
  while ((e = readdir (d)))
    nr += e->d_name[0] != '.';
  closedir (d);
  return nr;
}

static void
no_space_is_harmless (void **state)
{
  int fd = make_image_file (1);
  char dir[128];
  pid_t pid;
  int status;

  (void) state;
  snprintf (dir, sizeof dir, "%s/full", folder);
  pid = fork ();
  assert_true (pid >= 0);
  if (pid == 0) {
    struct rlimit limit = { 100, 100 };
    struct image *im = open_image (fd, dir);
    struct image_scan_result result;
    struct progress progress;
    char why[512];

    signal (SIGXFSZ, SIG_IGN);
    setrlimit (RLIMIT_FSIZE, &limit);
    scan_intact (im, &result, &progress);
    image_describe_index (im, why, sizeof why);
    _exit (!(image_is_scanned (im) && reported[0] == '\0' && *why));
  }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  assert_int_equal (count_files (dir), 0);
  assert_false (is_remembered (fd, dir));
  /* A folder that cannot be made. */
  snprintf (dir, sizeof dir, "/proc/self/none/scans");
  scan_file (fd, dir);
  assert_string_equal (reported, "");
  close (fd);
}

/* A file of SIZE bytes in the folder, last used AGE seconds ago. */
static void
put_file (const char *dir, const char *name, uint64_t size, time_t age)
{
  const time_t when = time (NULL) - age;
  const struct timespec times[2] = { { when, 0 }, { when, 0 } };
  char path[256];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  assert_true (fd >= 0);
  assert_int_equal (ftruncate (fd, (off_t) size), 0);
  assert_int_equal (futimens (fd, times), 0);
  close (fd);
}

static bool
has_file (const char *dir, const char *name)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  return access (path, F_OK) == 0;
}

static void
the_folder_is_pruned (void **state)
{
  static const char *const strangers[] = {
    "scan-", "scan-1", "scan-1-", "scan-1-2x", "scan-1-2.XXXXXXX", "scan-1-2.abc.ef",
    "scan-12345678901234567-1", "notes.txt", "scan-1-2-3"
  };
  int fd = make_image_file (0);
  char dir[128], name[64];

  (void) state;
  snprintf (dir, sizeof dir, "%s/pruned", folder);
  assert_int_equal (mkdir (dir, 0700), 0);
  for (unsigned i = 0; i < 300; i++) {
    snprintf (name, sizeof name, "scan-%x-%x", i, i);
    put_file (dir, name, 10, 1000 - (time_t) i);
  }
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
    put_file (dir, strangers[i], 10, 100000);
  put_file (dir, "scan-1-2.abcDEF", 10, 100000);
  put_file (dir, "scan-1-3.abcDEF", 10, 100);
  scan_file (fd, dir);
  assert_true (is_remembered (fd, dir));
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
    assert_true (has_file (dir, strangers[i]));
  assert_false (has_file (dir, "scan-1-2.abcDEF"));
  assert_true (has_file (dir, "scan-1-3.abcDEF"));
  /* 301 files, 256 may stay: the 45 oldest go. */
  for (unsigned i = 0; i < 300; i++) {
    snprintf (name, sizeof name, "scan-%x-%x", i, i);
    assert_int_equal (has_file (dir, name), i >= 45);
  }
  /* Too many bytes: the large ones are the oldest. */
  for (unsigned i = 0; i < 5; i++) {
    snprintf (name, sizeof name, "scan-ff%x-1", i);
    put_file (dir, name, SCAN_FOLDER_BYTES / 4, 2000 - (time_t) i);
  }
  int other = make_image_file (0);
  scan_file (other, dir);
  assert_false (has_file (dir, "scan-ff0-1"));
  assert_false (has_file (dir, "scan-ff1-1"));
  assert_true (is_remembered (fd, dir));
  assert_true (is_remembered (other, dir));
  close (fd);
  close (other);
}

static void
loading_is_use (void **state)
{
  const struct timespec times[2] = { { 1600000000, 0 }, { 1600000000, 0 } };
  int fd = make_image_file (0);
  char *path = index_path (fd);
  struct stat st;

  (void) state;
  scan_file (fd, index_dir);
  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
  assert_true (is_remembered (fd, index_dir));
  assert_int_equal (stat (path, &st), 0);
  assert_true (st.st_mtim.tv_sec > 1600000000);
  free (path);
  close (fd);
}

static int
touch_file (void *opaque, uint64_t done, uint64_t total)
{
  (void) done;
  (void) total;
  assert_int_equal (futimens (*(int *) opaque, NULL), 0);
  return 0;
}

/* Damage, and a file that changes meanwhile. */
static void
nothing_else_than_intact_is_remembered (void **state)
{
  (void) state;
  for (size_t f = 0; f < NR_FORMATS; f++) {
    int fd = make_image_file (f);
    struct image *im = open_image (fd, index_dir);
    struct image_scan_result result;
    char error[512], byte;
    struct stat st;

    assert_int_equal (image_scan (im, touch_file, &fd, &result, error,
                                  sizeof error), -1);
    assert_false (image_is_scanned (im));
    image_close (im);
    assert_false (is_remembered (fd, index_dir));
    assert_int_equal (fstat (fd, &st), 0);
    assert_int_equal (pread (fd, &byte, 1, st.st_size / 2), 1);
    byte ^= 4;
    assert_int_equal (pwrite (fd, &byte, 1, st.st_size / 2), 1);
    if (formats[f].check) {
      im = open_image (fd, index_dir);
      assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error),
                        -1);
      assert_int_equal (errno, EBADMSG);
      assert_false (image_is_scanned (im));
      image_close (im);
      assert_false (is_remembered (fd, index_dir));
    }
    close (fd);
  }
}

static void
check_broken (struct image *im)
{
  struct image_scan_result result;
  unsigned char map[1000];
  char error[512], buf[10];

  assert_int_equal (image_pread (im, buf, sizeof buf, 0), -1);
  assert_int_equal (errno, EIO);
  assert_non_null (strstr (reported, "leaves out byte "));
  assert_int_equal (image_extents (im, 0, sizeof map, collect_extent, map), -1);
  assert_int_equal (errno, EIO);
  assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error), -1);
  assert_int_equal (errno, EBADMSG);
  assert_non_null (strstr (error, "leaves out byte "));
}

static void
promises_are_held_against_the_data (void **state)
{
  const uint64_t data = 2 * 1024 * 1024;
  char buf[100];

  (void) state;
  memset (content.data + data, 'x', 65536);
  for (size_t f = 0; f < NR_FORMATS; f++) {
    int fd = make_image_file (f);
    struct image_scan_result result;
    struct progress progress;
    unsigned char *map = malloc (LEN);
    struct image *im = open_image (fd, index_dir);
    char error[512];

    /* True ones, known without decoding. */
    image_promise_hole (im, 700000, 800000);
    if (f != 3) {
      struct image_statistics statistics;

      assert_int_equal (image_extents (im, 720896, 65536, collect_extent, map), 0);
      assert_int_equal (map[720896], 1);
      image_get_statistics (im, &statistics);
      assert_int_equal (statistics.decoded, 0);
    }
    scan_intact (im, &result, &progress);
    /* Wrong, against what is known. */
    image_promise_hole (im, data, LEN - data);
    check_broken (im);
    image_close (im);
    /* Remembered, of the promises nothing. */
    im = open_image (fd, index_dir);
    assert_true (image_is_scanned (im));
    image_promise_hole (im, data, 65536);
    check_broken (im);
    image_close (im);
    /* Found by a reader. */
    im = open_image (fd, NULL);
    image_promise_hole (im, data, 65536);
    assert_int_equal (image_pread (im, buf, sizeof buf, data + 10), -1);
    assert_int_equal (errno, EIO);
    check_broken (im);
    image_close (im);
    /* Found by the scan, which is not remembered. */
    close (fd);
    fd = make_image_file (f);
    im = open_image (fd, index_dir);
    image_promise_hole (im, 0, LEN);
    assert_int_equal (image_scan (im, NULL, NULL, &result, error, sizeof error),
                      -1);
    assert_int_equal (errno, EBADMSG);
    check_broken (im);
    image_close (im);
    assert_false (is_remembered (fd, index_dir));
    free (map);
    close (fd);
  }
}

/* The windows of gzip's access points may make the file large. */
static void
loading_is_fast (void **state)
{
  int fd = make_image_file (0);
  char *path = index_path (fd);
  const size_t len = 60 * 1024 * 1024;
  unsigned char *data = malloc (len), *found;
  struct timespec start, end;
  struct fault fault;
  unsigned char digest[DIGEST_SIZE];
  size_t found_len;

  (void) state;
  for (size_t i = 0; i < len; i++)
    data[i] = (unsigned char) (i * 7);
  if (scan_folder_write (index_dir, path, data, len, &fault) == -1)
    fail_msg ("%s", fault.text);
  clock_gettime (CLOCK_MONOTONIC, &start);
  assert_int_equal (scan_folder_read (path, &found, &found_len, &fault), 0);
  digest_of (found, found_len, digest);
  clock_gettime (CLOCK_MONOTONIC, &end);
  assert_int_equal (found_len, len);
  print_message ("60 MiB read and verified in %.1f ms\n",
                 (double) (end.tv_sec - start.tv_sec) * 1e3
                 + (double) (end.tv_nsec - start.tv_nsec) / 1e6);
  assert_int_equal (unlink (path), 0);
  free (found);
  free (data);
  free (path);
  close (fd);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (all_is_known_at_once),
    cmocka_unit_test (the_hash_is_remembered),
    cmocka_unit_test (the_folder_is_private),
    cmocka_unit_test (another_state_of_the_file_is_not_known),
    cmocka_unit_test (damage_to_the_index_is_found),
    cmocka_unit_test (forged_content_does_no_harm),
    cmocka_unit_test (what_others_may_have_written_is_ignored),
    cmocka_unit_test (too_large_is_ignored),
    cmocka_unit_test (several_writers),
    cmocka_unit_test (no_space_is_harmless),
    cmocka_unit_test (the_folder_is_pruned),
    cmocka_unit_test (loading_is_use),
    cmocka_unit_test (nothing_else_than_intact_is_remembered),
    cmocka_unit_test (promises_are_held_against_the_data),
    cmocka_unit_test (loading_is_fast),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
