/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "file-io.h"
#include "image-support.h"
#include "report.h"

char reported[1024];

void
report_error (enum error_code code, const char *fmt, ...)
{
  const int saved = errno;
  va_list args;

  (void) code;
  /* Threads may report at the same time; the last one wins. */
  va_start (args, fmt);
  vsnprintf (reported, sizeof reported, fmt, args);
  va_end (args);
  errno = saved;
}

void
clear_report (void)
{
  reported[0] = '\0';
}

/* Room for LEN more bytes.  It doubles when it grows, so that many small additions
 * do not take for ever. */
static void
reserve (struct bytes *b, size_t len)
{
  size_t had = 1, room = 1;

  while (had <= b->len)
    had *= 2;
  while (room <= b->len + len)
    room *= 2;
  if (!b->data || room != had)
    b->data = realloc (b->data, room);
  assert_non_null (b->data);
}

void
bytes_add (struct bytes *b, const void *data, size_t len)
{
  reserve (b, len);
  if (len > 0)
    memcpy (b->data + b->len, data, len);
  b->len += len;
}

void
bytes_add_zeroes (struct bytes *b, size_t len)
{
  reserve (b, len);
  memset (b->data + b->len, 0, len);
  b->len += len;
}

void
bytes_free (struct bytes *b)
{
  free (b->data);
  b->data = NULL;
  b->len = 0;
}

static uint32_t
next_random (uint32_t *state)
{
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

struct bytes
make_content (size_t len, unsigned seed)
{
  struct bytes b = { NULL, 0 };
  uint32_t state = seed;

  bytes_add_zeroes (&b, len);
  for (size_t i = 0; i < len;) {
    size_t run = 1 + next_random (&state) % (160 * 1024);
    unsigned kind = next_random (&state) % 3;

    if (run > len - i)
      run = len - i;
    for (size_t j = 0; j < run && kind > 0; j++)
      b.data[i + j] = kind == 1
                      ? (unsigned char) next_random (&state)
                      : (unsigned char) ("disk image "[j % 11] + (j / 4096) % 7);
    i += run;
  }
  return b;
}

/* Run the encoder over DATA and append what comes out. */
static void
encode (struct bytes *b, lzma_stream *strm, const unsigned char *data,
        size_t len, size_t block_size)
{
  unsigned char out[16384];
  size_t done = 0;
  lzma_ret ret = LZMA_OK;

  while (ret != LZMA_STREAM_END) {
    size_t n = len - done;
    bool more = block_size > 0 && n > block_size;

    if (more)
      n = block_size;
    strm->next_in = data + done;
    strm->avail_in = n;
    done += n;
    do {
      strm->next_out = out;
      strm->avail_out = sizeof out;
      ret = lzma_code (strm, more ? LZMA_FULL_FLUSH : LZMA_FINISH);
      assert_true (ret == LZMA_OK || ret == LZMA_STREAM_END);
      bytes_add (b, out, sizeof out - strm->avail_out);
    } while (ret != LZMA_STREAM_END);
    if (more)
      ret = LZMA_OK;
  }
}

void
add_xz_stream (struct bytes *b, const void *data, size_t len, size_t block_size,
               lzma_check check)
{
  lzma_stream strm = LZMA_STREAM_INIT;

  assert_int_equal (lzma_easy_encoder (&strm, 0, check), LZMA_OK);
  encode (b, &strm, data, len, block_size);
  lzma_end (&strm);
}

void
add_gzip_member (struct bytes *b, const void *data, size_t len, int level)
{
  z_stream strm;
  unsigned char out[16384];
  int ret;

  memset (&strm, 0, sizeof strm);
  assert_int_equal (deflateInit2 (&strm, level, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
  strm.next_in = (unsigned char *) (uintptr_t) data;
  strm.avail_in = (uInt) len;
  do {
    strm.next_out = out;
    strm.avail_out = sizeof out;
    ret = deflate (&strm, Z_FINISH);
    bytes_add (b, out, sizeof out - strm.avail_out);
  } while (ret == Z_OK);
  assert_int_equal (ret, Z_STREAM_END);
  deflateEnd (&strm);
}

int
make_file (const struct bytes *b)
{
  char path[] = "image-test-XXXXXX";
  int fd = mkstemp (path);

  assert_true (fd >= 0);
  assert_int_equal (unlink (path), 0);
  assert_int_equal (full_write (fd, b->data, b->len), 0);
  return fd;
}

struct image *
open_bytes (const struct bytes *b, const struct image_options *options)
{
  clear_report ();
  return image_open (make_file (b), "test-image", options);
}
