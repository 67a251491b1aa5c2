/* SPDX-License-Identifier: MIT */
/* What the tests of the decoders share: content that compresses like a disk
 * image, compressed files made of it, and report_error into a buffer. */

#ifndef IMAGE_SUPPORT_H
#define IMAGE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lzma.h>

#include "image.h"

/* The last error reported, "" if none since clear_report. */
extern char reported[1024];
void clear_report (void);

/* A byte string that grows. */
struct bytes
{
  unsigned char *data;
  size_t len;
};
void bytes_add (struct bytes *b, const void *data, size_t len);
void bytes_add_zeroes (struct bytes *b, size_t len);
void bytes_free (struct bytes *b);

/* LEN bytes: words, noise, and runs of zeroes of all lengths. */
struct bytes make_content (size_t len, unsigned seed);

/* Append a Stream with Blocks of BLOCK_SIZE bytes (0: one Block). */
void add_xz_stream (struct bytes *b, const void *data, size_t len,
                    size_t block_size, lzma_check check);

/* Append a gzip member. */
void add_gzip_member (struct bytes *b, const void *data, size_t len, int level);

/* An unlinked file with this content.  The caller closes it. */
int make_file (const struct bytes *b);

/* Open it as an image; NULL on failure, with the cause in REPORTED. */
struct image *open_bytes (const struct bytes *b,
                          const struct image_options *options);

#endif
