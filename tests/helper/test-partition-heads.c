/* SPDX-License-Identifier: MIT */
/* Which chunks hold the superblocks of the old partitions, on a made-up sysfs. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "block-device.h"
#include "commands.h"
#include "partition-heads.h"

const char *ram_root = "";

static char root[] = "/tmp/test-partition-heads.XXXXXX";

/* The partition NAME of 8:0 begins at SECTOR. */
static void
add (const char *name, unsigned long sector)
{
  char path[256];

  snprintf (path, sizeof path, "%s/8:0/%s", root, name);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (path, sizeof path, "%s/8:0/%s/start", root, name);
  FILE *file = fopen (path, "w");
  assert_non_null (file);
  fprintf (file, "%lu\n", sector);
  assert_int_equal (fclose (file), 0);
}

static int
has (const uint64_t *chunks, size_t nr, uint64_t chunk)
{
  int found = 0;

  for (size_t i = 0; i < nr; i++)
    found += chunks[i] == chunk;
  return found;
}

static void
test_list (void **state)
{
  uint64_t chunks[PARTITION_HEADS_MAX];
  char path[256];

  (void) state;
  assert_non_null (mkdtemp (root));
  snprintf (path, sizeof path, "%s/8:0", root);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (path, sizeof path, "%s/8:0/queue", root);
  assert_int_equal (mkdir (path, 0700), 0);
  add ("sda1", 8192);           /* 4 MiB: chunk 4 */
  add ("sda2", 20479);          /* one sector before 10 MiB: 9 and 10 */
  add ("sda3", 20480);          /* 10 again */
  add ("sda4", 2048 * 1000);    /* behind the image's end */
  block_device_sysfs = root;

  size_t nr = partition_heads_list (makedev (8, 0), 100, chunks);
  assert_int_equal (nr, 4);
  assert_int_equal (has (chunks, nr, 0), 1);
  assert_int_equal (has (chunks, nr, 4), 1);
  assert_int_equal (has (chunks, nr, 9), 1);
  assert_int_equal (has (chunks, nr, 10), 1);

  /* A disk that sysfs does not know: its own head at least. */
  nr = partition_heads_list (makedev (8, 16), 100, chunks);
  assert_int_equal (nr, 1);
  assert_int_equal (chunks[0], 0);
}

static void
test_many (void **state)
{
  uint64_t chunks[PARTITION_HEADS_MAX];

  (void) state;
  for (unsigned long i = 10; i < 60; i++) {
    char name[16];
    snprintf (name, sizeof name, "sda%lu", i);
    add (name, 2048 * i);
  }
  assert_int_equal (partition_heads_list (makedev (8, 0), 100, chunks),
                    PARTITION_HEADS_MAX);
}

static int
remove_root (void **state)
{
  char command[256];

  (void) state;
  snprintf (command, sizeof command, "rm -rf '%s'", root);
  return system (command);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_list),
    cmocka_unit_test (test_many),
  };

  return cmocka_run_group_tests (tests, NULL, remove_root);
}
