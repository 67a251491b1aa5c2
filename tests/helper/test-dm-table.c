/* SPDX-License-Identifier: MIT */
/* The lines of a device mapper's table, as `dmsetup table` shows them. */
#include <config.h>

#include <sys/sysmacros.h>

#include "dm-table.h"
#include "session-side.h"

static bool
parse (const char *type, const char *parameters, struct dm_segment *segment)
{
  char text[256];

  snprintf (text, sizeof text, "%s", parameters);
  return dm_segment_parse (type, text, segment);
}

static void
test_known (void **state)
{
  static const struct { const char *type, *parameters; uint64_t offset; } lines[] = {
    { "linear", "8:2 2048", 2048 },
    { "striped", "2 128 8:2 384 8:17 384", 384 },
    { "crypt", "aes-xts-plain64 :64:logon:cryptsetup:x-d0 0 8:2 32768", 32768 },
    { "crypt", "aes-xts-plain64 00ff 0 8:2 32768 1 allow_discards", 32768 },
    { "verity", "1 8:2 8:3 4096 4096 262144 1 sha256 aa bb", 0 },
    { "snapshot-origin", "8:2", 0 },
    { "linear", "8:2 18446744073709551615", UINT64_MAX },
  };
  struct dm_segment segment;

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    assert_true (parse (lines[i].type, lines[i].parameters, &segment));
    assert_true (segment.device == makedev (8, 2));
    assert_true (segment.offset == lines[i].offset);
  }
}

static void
test_unknown (void **state)
{
  static const char *const lines[][2] = {
    { "thin", "253:3 1" }, { "snapshot", "8:2 8:3 P 8" }, { "zero", "" },
    { "linear", "" }, { "linear", "8:2" }, { "linear", "sda2 0" },
    { "linear", "8:2 x" }, { "linear", "8:2 5x" }, { "linear", "8 0" },
    { "crypt", "aes 00ff 0" }, { "linear", "8:2 99999999999999999999" },
  };
  struct dm_segment segment;

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    assert_false (parse (lines[i][0], lines[i][1], &segment));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_known),
    cmocka_unit_test (test_unknown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
