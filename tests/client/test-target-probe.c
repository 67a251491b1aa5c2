/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "target-probe.h"

#define ANSWER(body) "FLR1-PROBE-BEGIN\n" body "FLR1-PROBE-END\n"

static void
test_answer (void **state)
{
  struct target_probe p;

  (void) state;
  assert_int_equal (target_probe_parse (ANSWER (
    "machine=aarch64\nbits=32\nhostname=rpi\naccess=sudo\n"
    "model=Raspberry Pi 4 Model B Rev 1.4\n"
    "memory-total=948300\nmemory-available=700000\nsysrq=yes\nselinux=enforcing\n"
    "tool-busybox=/usr/bin/busybox\nunknown=key\nno equals sign\n"
    "root-partition=mmcblk0p2\ndisk=mmcblk0\ndisk-number=179:0\n"
    "disk-sectors=62333952\ndisk-block=512\ndisk-removable=0\n"
    "disk-read-only=0\ndisk-model=SC32G\ndisk-serial=0x1234\n"
    "partition=mmcblk0p1 8192 524288\npartition=mmcblk0p2 532480 61801472\n"
    "mount=mmcblk0p1 vfat /boot\\040firm\\011ware\nmount=mmcblk0p2 ext4 /\n"
    "swap=mmcblk0p3\nroot-stack=ext4 on a (LVM) on mmcblk0p2\n"
    "upon=mmcblk0p2 dm-0 a (LVM)\nother-disk=sda md0 (MD RAID 1)\n"), &p), 0);
  assert_string_equal (p.machine, "aarch64");
  assert_int_equal (p.bits, 32);
  assert_string_equal (p.access, "sudo");
  assert_int_equal (p.memory_available, 700000 * 1024);
  assert_string_equal (p.selinux, "enforcing");
  assert_string_equal (p.apparmor, "");
  assert_true (p.sysrq && !p.session_directory && !p.has_session);
  assert_string_equal (p.busybox, "/usr/bin/busybox");
  assert_string_equal (p.dd, "");
  assert_string_equal (p.refused, "");
  assert_string_equal (p.root_partition, "mmcblk0p2");
  assert_string_equal (p.disk_number, "179:0");
  assert_int_equal (p.disk_size, 62333952LL * 512);
  assert_int_equal (p.disk_block, 512);
  assert_string_equal (p.root_stack, "ext4 on a (LVM) on mmcblk0p2");
  assert_int_equal (p.nr_upon, 1);
  assert_string_equal (p.upon[0].partition, "mmcblk0p2");
  assert_string_equal (p.upon[0].device, "dm-0");
  assert_string_equal (p.upon[0].label, "a (LVM)");
  assert_int_equal (p.nr_others, 1);
  assert_string_equal (p.others[0].disk, "sda");
  assert_string_equal (p.others[0].label, "md0 (MD RAID 1)");
  assert_int_equal (p.nr_partitions, 2);
  assert_string_equal (p.partitions[1].name, "mmcblk0p2");
  assert_int_equal (p.partitions[1].start, 532480LL * 512);
  assert_int_equal (p.nr_mounts, 3);
  assert_string_equal (p.mounts[0].point, "/boot firm ware");
  assert_string_equal (p.mounts[2].type, "swap");
  assert_null (p.mounts[2].point);
  target_probe_release (&p);
  /* A board that cannot be reached again is not spoken of by what is freed. */
  assert_null (p.disk);
  assert_null (p.access);
  assert_int_equal (p.nr_partitions, 0);
}

static void
test_hostile (void **state)
{
  struct target_probe p;

  (void) state;
  assert_int_equal (target_probe_parse (ANSWER (
    "upon=x\nother-disk=\nmodel=\033]0;evil\aboard\ndisk-sectors=99999999999999999999\n"
    "memory-available=-5\npartition=\nmount=x\npartition=a\n"
    "mount=a ext4 /\\033[31m\n"), &p), 0);
  assert_string_equal (p.model, "]0;evilboard");
  assert_string_equal (p.upon[0].device, "");
  assert_string_equal (p.upon[0].label, "");
  assert_string_equal (p.others[0].disk, "");
  assert_int_equal (p.disk_size, 0);
  assert_int_equal (p.memory_available, 0);
  assert_int_equal (p.nr_partitions, 2);
  assert_string_equal (p.partitions[0].name, "");
  assert_string_equal (p.mounts[0].point, "");
  assert_string_equal (p.mounts[1].point, "/[31m");
  target_probe_release (&p);
}

static void
test_too_many (void **state)
{
  struct target_probe p;
  char *text = malloc (300000), *end = text;

  (void) state;
  end = stpcpy (end, "FLR1-PROBE-BEGIN\n");
  for (int i = 0; i < 3000; i++)
    end = stpcpy (end, "partition=x 1 1\nmount=x ext4 /x\nupon=x y z\n"
                  "other-disk=x y\n");
  stpcpy (end, "FLR1-PROBE-END\n");
  assert_int_equal (target_probe_parse (text, &p), 0);
  assert_int_equal (p.nr_partitions, PROBE_PARTITIONS_MAX);
  assert_int_equal (p.nr_mounts, PROBE_MOUNTS_MAX);
  assert_int_equal (p.nr_upon, PROBE_UPON_MAX);
  assert_int_equal (p.nr_others, PROBE_OTHERS_MAX);
  target_probe_release (&p);
  free (text);
}

static void
test_incomplete (void **state)
{
  struct target_probe p;

  (void) state;
  assert_int_equal (target_probe_parse ("", &p), -1);
  assert_int_equal (target_probe_parse ("sh: not found\n", &p), -1);
  assert_int_equal (target_probe_parse ("FLR1-PROBE-BEGIN\nmachine=x\n", &p), -1);
  assert_int_equal (target_probe_parse ("FLR1-PROBE-BEGIN\nFLR1-PROBE-END\n",
                                        &p), -1);
  target_probe_release (&p);
}

static void
test_chatter (void **state)
{
  struct target_probe p;
  const char *output = "Welcome!\nmachine=no\n" ANSWER ("machine=yes\n");
  char *chatter = target_probe_chatter (output);

  (void) state;
  assert_string_equal (chatter, "Welcome!\nmachine=no\n");
  assert_null (target_probe_chatter (ANSWER ("machine=x\n")));
  assert_int_equal (target_probe_parse (output, &p), 0);
  assert_string_equal (p.machine, "yes");
  target_probe_release (&p);
  free (chatter);
}

static void
test_session (void **state)
{
  struct target_probe p;

  (void) state;
  assert_int_equal (target_probe_parse (ANSWER (
    "session-directory=yes\nsession=FLR1 session session=0123456789abcdef "
    "state=writing attached=no image=a%20b%1B\n"), &p), 0);
  assert_true (p.session_directory && p.has_session);
  assert_string_equal (status_get (&p.session, "image"), "a b");
  target_probe_release (&p);
  assert_int_equal (target_probe_parse (ANSWER ("session=FLR1 other x=y\n"), &p),
                    0);
  assert_false (p.has_session);
  target_probe_release (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_answer),
    cmocka_unit_test (test_hostile),
    cmocka_unit_test (test_too_many),
    cmocka_unit_test (test_incomplete),
    cmocka_unit_test (test_chatter),
    cmocka_unit_test (test_session),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
