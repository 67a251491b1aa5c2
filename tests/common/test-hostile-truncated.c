/* SPDX-License-Identifier: MIT */
/* A file that ends too early is never taken for a whole one, wherever it is cut;
 * the message names the place. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hostile-support.h"

#define SMALL 3000
#define LARGE (3 * 1024 * 1024 + 77)
#define LARGE_CUTS 64

static const struct image_options options = { .memory_limit = 8 << 20,
                                              .threads = 2 };

/* What can still be read must be the truth. */
static void
check_prefix (struct image *im, const struct bytes *content)
{
  unsigned char buf[512];

  if (image_pread (im, buf, sizeof buf, 0) == 0)
    assert_memory_equal (buf, content->data, sizeof buf);
}

static void
check_cut (const struct hostile_format *format, const struct bytes *file,
           size_t len, const struct bytes *content)
{
  struct bytes cut = { file->data, len };
  struct image *im;
  char reason[1024];

  if (open_and_scan (&cut, &options, &im, reason) == 0)
    fail_msg ("%s: %zu of %zu bytes were taken for the whole", format->name, len,
              file->len);
  /* "byte 123", "offset 123". */
  const char *place = strstr (reason, "byte ");
  if (!place)
    place = strstr (reason, "offset ");
  if (!place || !strpbrk (place, "0123456789"))
    fail_msg ("%s, %zu of %zu bytes: \"%s\" names no place", format->name, len,
              file->len, reason);
  if (im)
    check_prefix (im, content);
  image_close (im);
}

static void
cut_at_every_byte (void **state)
{
  struct bytes content = make_content (SMALL, 3);

  (void) state;
  for (size_t i = 0; i < nr_hostile_formats; i++) {
    struct bytes file = { NULL, 0 };

    hostile_formats[i].make (&file, &content);
    for (size_t len = hostile_formats[i].magic; len < file.len; len++)
      check_cut (&hostile_formats[i], &file, len, &content);
    bytes_free (&file);
  }
  bytes_free (&content);
}

static void
cut_a_large_file (void **state)
{
  struct bytes content = make_content (LARGE, 5);
  unsigned seed = 1;

  (void) state;
  for (size_t i = 0; i < nr_hostile_formats; i++) {
    struct bytes file = { NULL, 0 };

    hostile_formats[i].make (&file, &content);
    for (int n = 0; n < LARGE_CUTS; n++) {
      size_t magic = hostile_formats[i].magic;
      size_t len = magic + (size_t) rand_r (&seed) % (file.len - magic);

      check_cut (&hostile_formats[i], &file, len, &content);
    }
    for (size_t missing = 1; missing < 20; missing++)
      check_cut (&hostile_formats[i], &file, file.len - missing, &content);
    bytes_free (&file);
  }
  bytes_free (&content);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (cut_at_every_byte),
    cmocka_unit_test (cut_a_large_file),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
