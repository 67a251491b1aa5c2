/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "image-listing.h"
#include "remote-images.h"

static void
test_ages (void **state)
{
  char text[AGE_TEXT_MAX];

  (void) state;
  assert_string_equal (age_text (1000, 1000, text), "new");
  assert_string_equal (age_text (2000, 1000, text), "new");
  assert_string_equal (age_text (1000, 1060, text), "1 minute");
  assert_string_equal (age_text (0, 3 * 86400 + 5, text), "3 days");
  assert_string_equal (age_text (0, 800 * 86400L, text), "2 years");
}

static void
test_table (void **state)
{
  struct listed_row rows[] = {
    { .name = "h\xc3\xa4los.img.xz", .ours = true, .description = "" },
    { .name = "a", .ours = true, .description = "" },
    { .name = "b", .description = "a disk" },
  };
  char *text;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  (void) state;
  assert_non_null (f);
  assert_true (image_description_parse (
    "format=xz disk-size=2000000000 stored-size=4000 "
    "modified=2026-11-28T15:00:00Z integrity=intact", &rows[0].image));
  assert_true (image_description_parse (
    "format=gzip stored-size=7 integrity=damaged", &rows[1].image));
  image_listing_print (f, rows, 3, 1795878000 + 7200);
  assert_int_equal (fclose (f), 0);
  assert_string_equal (text,
    "NAME          FORMAT    DISK   STORED      AGE  INTEGRITY\n"
    "h\xc3\xa4los.img.xz  xz      2.0 GB   4.0 kB  2 hours  proven\n"
    "a             gzip         -  7 bytes        -  DAMAGED\n"
    "b             -            -        -        -  a disk\n");
  free (text);
}

static void
assert_near (const char *wanted, const char *first)
{
  struct remote_export exports[] = {
    { (char *) "halos/halos-marine-2026-11-28-raspberrypi.img.xz", NULL },
    { (char *) "halos/halos-marine-2026-11-27-raspberrypi.img.xz", NULL },
    { (char *) "tools/memtest.img", NULL }, { (char *) "", NULL },
    { (char *) "debian.img", NULL },
  };
  const struct remote_list list = { .exports = exports, .nr = 5 };
  const char *near[4] = { NULL };
  const size_t nr = remote_images_near (&list, wanted, near, 4);

  if (!first)
    assert_int_equal (nr, 0);
  else
    assert_string_equal (near[0], first);
}

static void
test_near_names (void **state)
{
  (void) state;
  assert_near ("halos-marine-2026-11-28-raspberrypi.img.xz",
               "halos/halos-marine-2026-11-28-raspberrypi.img.xz");
  assert_near ("elsewhere/halos-marine-2026-11-27-rasberrypi.img.xz",
               "halos/halos-marine-2026-11-27-raspberrypi.img.xz");
  assert_near ("memtest", "tools/memtest.img");
  assert_near ("debain.img", "debian.img");
  assert_near ("DEBIAN.IMG", "debian.img");
  assert_near ("x", NULL);
  assert_near ("", NULL);
  assert_near ("windows.iso", NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_ages),
    cmocka_unit_test (test_table),
    cmocka_unit_test (test_near_names),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
