/* SPDX-License-Identifier: MIT */
/* Over a sysfs of our own: one btrfs on a partition of sda and on sdb. */
#include <config.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-device.h"
#include "btrfs-devices.h"
#include "session-side.h"

static char root[] = "btrfs-devices.XXXXXX";

static void
test_devices (void **state)
{
  const dev_t sda = makedev (8, 0), sda1 = makedev (8, 1), sdb = makedev (8, 16);
  char sysfs[64], btrfs[64];
  dev_t device;

  (void) state;
  assert_non_null (mkdtemp (root));
  snprintf (sysfs, sizeof sysfs, "%s/block", root);
  snprintf (btrfs, sizeof btrfs, "%s/btrfs", root);
  block_device_sysfs = sysfs;
  btrfs_sysfs = btrfs;
  assert_false (btrfs_only_device (&device));
  assert_false (btrfs_on_disk (sda1, sda));
  run_in (root, "mkdir -p block/sda/sda1 block/sdb block/sdc/sdc1 btrfs/features && "
          "cd block && "
       "echo 8:0 >sda/dev && echo 8:1 >sda/sda1/dev && echo 1 >sda/sda1/partition && "
       "echo 8:16 >sdb/dev && echo 8:32 >sdc/dev && "
       "ln -s sda 8:0 && ln -s sda/sda1 8:1 && ln -s sdb 8:16 && ln -s sdc 8:32");
  assert_false (btrfs_only_device (&device));
  run_in (root, "mkdir -p btrfs/1-2/devices && "
          "ln -s ../../../block/sda/sda1 btrfs/1-2/devices/");
  assert_true (btrfs_only_device (&device));
  assert_true (device == sda1);
  run_in (root, "ln -s ../../../block/sdb btrfs/1-2/devices/");
  assert_true (btrfs_on_disk (sda1, sda));
  assert_true (btrfs_on_disk (sda1, sdb));
  assert_true (btrfs_on_disk (sdb, sda));
  assert_false (btrfs_on_disk (sdb, makedev (8, 32)));
  assert_false (btrfs_on_disk (makedev (8, 32), sda));
  run_in (root, "mkdir -p btrfs/3-4/devices && "
          "ln -s ../../../block/sdc btrfs/3-4/devices/");
  assert_false (btrfs_only_device (&device));
  run_in (root, "rm -r block btrfs");
  assert_int_equal (rmdir (root), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_devices),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
