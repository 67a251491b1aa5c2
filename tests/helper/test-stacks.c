/* SPDX-License-Identifier: MIT */
/* What lies on the target, over a sysfs of our own: the array md0 (9:0) has
 * members on sda (8:0) and sdb (8:16), and the disk counts its writes. */
#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "block-device.h"
#include "commands.h"
#include "session-side.h"

static char root[] = "stacks.XXXXXX";

static int
set_up (void **state)
{
  (void) state;
  assert_non_null (mkdtemp (root));
  run_in (root, "mkdir -p sda/sda2 sdb md0/md/dev-sda2 md0/md/dev-sdb && "
       "echo 8:0 >sda/dev && echo 8:2 >sda/sda2/dev && echo 2 >sda/sda2/partition && "
       "echo 8:16 >sdb/dev && echo 9:0 >md0/dev && "
       "ln -s sda 8:0 && ln -s sda/sda2 8:2 && ln -s sdb 8:16 && ln -s md0 9:0 && "
       "ln -s ../../../sda/sda2 md0/md/dev-sda2/block && "
       "ln -s ../../../sdb md0/md/dev-sdb/block && "
       "for m in sda2 sdb; do echo in_sync >md0/md/dev-$m/state; "
       "echo none >md0/md/dev-$m/slot; done && "
       "echo '9 0 90 5 100 0 800 7 0 5 5' >sda/stat");
  block_device_sysfs = root;
  return setenv ("FLASH_TARGET", "8:0", 1);
}

static int
tear_down (void **state)
{
  char command[64];

  (void) state;
  snprintf (command, sizeof command, "rm -rf %s", root);
  return system (command);
}

static int
arrays (const char *what)
{
  char name[] = "arrays", argument[16];
  char *argv[] = { name, argument, NULL };

  snprintf (argument, sizeof argument, "%s", what);
  return arrays_command (2, argv);
}

static void
test_arrays (void **state)
{
  (void) state;
  assert_int_equal (arrays ("join"), 0);        /* nothing was taken away */
  run_in (root, "grep -q in_sync md0/md/dev-sda2/state");
  assert_int_equal (arrays ("leave"), 0);
  run_in (root, "grep -q '^faulty' md0/md/dev-sda2/state && "
          "grep -qx in_sync md0/md/dev-sdb/state");
  assert_int_equal (arrays ("leave"), 0);
  assert_int_equal (arrays ("join"), 0);
  run_in (root, "grep -q '^re-add' md0/md/dev-sda2/state && "
          "grep -qx in_sync md0/md/dev-sdb/state");
  assert_int_equal (arrays ("away"), 1);
}

static int
wait_quiet (void)
{
  char name[] = "wait-quiet";
  char *argv[] = { name, NULL };

  return wait_quiet_command (1, argv);
}

static void
count_write (int number, bool more)
{
  char line[128];

  snprintf (line, sizeof line, "echo '9 0 90 5 %d 0 800 7 %d 5 5' >sda/stat.new && "
            "mv sda/stat.new sda/stat", number, more);
  run_in (root, line);
}

/* Writes that end, while somebody waits; the last one leaves nothing behind. */
static void *
write_on (void *opaque)
{
  (void) opaque;
  for (int i = 102; i <= 120; i++) {
    usleep (100000);
    count_write (i, i < 120);
  }
  return NULL;
}

static void
test_quiet (void **state)
{
  pthread_t thread;

  (void) state;
  assert_int_equal (wait_quiet (), 0);
  count_write (101, true);
  assert_int_equal (pthread_create (&thread, NULL, write_on, NULL), 0);
  assert_int_equal (wait_quiet (), 0);
  run_in (root, "grep -q '9 0 90 5 120 0 800 7 0 5 5' sda/stat");
  pthread_join (thread, NULL);
  run_in (root, "rm sda/stat");
  assert_int_equal (wait_quiet (), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_arrays),
    cmocka_unit_test (test_quiet),
  };

  return cmocka_run_group_tests (tests, set_up, tear_down);
}
