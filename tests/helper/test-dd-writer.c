/* SPDX-License-Identifier: MIT */
/* dd_write with the real dd, and with ones that misbehave (scripts made here). */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "dd-writer.h"
#include "say.h"

#define MIB (1u << 20)
#define FILE_SIZE (4 * MIB)

static char dir[] = "dd-test.XXXXXX";
static char target[64], script[64];
static char said[DD_FAILURE_SIZE];
static unsigned char data[3 * MIB + 5], file[FILE_SIZE];

/* In place of the session side. */
void
say (const char *type, ...)
{
  (void) type;
}

static int
set_up (void **state)
{
  (void) state;
  strcpy (dir, "dd-test.XXXXXX");
  if (!mkdtemp (dir))
    return -1;
  snprintf (target, sizeof target, "%s/target", dir);
  snprintf (script, sizeof script, "%s/dd", dir);
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (unsigned char) (i * 7 >> 4);
  memset (file, 0xaa, sizeof file);
  *said = '\0';
  FILE *f = fopen (target, "w");
  if (!f || fwrite (file, 1, sizeof file, f) != sizeof file)
    return -1;
  return fclose (f);
}

static int
tear_down (void **state)
{
  (void) state;
  unlink (target);
  unlink (script);
  return rmdir (dir);
}

static const char *
real_dd (void)
{
  return access ("/bin/dd", X_OK) == 0 ? "/bin/dd" : "/usr/bin/dd";
}

static void
make_script (const char *text)
{
  FILE *f = fopen (script, "w");

  assert_non_null (f);
  fprintf (f, "#!/bin/sh\n%s\n", text);
  assert_int_equal (fclose (f), 0);
  assert_int_equal (chmod (script, 0700), 0);
}

static int
write_with (const char *dd, size_t len, uint64_t offset, bool direct)
{
  struct dd_writer w = {
    .dd = dd, .target = target, .block_size = 4096, .direct = direct,
  };

  const int r = dd_write (&w, data, len, offset);
  snprintf (said, sizeof said, "%s", w.failure);
  return r;
}

/* The file has LEN bytes of data at OFFSET, and is otherwise as it was. */
static void
assert_written (size_t len, size_t offset)
{
  static unsigned char now[FILE_SIZE + 1];
  FILE *f = fopen (target, "r");

  assert_non_null (f);
  assert_int_equal (fread (now, 1, sizeof now, f), FILE_SIZE);
  fclose (f);
  memcpy (file + offset, data, len);
  assert_memory_equal (now, file, FILE_SIZE);
}

static void
test_sizes (void **state)
{
  static const size_t sizes[] = { 1, 511, 512, 4095, 4096, 4097, MIB - 1, MIB,
                                  MIB + 1, 2 * MIB + 513, 3 * MIB + 5 };

  (void) state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    assert_int_equal (write_with (real_dd (), sizes[i], 0,
                                  dd_writer_can_direct (target)), 0);
    assert_written (sizes[i], 0);
  }
}

static void
test_offset (void **state)
{
  (void) state;
  assert_int_equal (write_with (real_dd (), MIB + 700, 2 * MIB, false), 0);
  assert_written (MIB + 700, 2 * MIB);
}

static void
test_busybox (void **state)
{
  (void) state;
  if (access ("/bin/busybox", X_OK) == -1
      || symlink ("/bin/busybox", script) == -1)
    skip ();
  assert_int_equal (write_with (script, 2 * MIB + 513, MIB,
                                dd_writer_can_direct (target)), 0);
  assert_written (2 * MIB + 513, MIB);
}

/* The words and the status reach the caller. */
static void
test_failure_is_told_in_dd_s_words (void **state)
{
  (void) state;
  make_script ("cat > /dev/null; echo 'dd: writing: Input/output error' >&2;"
               "echo 'dd: next line' >&2; echo '1+0 records in' >&2;"
               "echo '0+0 records out' >&2; exit 3");
  assert_int_equal (write_with (script, MIB, 2 * MIB, false), -1);
  assert_non_null (strstr (said, "dd: writing: Input/output error|dd: next"));
  assert_null (strstr (said, "records"));
  assert_non_null (strstr (said, "status 3"));
}

/* It closes its stdin early: no SIGPIPE, no hang, its words are still heard. */
static void
test_dd_dies_early (void **state)
{
  (void) state;
  make_script ("head -c 1000 > /dev/null; echo 'No space left' >&2; exit 1");
  assert_int_equal (write_with (script, 3 * MIB, 0, false), -1);
  assert_non_null (strstr (said, "No space left"));
}

