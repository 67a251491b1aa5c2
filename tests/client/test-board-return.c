/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "board-return.h"
#include "neighbour-table.h"

static struct target_probe
disk (const char *name, const char *number, const char *serial, uint64_t size)
{
  struct target_probe p;

  target_probe_parse ("", &p);
  p.disk = name;
  p.disk_number = number;
  p.disk_serial = serial;
  p.disk_size = size;
  p.root_partition = "p2";
  return p;
}

static enum same_disk
compare (struct target_probe before, struct target_probe after)
{
  return board_return_compare (&before, &after);
}

static void
test_disk (void **state)
{
  struct target_probe none = disk ("", "", "", 0), refused, elsewhere;

  (void) state;
  assert_int_equal (compare (disk ("mmcblk0", "179:0", "0x1", 100),
                             disk ("mmcblk0", "179:0", "0x1", 100)), DISK_SAME);
  /* Another kernel counts the slots otherwise. */
  assert_int_equal (compare (disk ("mmcblk0", "179:0", "0x1", 100),
                             disk ("mmcblk1", "179:8", "0x1", 100)), DISK_SAME);
  /* The board has booted from the card that was left in it. */
  assert_int_equal (compare (disk ("mmcblk0", "179:0", "0x1", 100),
                             disk ("mmcblk0", "179:0", "0x2", 100)), DISK_OTHER);
  assert_int_equal (compare (disk ("mmcblk0", "179:0", "", 100),
                             disk ("mmcblk0", "179:0", "", 101)), DISK_OTHER);
  assert_int_equal (compare (disk ("vda", "254:0", "", 100),
                             disk ("vda", "253:0", "", 100)), DISK_SAME);
  assert_int_equal (compare (disk ("sda", "8:0", "", 100),
                             disk ("vda", "254:0", "", 100)), DISK_OTHER);
  assert_int_equal (compare (disk ("sda", "8:0", "", 100), none), DISK_UNKNOWN);
  refused = elsewhere = disk ("sda", "8:0", "", 100);
  refused.refused = "its root lies on two disks";
  assert_int_equal (compare (disk ("sda", "8:0", "", 100), refused), DISK_UNKNOWN);
  elsewhere.root_partition = "";
  assert_int_equal (compare (disk ("sda", "8:0", "", 100), elsewhere), DISK_UNKNOWN);
}

static void
test_identity (void **state)
{
  struct board_identity id;

  (void) state;
  board_identity_parse ("Welcome\nboot-id=0a-1b\nmac=DC:A6:32:01:02:03\n"
                        "mac=dc:a6:32:01:02:03\nmac=00:00:00:00:00:00\n"
                        "mac=dc:a6:32:01:02\nmac=dc:a6:32:01:02:0g\nmac=\n"
                        "mac=dc:a6:32:01:02:03:04\nmac=02:00:00:00:00:01", &id);
  assert_string_equal (id.boot_id, "0a-1b");
  assert_int_equal (id.nr_macs, 2);
  assert_string_equal (id.macs[0], "dc:a6:32:01:02:03");
  assert_string_equal (id.macs[1], "02:00:00:00:00:01");
  board_identity_parse ("boot-id=$(reboot)\n", &id);
  assert_string_equal (id.boot_id, "");
  assert_int_equal (id.nr_macs, 0);
}

static void
test_neighbours (void **state)
{
  static char table[] =
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.168.1.1      0x1         0x2         aa:aa:aa:aa:aa:aa     *        eth0\n"
    "192.168.1.100    0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    "192.168.1.107    0x1         0x2         DC:a6:32:01:02:03     *        eth0\n"
    "not-an-address   0x1         0x2         dc:a6:32:01:02:03     *        eth0\n"
    "10.0.0.9         0x1         0x2         dc:a6:32:01:02:03     *        wlan0\n"
    "10.0.0.10        0x1         0x2         dc:a6:32:01:02:03     *        wlan0\n";
  char found[2][NEIGHBOUR_ADDRESS_SIZE];
  struct board_identity id;
  FILE *f = fmemopen (table, sizeof table - 1, "r");

  (void) state;
  assert_non_null (f);
  board_identity_parse ("mac=dc:a6:32:01:02:03\n", &id);
  assert_int_equal (neighbour_table_find (f, &id, found, 2), 2);
  assert_string_equal (found[0], "192.168.1.107");
  assert_string_equal (found[1], "10.0.0.9");
  rewind (f);
  board_identity_parse ("", &id);
  assert_int_equal (neighbour_table_find (f, &id, found, 2), 0);
  fclose (f);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_disk),
    cmocka_unit_test (test_identity),
    cmocka_unit_test (test_neighbours),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
