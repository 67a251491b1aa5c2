/* SPDX-License-Identifier: MIT */
/* The parsers of what lies beside an image, on good and on hostile texts. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bmap-file.h"
#include "checksum-file.h"
#include "export-name.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

/* A copy without a NUL behind it, so that valgrind and ASan see what is read. */
static enum checksum_file_result
find (const char *text, size_t len, const char *name, bool own)
{
  unsigned char hash[CHECKSUM_SIZE] = { 0 };
  char *copy = malloc (len ? len : 1);

  assert_non_null (copy);
  memcpy (copy, text, len);
  enum checksum_file_result r = checksum_file_find (copy, len, name, own, hash);
  free (copy);
  if (r == CHECKSUM_FOUND) {
    assert_int_equal (hash[1], 0x11);
    assert_int_equal (hash[31], 0xff);
  }
  return r;
}

#define FIND(text, own) find (text, sizeof text - 1, "a.img", own)

static void
test_checksum_forms (void **state)
{
  (void) state;
  assert_int_equal (FIND (HASH "  a.img\n", false), CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH " *a.img", false), CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH "  ./a.img\r\n", false), CHECKSUM_FOUND);
  assert_int_equal (FIND ("SHA256 (a.img) = " HASH, false), CHECKSUM_FOUND);
  assert_int_equal (FIND ("\n# x\n" HASH "  a.img\n\n", false), CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH, true), CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH "  x/y/a.img", true), CHECKSUM_FOUND);
  assert_int_equal (find ("\\" HASH "  a\\\\b.img", 75, "a\\b.img", false),
                    CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH "  a.img\n" HASH " *a.img\n", false),
                    CHECKSUM_FOUND);
  assert_int_equal (FIND (HASH "  a.img\n" OTHER "  a.img\n", false),
                    CHECKSUM_CONTRADICTORY);
}

static void
test_checksum_absent (void **state)
{
  (void) state;
  assert_int_equal (FIND ("", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH, false), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  b.img", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  xa.img", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  a.imgx", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  a.img\0x", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  a.img\0", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  x/a.img", false), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "a.img", true), CHECKSUM_ABSENT);
  assert_int_equal (FIND (HASH "  ", true), CHECKSUM_FOUND);
  assert_int_equal (FIND ("SHA256 () = " HASH, true), CHECKSUM_ABSENT);
  assert_int_equal (FIND ("SHA256 (a.img) = " HASH "0", true), CHECKSUM_ABSENT);
}

#define BMAP(size, count, ranges) \
  "<?xml version='1.0'?><!DOCTYPE bmap><bmap version=\"1.4\">" \
  "<ImageSize>" size "</ImageSize><BlockSize>4096</BlockSize>" \
  "<BlocksCount>" count "</BlocksCount><BlockMap>" ranges \
  "</BlockMap></bmap>"

static struct bmap *
parse (const char *text, size_t len)
{
  char error[100], *copy = malloc (len ? len : 1);

  assert_non_null (copy);
  memcpy (copy, text, len);
  struct bmap *bmap = bmap_file_parse (copy, len, error, sizeof error);
  free (copy);
  assert_true ((bmap == NULL) == (*error != '\0'));
  return bmap;
}

static void
test_bmap (void **state)
{
  const char *text = BMAP (" 20000 ", "5", "<Range x='>'> 1 </Range>"
                           "<!-- <Range> 4 </Range> --><Range\n>2-3</Range>");
  struct bmap *bmap = parse (text, strlen (text));

  (void) state;
  assert_non_null (bmap);
  assert_int_equal (bmap->image_size, 20000);
  assert_int_equal (bmap->nr_holes, 2);
  assert_int_equal (bmap->holes[0].offset, 0);
  assert_int_equal (bmap->holes[0].length, 4096);
  assert_int_equal (bmap->holes[1].offset, 16384);
  assert_int_equal (bmap->holes[1].length, 20000 - 16384);
  bmap_free (bmap);
  for (size_t len = 0; len < strlen (text); len++)
    assert_null (parse (text, len));
}

static void
test_bmap_wrong (void **state)
{
  static const char *const texts[] = {
    BMAP ("20000", "4", ""), BMAP ("20000", "5", "<Range>5</Range>"),
    BMAP ("20000", "5", "<Range>3-2</Range>"),
    BMAP ("20000", "5", "<Range>1</Range><Range>1-2</Range>"),
    BMAP ("20000", "5", "<Range>1-</Range>"),
    BMAP ("20000", "5", "<Range>-1</Range>"), BMAP ("0", "0", ""),
    BMAP ("18446744073709551617", "1", ""),
    BMAP ("99999999999999999", "24414062500000", ""),
    "<bmap version=\"3.0\"></bmap>", "<bmap></bmap>", "<bmap",
    "<bmap version=\"2.0\"><BlockMap></BlockMap></bmap>",
    "<bmap version=\"2.0\"><Range>0</Range></bmap>", "<!--", "<!", "<", "</", "<>"
  };

  (void) state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    assert_null (parse (texts[i], strlen (texts[i])));
}

static void
test_export_names (void **state)
{
  char buf[EXPORT_NAME_ESCAPED_SIZE], name[1000];
  enum view view;

  (void) state;
  assert_int_equal (export_name_split ("a/b.img/stored", &view), 7);
  assert_int_equal (view, STORED_VIEW);
  assert_int_equal (export_name_split ("stored", &view), 6);
  assert_int_equal (view, DISK_VIEW);
  assert_null (image_path_fault ("a/\xc3\xa9.IMG"));
  assert_non_null (image_path_fault ("a/\xc0\xae.img"));
  assert_non_null (image_path_fault ("a/\xed\xa0\x80.img"));
  assert_non_null (image_path_fault ("a/\xc2\x85.img"));
  assert_non_null (image_path_fault ("a/b.img/"));
  assert_non_null (image_path_fault (".img"));
  for (int len = 380; len < 420; len++)
    for (int last = 0; last < 3; last++) {
      static const char *const ends[] = { "a", "\xf0\x9f\x98\x80", "\xff" };

      memset (name, 'x', sizeof name);
      strcpy (name + len, ends[last]);
      assert_true (strlen (export_name_escape (name, buf)) < sizeof buf);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_checksum_forms),
    cmocka_unit_test (test_checksum_absent),
    cmocka_unit_test (test_bmap),
    cmocka_unit_test (test_bmap_wrong),
    cmocka_unit_test (test_export_names),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