static void
test_dd_takes_less_and_is_content (void **state)
{
  (void) state;
  make_script ("head -c 100000 > /dev/null; exit 0");
  assert_int_equal (write_with (script, 3 * MIB, 0, false), -1);
  assert_non_null (strstr (said, "before it had all its data"));
}

static void
test_dd_is_killed (void **state)
{
  (void) state;
  make_script ("kill -9 $$");
  assert_int_equal (write_with (script, MIB, 0, false), -1);
  assert_non_null (strstr (said, "signal 9"));
}

/* More words than a pipe holds, before it reads anything. */
static void
test_dd_talks_a_lot (void **state)
{
  (void) state;
  make_script ("i=0; while [ $i -lt 3000 ]; do"
               " echo 'a line of more than forty characters, again' >&2;"
               " i=$((i + 1)); done; cat > /dev/null; exit 1");
  assert_int_equal (write_with (script, 3 * MIB, 0, false), -1);
  assert_non_null (strstr (said, "a line of more"));
}

static void
test_dd_is_missing (void **state)
{
  const char *preloaded = getenv ("LD_PRELOAD");

  (void) state;
  /* valgrind makes a fork of posix_spawn's vfork, which then cannot tell. */
  if (preloaded && strstr (preloaded, "vgpreload"))
    skip ();
  assert_int_equal (write_with ("/nowhere/dd", MIB, 0, false), -1);
  assert_non_null (strstr (said, "/nowhere/dd"));
}

static void
test_environment_is_clean (void **state)
{
  (void) state;
  setenv ("LD_PRELOAD_NOT", "1", 1);
  make_script ("cat > /dev/null; [ -z \"$LD_PRELOAD_NOT\" ] || exit 4;"
               "[ \"$PATH\" = /bin ] || exit 5");
  assert_int_equal (write_with (script, 10, 0, false), 0);
}

/* Whole blocks direct, the tail not, neither with a byte of the other: some dds
 * would manage by themselves, not all do. */
static void
test_tail_is_not_direct (void **state)
{
  char text[300], list[64], line[200];

  (void) state;
  snprintf (list, sizeof list, "%s/list", dir);
  snprintf (text, sizeof text, "echo \"$4 $5 $(wc -c)\" >> %s", list);
  make_script (text);
  struct dd_writer w = {
    .dd = script, .target = target, .block_size = 512, .direct = true,
  };
  assert_int_equal (dd_write (&w, data, MIB + 1024 + 3, 2 * MIB), 0);
  assert_int_equal (dd_write (&w, data, 511, MIB), 0);

  FILE *f = fopen (list, "r");
  assert_non_null (f);
  assert_non_null (fgets (line, sizeof line, f));
  assert_string_equal (line,
                       "oflag=direct,seek_bytes seek=2097152 1049600\n");
  assert_non_null (fgets (line, sizeof line, f));
  assert_string_equal (line, "oflag=seek_bytes seek=3146752 3\n");
  assert_non_null (fgets (line, sizeof line, f));
  assert_string_equal (line, "oflag=seek_bytes seek=1048576 511\n");
  assert_null (fgets (line, sizeof line, f));
  fclose (f);
  unlink (list);
}

/* A dd that can't do direct I/O: once it is found out, it goes on without. */
static void
test_direct_refused (void **state)
{
  char text[300];

  (void) state;
  snprintf (text, sizeof text, "case \"$*\" in *direct*) cat > /dev/null;"
            "echo 'Invalid argument' >&2; exit 1;; esac; exec %s \"$@\"",
            real_dd ());
  make_script (text);
  struct dd_writer w = {
    .dd = script, .target = target, .block_size = 4096, .direct = true,
  };
  assert_int_equal (dd_write (&w, data, 2 * MIB + 5, 0), 0);
  assert_false (w.direct);
  assert_written (2 * MIB + 5, 0);

  /* Later, the same words are an error of the medium. */
  w.direct = w.proven = true;
  assert_int_equal (dd_write (&w, data, MIB, 0), -1);
}

#define T(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_sizes), T (test_offset), T (test_busybox),
    T (test_failure_is_told_in_dd_s_words), T (test_dd_dies_early),
    T (test_dd_takes_less_and_is_content), T (test_dd_is_killed),
    T (test_dd_talks_a_lot), T (test_dd_is_missing),
    T (test_environment_is_clean), T (test_tail_is_not_direct),
    T (test_direct_refused),
  };

  signal (SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
