/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <sys/sysmacros.h>

#include "mount-table.h"
#include "session-side.h"

struct seen
{
  int count;
  struct mount_entry last;
  char mount_point[128], source[128], type[32];
};

static int
see (void *opaque, const struct mount_entry *entry)
{
  struct seen *seen = opaque;

  seen->count++;
  seen->last = *entry;
  strcpy (seen->mount_point, entry->mount_point);
  strcpy (seen->source, entry->source);
  strcpy (seen->type, entry->type);
  return 0;
}

static int
read_text (const char *text, mount_table_fn fn, void *opaque)
{
  char path[32];

  make_file (path, text);
  int r = mount_table_read (path, fn, opaque);
  const int saved_errno = errno;
  assert_int_equal (unlink (path), 0);
  errno = saved_errno;
  return r;
}

static void
test_entry (void **state)
{
  struct seen seen = { .count = 0 };

  (void) state;
  assert_int_equal (read_text ("36 35 8:2 / /mnt/a\\040b\\134 rw,noatime "
                               "shared:1 master:2 - ext4 /dev/sda2 "
                               "rw,errors=remount-ro\n", see, &seen), 0);
  assert_int_equal (seen.count, 1);
  assert_true (seen.last.dev == makedev (8, 2));
  assert_string_equal (seen.mount_point, "/mnt/a b\\");
  assert_string_equal (seen.type, "ext4");
  assert_string_equal (seen.source, "/dev/sda2");
  assert_false (seen.last.read_only);
  assert_false (seen.last.read_only_here);
}

/* What tells is the super block: a mount may be read-only while its file system
 * is written to elsewhere, and errors=remount-ro is no "ro". */
static void
test_read_only (void **state)
{
  struct seen seen = { .count = 0 };

  (void) state;
  read_text ("1 0 8:1 / /a ro,nosuid - ext4 /dev/sda1 rw\n", see, &seen);
  assert_true (seen.last.read_only_here);
  assert_false (seen.last.read_only);
  read_text ("1 0 8:1 / /a rw - ext4 /dev/sda1 ro,seclabel\n", see, &seen);
  assert_false (seen.last.read_only_here);
  assert_true (seen.last.read_only);
}

static void
test_empty_source (void **state)
{
  struct seen seen = { .count = 0 };

  (void) state;
  assert_int_equal (read_text ("1 0 0:30 / /t rw - tmpfs  rw,size=1k\n", see,
                               &seen), 0);
  assert_string_equal (seen.source, "");
  assert_false (seen.last.read_only);
}

static int
stop (void *opaque, const struct mount_entry *entry)
{
  (void) entry;
  ++*(int *) opaque;
  return 7;
}

static void
test_stop (void **state)
{
  int count = 0;

  (void) state;
  assert_int_equal (read_text ("1 0 8:1 / /a rw - ext4 x rw\n"
                               "1 0 8:1 / /b rw - ext4 x rw\n", stop, &count),
                    7);
  assert_int_equal (count, 1);
}

static void
test_malformed (void **state)
{
  static const char *const lines[] = {
    "\n", "1 0 8:1\n", "1 0 8:1 / /a rw ext4 /dev/sda1 rw\n",
    "1 0 8:1 / /a rw -\n", "1 0 81 / /a rw - ext4 x rw\n",
    "1 0 8:1 / /a rw - ext4",
  };
  struct seen seen = { .count = 0 };

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    assert_int_equal (read_text (lines[i], see, &seen), -1);
    assert_int_equal (errno, EBADMSG);
  }
  assert_int_equal (seen.count, 0);
  assert_int_equal (mount_table_read ("no-such-file", see, &seen), -1);
  assert_int_equal (errno, ENOENT);
}

static void
test_this_machine (void **state)
{
  struct seen seen = { .count = 0 };

  (void) state;
  assert_int_equal (mount_table_read ("/proc/self/mountinfo", see, &seen), 0);
  assert_true (seen.count > 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_entry),
    cmocka_unit_test (test_read_only),
    cmocka_unit_test (test_empty_source),
    cmocka_unit_test (test_stop),
    cmocka_unit_test (test_malformed),
    cmocka_unit_test (test_this_machine),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
