/* SPDX-License-Identifier: MIT */
#include "client-test.h"


#include "local-image.h"

/* A sysfs of our own: sda and mmcblk0 with partitions, an LVM volume over both, an
 * MD array on sda2, a loop device, a RAM disk without a device. */
static char sysfs[64];

static void
make (const char *command)
{
  char line[1024];

  snprintf (line, sizeof line, "cd '%s' && %s", sysfs, command);
  assert_int_equal (system (line), 0);
}

static int
make_sysfs (void **state)
{
  (void) state;
  snprintf (sysfs, sizeof sysfs, "/tmp/test-local-image-XXXXXX");
  if (!mkdtemp (sysfs))
    return -1;
  make ("mkdir -p dev/block d/sda/device d/sda/sda1 d/sda/sda2 d/mmcblk0/device "
        "d/mmcblk0/mmcblk0p1 d/dm-0/slaves d/md0/slaves d/loop0/loop d/zram0 d/dm-1/slaves");
  make ("echo 8:0 >d/sda/dev; echo 8:1 >d/sda/sda1/dev; echo 8:2 >d/sda/sda2/dev; "
        "echo 179:0 >d/mmcblk0/dev; echo 179:1 >d/mmcblk0/mmcblk0p1/dev; "
        "echo 253:0 >d/dm-0/dev; echo 9:0 >d/md0/dev; echo 7:0 >d/loop0/dev; "
        "echo 252:0 >d/zram0/dev; echo 253:1 >d/dm-1/dev; "
        "for p in sda/sda1 sda/sda2 mmcblk0/mmcblk0p1; do echo 1 >d/$p/partition; done");
  make ("for p in sda sda/sda1 sda/sda2 mmcblk0 mmcblk0/mmcblk0p1 dm-0 dm-1 md0 loop0 "
        "zram0; do ln -s ../../d/$p dev/block/$(cat d/$p/dev); done; "
        "ln -s ../../sda/sda2 d/md0/slaves/sda2; "
        "ln -s ../../md0 d/dm-0/slaves/md0; "
        "ln -s ../../mmcblk0/mmcblk0p1 d/dm-0/slaves/mmcblk0p1; "
        "ln -s ../../loop0 d/dm-1/slaves/loop0");
  return 0;
}

static int
remove_sysfs (void **state)
{
  char line[128];

  (void) state;
  snprintf (line, sizeof line, "rm -rf -- '%s'", sysfs);
  return system (line);
}

static void
test_places (void **state)
{
  static const struct
  {
    const char *device, *disk;
    enum image_place place;
  } cases[] = {
    { "8:1", "179:0", IMAGE_ELSEWHERE }, { "8:0", "179:0", IMAGE_ELSEWHERE },
    { "8:1", "8:0", IMAGE_ON_TARGET }, { "8:0", "8:0", IMAGE_ON_TARGET },
    { "9:0", "179:0", IMAGE_ELSEWHERE }, { "9:0", "8:0", IMAGE_ON_TARGET },
    /* Through two layers, and on one of two disks. */
    { "253:0", "8:0", IMAGE_ON_TARGET }, { "253:0", "179:0", IMAGE_ON_TARGET },
    { "253:0", "8:16", IMAGE_ELSEWHERE },
    { "7:0", "8:0", IMAGE_PLACE_UNKNOWN }, { "253:1", "8:0", IMAGE_PLACE_UNKNOWN },
    { "252:0", "8:0", IMAGE_PLACE_UNKNOWN },
    { "0:45", "8:0", IMAGE_PLACE_UNKNOWN },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal (local_image_place (sysfs, cases[i].device, cases[i].disk),
                      cases[i].place);
}

/* Devices that lie upon each other in a circle end, too. */
static void
test_circle (void **state)
{
  (void) state;
  make ("ln -s ../../dm-1 d/dm-1/slaves/dm-1");
  assert_int_equal (local_image_place (sysfs, "253:1", "8:0"), IMAGE_PLACE_UNKNOWN);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_places), cmocka_unit_test (test_circle)
  };

  return cmocka_run_group_tests (tests, make_sysfs, remove_sysfs);
}
