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

static void
put (const char *folder, const char *file, const char *text)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s/%s", root, folder, file);
  FILE *f = fopen (path, "w");
  assert_non_null (f);
  assert_true (fputs (text, f) >= 0);
  assert_int_equal (fclose (f), 0);
}

/* FOLDER has the number NUMBER. */
static void
add_folder (const char *folder, const char *number)
{
  char path[256];

  snprintf (path, sizeof path, "%s/%s", root, folder);
  assert_int_equal (mkdir (path, 0700), 0);
  put (folder, "dev", number);
  snprintf (path, sizeof path, "%s/%s", root, number);
  assert_int_equal (symlink (folder, path), 0);
}

/* The partition with the minor number MINOR of 8:0 begins at SECTOR. */
static void
add (unsigned minor, unsigned long sector)
{
  char folder[32], number[32], start[32];

  snprintf (folder, sizeof folder, "sda/sda%u", minor);
  snprintf (number, sizeof number, "8:%u", minor);
  snprintf (start, sizeof start, "%lu\n", sector);
  add_folder (folder, number);
  put (folder, "partition", "1\n");
  put (folder, "start", start);
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
  block_device_sysfs = block_device_names = ram_root = root;
  add_folder ("sda", "8:0");
  snprintf (path, sizeof path, "%s/sda/queue", root);
  assert_int_equal (mkdir (path, 0700), 0);
  add (1, 8192);                /* 4 MiB: chunk 4 */
  add (2, 20479);               /* one sector before 10 MiB: 9 and 10 */
  add (3, 20480);               /* 10 again */
  add (4, 2048 * 1000);         /* behind the image's end */

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

/* As OpenWrt has it: a loop device over the end of a partition. */
static void
test_loop (void **state)
{
  uint64_t chunks[PARTITION_HEADS_MAX];
  char path[256];

  (void) state;
  add_folder ("loop0", "7:0");
  snprintf (path, sizeof path, "%s/loop0/loop", root);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (path, sizeof path, "%s/sda1", root);        /* as in class/block */
  assert_int_equal (symlink ("sda/sda1", path), 0);
  put ("loop0", "loop/backing_file", "/sda1\n");
  put ("loop0", "loop/offset", "17825792\n");  /* 17 MiB */
  size_t nr = partition_heads_list (makedev (8, 0), 100, chunks);
  assert_int_equal (nr, 5);
  assert_int_equal (has (chunks, nr, 4 + 17), 1);
}

static void
test_many (void **state)
{
  uint64_t chunks[PARTITION_HEADS_MAX];

  (void) state;
  for (unsigned long i = 10; i < 60; i++) {
    add ((unsigned) i, 2048 * i);
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
    cmocka_unit_test (test_loop),
    cmocka_unit_test (test_many),
  };

  return cmocka_run_group_tests (tests, NULL, remove_root);
}
