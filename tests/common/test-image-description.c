/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "image-description.h"

static const struct image_description full = {
  .view = "disk", .format = "xz", .disk_size_known = true,
  .disk_size = UINT64_C (2688548864), .stored_size = 413875000,
  .modified = 1795878000, .proof = IMAGE_INTACT
};

static void
is_read_by_people (void **state)
{
  char text[IMAGE_DESCRIPTION_SIZE];

  (void) state;
  size_t len = image_description_format (&full, text);
  assert_int_equal (len, strlen (text));
  assert_string_equal (text, "view=disk format=xz disk-size=2688548864 "
                       "stored-size=413875000 modified=2026-11-28T15:00:00Z "
                       "integrity=intact");
}

static void
check_round_trip (const struct image_description *d)
{
  char text[IMAGE_DESCRIPTION_SIZE];
  struct image_description back;

  assert_true (image_description_format (d, text) < sizeof text);
  assert_true (image_description_parse (text, &back));
  assert_string_equal (back.view, d->view);
  assert_string_equal (back.format, d->format);
  assert_int_equal (back.disk_size_known, d->disk_size_known);
  assert_true (back.disk_size == d->disk_size);
  assert_true (back.stored_size == d->stored_size);
  assert_true (back.modified == d->modified);
  assert_int_equal (back.proof, d->proof);
}

static void
round_trips (void **state)
{
  struct image_description d = full;

  (void) state;
  check_round_trip (&d);
  memset (&d, 0, sizeof d);
  strcpy (d.format, "gzip");
  check_round_trip (&d);
  d.proof = IMAGE_DAMAGED;
  d.disk_size_known = true;
  d.disk_size = d.stored_size = UINT64_MAX;
  d.modified = INT64_C (253402300799);  /* the end of 9999 */
  strcpy (d.view, "integrity");
  check_round_trip (&d);
}

/* No year that does not fit the form. */
static void
odd_times_are_left_out (void **state)
{
  static const int64_t odd[] = {
    0, INT64_C (253402300800), INT64_MAX, INT64_MIN, -INT64_C (40000000000)
  };
  struct image_description d = full;

  (void) state;
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    char text[IMAGE_DESCRIPTION_SIZE];

    d.modified = odd[i];
    image_description_format (&d, text);
    assert_null (strstr (text, "modified"));
  }
}

/* Other servers have other words, and newer ones more keys. */
static void
takes_what_it_knows (void **state)
{
  struct image_description d;

  (void) state;
  assert_true (image_description_parse ("color=red stored-size=5 integrity=blue "
                                        "format=lz4 modified=yesterday "
                                        "disk-size=-1 view=UP%0a", &d));
  assert_string_equal (d.format, "lz4");
  assert_string_equal (d.view, "");
  assert_false (d.disk_size_known);
  assert_true (d.stored_size == 5);
  assert_true (d.modified == 0);
  assert_int_equal (d.proof, IMAGE_UNPROVEN);
}

static void
refuses_other_words (void **state)
{
  static const char *const others[] = {
    "", " ", "xz, 5 bytes (3 stored)", "format=xz", "stored-size=5",
    "format=xz stored-size=5x", "format=xz stored-size=5 then words",
    "format= stored-size=5", "format=%1b[2J stored-size=5",
    "format=averyverylongword stored-size=5", "format=x%zz stored-size=5"
  };
  char long_text[1000] = "format=xz stored-size=5 k=";
  struct image_description d;

  (void) state;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (image_description_parse (others[i], &d))
      fail_msg ("taken for a description: '%s'", others[i]);
  memset (long_text + strlen (long_text), 'v', 900);
  assert_false (image_description_parse (long_text, &d));
}

static void
times_are_exact (void **state)
{
  static const char *const bad[] = {
    "2026-11-28", "2026-11-28T15:00:00", "2026-11-28T15:00:00Zx",
    "2026-13-28T15:00:00Z", "2026-00-28T15:00:00Z", "2026-11-32T15:00:00Z",
    "2026-11-28T24:00:00Z", "2026-11-28T15:60:00Z", "2026-11-28T15:00:60Z",
    "+026-11-28T15:00:00Z",
    "0026-11-28T15:00:00Z", "2026-11-28 15:00:00Z"
  };
  struct image_description d;
  char text[IMAGE_DESCRIPTION_SIZE] = "format=xz stored-size=5 modified=";
  const size_t start = strlen (text);

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    strcpy (text + start, bad[i]);
    if (image_description_parse (text, &d) && d.modified != 0)
      fail_msg ("taken for a time: %s", bad[i]);
  }
  strcpy (text + start, "1970-01-02T00:00:01Z");
  assert_true (image_description_parse (text, &d));
  assert_true (d.modified == 86401);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (is_read_by_people),
    cmocka_unit_test (round_trips),
    cmocka_unit_test (odd_times_are_left_out),
    cmocka_unit_test (takes_what_it_knows),
    cmocka_unit_test (refuses_other_words),
    cmocka_unit_test (times_are_exact),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
