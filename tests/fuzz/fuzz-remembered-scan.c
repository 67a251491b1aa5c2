/* SPDX-License-Identifier: MIT */
/* A remembered scan (remembered-scan.h) that is forged, with a right checksum and a
 * right head.  The input is a list of changes to a true one: two bytes that choose
 * the place, eight that come there; the first control bytes choose the image and where
 * the file is cut.  What such a file says of the content cannot be held against it; but
 * nothing may crash, hang, or take memory for a number. */

#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "digest.h"
#include "file-io.h"
#include "fuzz-support.h"
#include "image-scan.h"
#include "scan-folder.h"

#define CONTENT_SIZE (300 * 1024)
#define ROOM (CONTENT_SIZE + 10000)
#define CHANGE_SIZE 10
#define HEAD_SIZE (8 + 9 * 8)   /* magic, and the key that is the image's own */
#define NR_SUBJECTS 4

/* An image, and what is truly remembered of it. */
struct subject
{
  int fd;
  char *path;
  unsigned char *memory;
  size_t len;
};
static struct subject subjects[NR_SUBJECTS];
static char folder[] = "fuzz-remembered-XXXXXX";

static struct image *
open_subject (const struct subject *subject)
{
  const struct image_options options = { .memory_limit = 8 << 20, .threads = 2,
                                         .index_dir = folder };
  int fd = dup (subject->fd);

  FUZZ_CHECK (fd >= 0);
  return image_open (fd, "subject", &options);
}

static void
remove_folder (void)
{
  for (int i = 0; i < NR_SUBJECTS; i++)
    if (subjects[i].path)
      unlink (subjects[i].path);
  rmdir (folder);
}

/* Scan it, and keep the file that comes of it. */
static void
remember (struct subject *subject)
{
  struct image_scan_result result;
  struct stat st;
  char error[200];
  struct image *im = open_subject (subject);

  FUZZ_CHECK (im);
  FUZZ_CHECK (image_scan (im, NULL, NULL, &result, error, sizeof error) == 0);
  image_close (im);
  FUZZ_CHECK (fstat (subject->fd, &st) == 0);
  subject->path = scan_folder_path (folder, st.st_dev, st.st_ino);
  FUZZ_CHECK (subject->path);

  int fd = open (subject->path, O_RDONLY | O_CLOEXEC);
  FUZZ_CHECK (fd >= 0 && fstat (fd, &st) == 0);
  subject->len = (size_t) st.st_size;
  subject->memory = malloc (subject->len);
  FUZZ_CHECK (subject->memory && subject->len > HEAD_SIZE + DIGEST_SIZE);
  FUZZ_CHECK (full_read (fd, subject->memory, subject->len)
              == (ssize_t) subject->len);
  close (fd);
}

static void
add_subject (size_t number, const void *data, size_t len)
{
  subjects[number].fd = fuzz_memory_file (data, len);
  remember (&subjects[number]);
}

