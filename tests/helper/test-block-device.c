/* SPDX-License-Identifier: MIT */
/* Over a sysfs of our own: sda (8:0) with sda1 and sda2, LUKS (253:0) on sda2,
 * LVM (253:1) on that; mmcblk0 (179:0) with one partition; a device that lies on
 * itself (253:9); loop devices (7:0, 7:1) over sda2 and over a file. */
#include <config.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block-device.h"
#include "session-side.h"

static char root[] = "block-device.XXXXXX";

static void
put (const char *path, const char *text)
{
  FILE *file = fopen (path, "w");

  assert_non_null (file);
  assert_true (fputs (text, file) >= 0);
  assert_int_equal (fclose (file), 0);
}

/* NAME may be "sda/sda1".  SLAVE: what it lies on, or NULL. */
static void
add (const char *name, const char *number, const char *size, int partition,
     const char *slave)
{
  char path[256], text[256];

  snprintf (path, sizeof path, "%s/%s", root, name);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (path, sizeof path, "%s/%s/dev", root, name);
  snprintf (text, sizeof text, "%s\n", number);
  put (path, text);
  snprintf (path, sizeof path, "%s/%s/size", root, name);
  put (path, size);
  snprintf (path, sizeof path, "%s/%s/partition", root, name);
  if (partition)
    put (path, "1\n");
  snprintf (path, sizeof path, "%s/%s/slaves", root, name);
  if (!partition)
    assert_int_equal (mkdir (path, 0700), 0);
  if (slave) {
    snprintf (path, sizeof path, "%s/%s/slaves/%s", root, name,
              strrchr (slave, '/') ? strrchr (slave, '/') + 1 : slave);
    snprintf (text, sizeof text, "../../%s", slave);
    assert_int_equal (symlink (text, path), 0);
  }
  snprintf (path, sizeof path, "%s/%s", root, number);
  assert_int_equal (symlink (name, path), 0);
}

static void
add_loop (const char *name, const char *file)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s/loop", root, name);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (path, sizeof path, "%s/%s/loop/backing_file", root, name);
  put (path, file);
}

static int
set_up (void **state)
{
  char link[64];

  (void) state;
  assert_non_null (mkdtemp (root));
  add ("sda", "8:0", "2048\n", 0, NULL);
  add ("sda/sda1", "8:1", "100\n", 1, NULL);
  add ("sda/sda2", "8:2", "100\n", 1, NULL);
  add ("dm-0", "253:0", "90\n", 0, "sda/sda2");
  add ("dm-1", "253:1", "80\n", 0, "dm-0");
  add ("mmcblk0", "179:0", "5000000000\n", 0, NULL);
  add ("mmcblk0/mmcblk0p1", "179:1", "10\n", 1, NULL);
  add ("dm-9", "253:9", "1\n", 0, "dm-9");
  add ("loop0", "7:0", "50\n", 0, NULL);
  add ("loop1", "7:1", "50\n", 0, NULL);
  add_loop ("loop0", "/sda2\n");
  add_loop ("loop1", "/etc/passwd\n");
  assert_int_equal (symlink ("sda/sda2", strcat (strcpy (link, root), "/sda2")), 0);
  block_device_sysfs = block_device_names = root;
  return 0;
}

static int
tear_down (void **state)
{
  char command[64];

  (void) state;
  snprintf (command, sizeof command, "rm -rf %s", root);
  return system (command);
}

static void
test_kind (void **state)
{
  uint64_t size;

  (void) state;
  assert_true (block_device_is_disk (makedev (8, 0)));
  assert_false (block_device_is_disk (makedev (8, 1)));
  assert_false (block_device_is_disk (makedev (99, 0)));
  assert_true (block_device_size (makedev (179, 0), &size));
  assert_true (size == UINT64_C (2560000000000));
  assert_false (block_device_size (makedev (99, 0), &size));
}

static void
test_on_disk (void **state)
{
  const dev_t sda = makedev (8, 0), mmc = makedev (179, 0);

  (void) state;
  assert_true (block_device_on_disk (sda, sda));
  assert_true (block_device_on_disk (makedev (8, 2), sda));
  assert_true (block_device_on_disk (makedev (253, 0), sda));
  assert_true (block_device_on_disk (makedev (253, 1), sda));
  assert_true (block_device_on_disk (makedev (179, 1), mmc));
  assert_false (block_device_on_disk (makedev (179, 1), sda));
  assert_false (block_device_on_disk (makedev (253, 1), mmc));
  assert_true (block_device_on_disk (makedev (7, 0), sda));
  assert_false (block_device_on_disk (makedev (7, 0), mmc));
  assert_false (block_device_on_disk (makedev (7, 1), sda));
  /* The disk does not lie on its partition. */
  assert_false (block_device_on_disk (sda, makedev (8, 1)));
  assert_false (block_device_on_disk (makedev (0, 25), sda));
  assert_false (block_device_on_disk (makedev (253, 9), sda));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_kind),
    cmocka_unit_test (test_on_disk),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
