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
    cmocka_unit_test (test_disks_pass),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
