/* SPDX-License-Identifier: MIT */
/* One flipped bit, wherever it is: either the scan finds it, or it lies in a field
 * that says nothing about the content, and the disk view is right all the same. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostile-support.h"

#define LEN 2000

static const struct image_options options = { .memory_limit = 8 << 20,
                                              .threads = 1 };

/* Text: a small file has few bits. */
static struct bytes
make_text (void)
{
  struct bytes content = { NULL, 0 };

  bytes_add_zeroes (&content, LEN);
  for (size_t i = 0; i < LEN; i++)
    content.data[i] = (unsigned char) ("hostile image\n"[i % 14] + i / 700);
  return content;
}

static void
check_intact (const struct hostile_format *format, struct image *im, size_t bit,
              const struct bytes *content)
{
  unsigned char buf[LEN];
  uint64_t size = 0;

  if (image_disk_size (im, &size) == -1 || size != LEN
      || image_pread (im, buf, LEN, 0) == -1
      || memcmp (buf, content->data, LEN) != 0)
    fail_msg ("%s: with bit %zu flipped the scan finds nothing, and the disk view "
              "is another", format->name, bit);
}

/* Readers of a damaged file: an error or the truth, where nothing is handed out
 * that is not verified. */
static void
check_damaged (const struct hostile_format *format, struct image *im, size_t bit,
               const struct bytes *content)
{
  unsigned char buf[100];

  if (format->whole && image_pread (im, buf, sizeof buf, 0) == 0
      && memcmp (buf, content->data, sizeof buf) != 0)
    fail_msg ("%s: with bit %zu flipped a reader gets garbage", format->name, bit);
}

static void
check_flipped (const struct hostile_format *format, struct bytes *file, size_t bit,
               const struct bytes *content, unsigned *harmless)
{
  const unsigned char mask = (unsigned char) (1 << bit % 8);
  struct image *im;
  char reason[1024];

  file->data[bit / 8] ^= mask;
  if (open_and_scan (file, &options, &im, reason) == 0) {
    check_intact (format, im, bit, content);
    ++*harmless;
  }
  else if (reason[0] == '\0')
    fail_msg ("%s, bit %zu: no reason", format->name, bit);
  else if (im)
    check_damaged (format, im, bit, content);
  image_close (im);
  file->data[bit / 8] ^= mask;
}

static void
flip_every_bit (void **state)
{
  struct bytes content = make_text ();

  (void) state;
  for (size_t i = 0; i < nr_hostile_formats; i++) {
    const struct hostile_format *format = &hostile_formats[i];
    struct bytes file = { NULL, 0 };
    unsigned harmless = 0;

    format->make (&file, &content);
    for (size_t bit = 8 * format->magic; bit < 8 * file.len; bit++)
      check_flipped (format, &file, bit, &content, &harmless);
    print_message ("           %s: %zu bits, %u of them harmless\n", format->name,
                   8 * file.len, harmless);
    bytes_free (&file);
  }
  bytes_free (&content);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (flip_every_bit) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
