/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include "hostile-support.h"

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature (address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void
make_xz_one_block (struct bytes *file, const struct bytes *content)
{
  add_xz_stream (file, content->data, content->len, 0, LZMA_CHECK_CRC64);
}

static void
make_xz_blocks (struct bytes *file, const struct bytes *content)
{
  add_xz_stream (file, content->data, content->len, content->len / 3 + 1,
                 LZMA_CHECK_CRC32);
}

static void
make_gzip (struct bytes *file, const struct bytes *content)
{
  add_gzip_member (file, content->data, content->len, 6);
}

static void
make_zstd (struct bytes *file, const struct bytes *content)
{
  ZSTD_CCtx *cctx = ZSTD_createCCtx ();
  const size_t room = ZSTD_compressBound (content->len);

  assert_non_null (cctx);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_checksumFlag, 1);
  bytes_add_zeroes (file, room);
  size_t n = ZSTD_compress2 (cctx, file->data + file->len - room, room,
                             content->data, content->len);
  assert_false (ZSTD_isError (n));
  file->len -= room - n;
  ZSTD_freeCCtx (cctx);
}

static void
make_bzip2 (struct bytes *file, const struct bytes *content)
{
  unsigned n = (unsigned) content->len + content->len / 100 + 600;
  const size_t room = n;

  bytes_add_zeroes (file, room);
  assert_int_equal (BZ2_bzBuffToBuffCompress ((char *) file->data + file->len - room,
                                              &n, (char *) content->data,
                                              (unsigned) content->len, 1, 0, 0),
                    BZ_OK);
  file->len -= room - n;
}

const struct hostile_format hostile_formats[] = {
  { "xz, one Block", IMAGE_XZ, 6, true, make_xz_one_block },
  { "xz, Blocks", IMAGE_XZ, 6, true, make_xz_blocks },
  { "gzip", IMAGE_GZIP, 3, false, make_gzip },
  { "zstd", IMAGE_ZSTD, 4, false, make_zstd },
  { "bzip2", IMAGE_BZIP2, 10, true, make_bzip2 },
};
const size_t nr_hostile_formats =
  sizeof hostile_formats / sizeof hostile_formats[0];

int
open_and_scan (const struct bytes *file, const struct image_options *options,
               struct image **im, char reason[1024])
{
  struct image_scan_result result;
  char error[400];

  reason[0] = '\0';
  *im = open_bytes (file, options);
  if (!*im) {
    snprintf (reason, 1024, "%s", reported);
    return -1;
  }
  int r = image_scan (*im, NULL, NULL, &result, error, sizeof error);
  if (r == -1)
    snprintf (reason, 1024, "%s", error);
  return r;
}

static void
add_xz_frame (struct bytes *file, lzma_index *index, bool footer)
{
  lzma_stream_flags flags = { .version = 0, .check = LZMA_CHECK_NONE,
                              .backward_size = lzma_index_size (index) };
  unsigned char buf[LZMA_STREAM_HEADER_SIZE];

  assert_int_equal (footer ? lzma_stream_footer_encode (&flags, buf)
                           : lzma_stream_header_encode (&flags, buf), LZMA_OK);
  bytes_add (file, buf, sizeof buf);
}

/* A Stream of NR times BLOCK, whose Index has these sizes for each. */
static void
add_xz_repeated (struct bytes *file, const struct bytes *block, uint64_t nr,
                 uint64_t unpadded_size, uint64_t disk_size)
{
  lzma_index *index = lzma_index_init (NULL);
  size_t position = 0;

  for (uint64_t i = 0; i < nr; i++)
    assert_int_equal (lzma_index_append (index, NULL, unpadded_size, disk_size),
                      LZMA_OK);
  add_xz_frame (file, index, false);
  add_repeated (file, block, nr);
  size_t size = lzma_index_size (index);
  bytes_add_zeroes (file, size);
  assert_int_equal (lzma_index_buffer_encode (index, file->data + file->len - size,
                                              &position, size), LZMA_OK);
  add_xz_frame (file, index, true);
  lzma_index_end (index, NULL);
}

void
add_xz_blocks (struct bytes *file, const struct bytes *content, uint64_t nr)
{
  lzma_options_lzma options;
  lzma_filter filters[2] = { { LZMA_FILTER_LZMA2, &options },
                             { LZMA_VLI_UNKNOWN, NULL } };
  lzma_block block = { .version = 0, .check = LZMA_CHECK_NONE, .filters = filters };
  struct bytes encoded = { NULL, 0 };

  assert_false (lzma_lzma_preset (&options, 0));
  bytes_add_zeroes (&encoded, lzma_block_buffer_bound (content->len));
  size_t room = encoded.len;
  encoded.len = 0;
  assert_int_equal (lzma_block_buffer_encode (&block, NULL, content->data,
                                              content->len, encoded.data,
                                              &encoded.len, room), LZMA_OK);
  add_xz_repeated (file, &encoded, nr, lzma_block_unpadded_size (&block),
                   content->len);
  bytes_free (&encoded);
}