static size_t
make_gzip (unsigned char *content, unsigned char *out)
{
  z_stream strm;

  memset (&strm, 0, sizeof strm);
  FUZZ_CHECK (deflateInit2 (&strm, 1, Z_DEFLATED, 16 + MAX_WBITS, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  strm.next_in = content;
  strm.avail_in = CONTENT_SIZE;
  strm.next_out = out;
  strm.avail_out = ROOM;
  FUZZ_CHECK (deflate (&strm, Z_FINISH) == Z_STREAM_END);
  deflateEnd (&strm);
  return strm.total_out;
}

static void
make_subjects (void)
{
  unsigned char *content = malloc (CONTENT_SIZE), *out = malloc (ROOM);
  unsigned bz2_len = ROOM;
  uint32_t state = 1;
  size_t len = 0;

  FUZZ_CHECK (content && out && mkdtemp (folder));
  atexit (remove_folder);
  for (size_t i = 0; i < CONTENT_SIZE; i++) {
    state = state * 1664525 + 1013904223;
    content[i] = i / 65536 == 1 ? 0 : (unsigned char) (state >> 24);
  }
  add_subject (0, out, make_gzip (content, out));
  FUZZ_CHECK (lzma_easy_buffer_encode (0, LZMA_CHECK_CRC32, NULL, content,
                                       CONTENT_SIZE, out, &len, ROOM) == LZMA_OK);
  add_subject (1, out, len);
  len = ZSTD_compress (out, ROOM, content, CONTENT_SIZE, 1);
  FUZZ_CHECK (!ZSTD_isError (len));
  add_subject (2, out, len);
  FUZZ_CHECK (BZ2_bzBuffToBuffCompress ((char *) out, &bz2_len, (char *) content,
                                        CONTENT_SIZE, 1, 0, 0) == BZ_OK);
  add_subject (3, out, bz2_len);
  free (out);
  free (content);
}

/* Change MEMORY, which has LEN bytes, behind its head. */
static void
forge (unsigned char *memory, size_t len, const struct fuzz_file *changes)
{
  const uint8_t *change = changes->data;
  const size_t body = len - HEAD_SIZE - DIGEST_SIZE;

  for (size_t left = changes->len; left >= CHANGE_SIZE; left -= CHANGE_SIZE) {
    size_t at = (size_t) (change[0] | change[1] << 8) % (body + 1);
    size_t n = body - at < 8 ? body - at : 8;

    memcpy (memory + HEAD_SIZE + at, change + 2, n);
    change += CHANGE_SIZE;
  }
  digest_of (memory, len - DIGEST_SIZE, memory + len - DIGEST_SIZE);
}

static void
write_forged (const struct subject *subject, const struct fuzz_file *changes)
{
  unsigned char *memory = malloc (subject->len);
  size_t len = subject->len, least = HEAD_SIZE + DIGEST_SIZE;
  size_t cut = (size_t) (changes->control[1] | changes->control[2] << 8);

  FUZZ_CHECK (memory);
  memcpy (memory, subject->memory, len);
  if (cut > 0 && cut < len - least)
    len -= cut;
  forge (memory, len, changes);
  int fd = open (subject->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FUZZ_CHECK (fd >= 0 && full_write (fd, memory, len) == 0);
  close (fd);
  free (memory);
}

static int
ignore_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  (void) offset;
  (void) length;
  (void) hole;
  return ++*(unsigned *) opaque == 100;
}

static int
never_cancel (void *opaque, uint64_t done, uint64_t total)
{
  (void) opaque;
  FUZZ_CHECK (done <= total);
  return 0;
}

static void
use_subject (struct image *im, const uint8_t *control)
{
  static char buf[70000];
  struct image_scan_result result;
  unsigned char digest[DIGEST_SIZE];
  unsigned extents = 0;
  uint64_t size;
  char error[200];

  if (image_disk_size (im, &size) == 0 && size > 0) {
    uint64_t offset = (uint64_t) (control[0] | control[1] << 8) * 5 % size;
    uint64_t left = size - offset;

    image_extents (im, offset, left < 1 << 22 ? left : 1 << 22, ignore_extent,
                   &extents);
    image_pread (im, buf, left < sizeof buf ? (size_t) left : sizeof buf, offset);
    image_pread (im, buf, 1, size - 1);
    image_get_digest (im, control[0], digest);
  }
  image_scan (im, never_cancel, NULL, &result, error, sizeof error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file changes;

  if (!subjects[0].memory)
    make_subjects ();
  fuzz_file_init (&changes, data, size);
  const struct subject *subject = &subjects[changes.control[0] % NR_SUBJECTS];
  write_forged (subject, &changes);
  struct image *im = open_subject (subject);
  FUZZ_CHECK (im);
  use_subject (im, changes.control + 3);
  image_close (im);
  fuzz_file_free (&changes);
  return 0;
}
