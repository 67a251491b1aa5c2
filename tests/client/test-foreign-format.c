/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foreign-format.h"

static void
test_known (void **state)
{
  unsigned char sector[512] = { 0 };

  (void) state;
  memcpy (sector, "PK\003\004", 4);
  assert_non_null (strstr (foreign_format (sector, sizeof sector), "zip"));
  memset (sector, 0, sizeof sector);
  memcpy (sector + 257, "ustar", 5);
  assert_non_null (strstr (foreign_format (sector, sizeof sector), "tar"));
  /* The signature lies beyond what was read. */
  assert_null (foreign_format (sector, 261));
}

static void
test_compressed (void **state)
{
  static const struct { const char *bytes; size_t len; const char *text; } all[] =
  {
    /* What the image server decompresses is compressed twice when it is still
     * seen here. */
    { "\x28\xb5\x2f\xfd", 4, "twice" },
    { "BZh91AY&SY", 10, "twice" },
    { "\x1f\x8b\x08", 3, "twice" },
    { "PK\003\004", 4, "within another" },
    { "7z\xbc\xaf\x27\x1c", 6, "7-Zip" },
    { "Rar!\x1a\x07", 6, "RAR" },
    { "\x04\x22\x4d\x18", 4, "lz4" },
    { "LZIP\001", 5, "lzip" },
    { "\x5d\0\0\0\x80", 5, "lzma" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    unsigned char sector[512] = { 0 };

    memcpy (sector, all[i].bytes, all[i].len);
    assert_non_null (foreign_format (sector, sizeof sector));
    assert_non_null (strstr (foreign_format (sector, sizeof sector),
                             all[i].text));
  }
}

static void
test_disks_pass (void **state)
{
  unsigned char sector[512] = { 0 };

  (void) state;
  assert_null (foreign_format (sector, sizeof sector));
  assert_null (foreign_format (sector, 0));
  memcpy (sector, "\xeb\x63\x90", 3);
  memcpy (sector + 510, "\x55\xaa", 2);
  assert_null (foreign_format (sector, sizeof sector));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_known),
    cmocka_unit_test (test_compressed),
    cmocka_unit_test (test_disks_pass),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