void
add_xz_claims (struct bytes *file, uint64_t nr, uint64_t size)
{
  struct bytes nothing = { NULL, 0 };

  bytes_add_zeroes (&nothing, 8);       /* the smallest Block, with its padding */
  add_xz_repeated (file, &nothing, nr, 5, size);
  bytes_free (&nothing);
}

/* Every mebibyte is deflated in the same way when it ends in a full flush. */
void
add_gzip_zeroes (struct bytes *file, uint64_t size)
{
  static const unsigned char header[10] = { 0x1f, 0x8b, 8, [9] = 255 };
  static const unsigned char last_block[2] = { 3, 0 };
  struct bytes zeroes = { NULL, 0 }, part = { NULL, 0 };
  unsigned char trailer[8];
  z_stream strm;

  bytes_add_zeroes (&zeroes, MEBIBYTE);
  bytes_add_zeroes (&part, 16384);
  memset (&strm, 0, sizeof strm);
  assert_int_equal (deflateInit2 (&strm, 9, Z_DEFLATED, -MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
  strm.next_in = zeroes.data;
  strm.avail_in = (uInt) zeroes.len;
  strm.next_out = part.data;
  strm.avail_out = (uInt) part.len;
  assert_int_equal (deflate (&strm, Z_FULL_FLUSH), Z_OK);
  part.len -= strm.avail_out;
  deflateEnd (&strm);

  bytes_add (file, header, sizeof header);
  add_repeated (file, &part, size / MEBIBYTE);
  bytes_add (file, last_block, sizeof last_block);
  uLong one = crc32_z (0, zeroes.data, zeroes.len), all = 0;
  for (uint64_t i = 0; i < size / MEBIBYTE; i++)
    all = crc32_combine (all, one, (z_off_t) MEBIBYTE);
  for (int i = 0; i < 4; i++) {
    trailer[i] = (unsigned char) (all >> (8 * i));
    trailer[4 + i] = (unsigned char) (size >> (8 * i));
  }
  bytes_add (file, trailer, sizeof trailer);
  bytes_free (&part);
  bytes_free (&zeroes);
}

void
add_repeated (struct bytes *file, const struct bytes *part, size_t times)
{
  for (size_t i = 0; i < times; i++)
    bytes_add (file, part->data, part->len);
}

void
child_failed (int line, const char *condition)
{
  fprintf (stderr, "line %d: this does not hold: %s (reported: \"%s\")\n", line,
           condition, reported);
  _exit (1);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static uint64_t
own_rss (void)
{
  unsigned long size, resident = 0;
  FILE *f = fopen ("/proc/self/statm", "r");

  assert_non_null (f);
  assert_int_equal (fscanf (f, "%lu %lu", &size, &resident), 2);
  fclose (f);
  return resident * (uint64_t) sysconf (_SC_PAGESIZE);
}

void
run_watched (const char *what, void (*fn) (const struct bytes *),
             const struct bytes *file, uint64_t rss_max, unsigned seconds)
{
  /* What was freed would be used by the child before anything else. */
  malloc_trim (0);
  const double start = now ();
  const uint64_t before = own_rss ();
  struct rusage usage;
  int status;
  pid_t pid = fork ();

  assert_true (pid >= 0);
  if (pid == 0) {
    alarm (SANITIZED ? 10 * seconds : seconds);
    clear_report ();
    fn (file);
    _exit (0);
  }
  assert_int_equal (wait4 (pid, &status, 0, &usage), pid);
  uint64_t peak = (uint64_t) usage.ru_maxrss * 1024;
  uint64_t used = peak > before ? peak - before : 0;
  print_message ("           %s: %.2f s, %.1f MiB\n", what, now () - start,
                 (double) used / (double) MEBIBYTE);
  if (WIFSIGNALED (status))
    fail_msg ("%s: %s", what, WTERMSIG (status) == SIGALRM
              ? "not done in time" : strsignal (WTERMSIG (status)));
  assert_int_equal (WEXITSTATUS (status), 0);
  if (!SANITIZED && used > rss_max)
    fail_msg ("%s: %.1f MiB of memory", what, (double) used / (double) MEBIBYTE);
}
