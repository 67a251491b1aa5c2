/* SPDX-License-Identifier: MIT */
/* Over what a real nbdkit serves. */
#include "client-test.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image-overlay.h"

/* Not a multiple of a block. */
#define DISK (200 * 4096 + 512)

static char folder[64], image_path[96], socket_path[96];
static unsigned char content[DISK];
static pid_t nbdkit;
static struct image_server *server;
static struct image_loan loan = { .socket = socket_path, .fd = -1 };

static bool
served (void *opaque)
{
  (void) opaque;
  return true;
}

static int
start_nbdkit (void **state)
{
  const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

  (void) state;
  snprintf (folder, sizeof folder, "/tmp/test-image-overlay.XXXXXX");
  if (!mkdtemp (folder))
    return -1;
  snprintf (image_path, sizeof image_path, "%s/image", folder);
  snprintf (socket_path, sizeof socket_path, "%s/socket", folder);
  for (size_t i = 0; i < sizeof content; i++)
    content[i] = (unsigned char) (i * 7 + i / 4096);
  FILE *f = fopen (image_path, "w");
  if (!f || fwrite (content, sizeof content, 1, f) != 1 || fclose (f) == EOF)
    return -1;
  nbdkit = fork ();
  if (nbdkit == 0) {
    execlp ("nbdkit", "nbdkit", "-f", "-r", "--exit-with-parent", "-U", socket_path,
            "file", image_path, (char *) NULL);
    _exit (127);
  }
  loan.served = served;
  server = image_server_borrow (&loan);
  /* Its end shows, so this needs no limit. */
  while (access (socket_path, F_OK) == -1 && waitpid (nbdkit, NULL, WNOHANG) == 0)
    nanosleep (&pause, NULL);
  return access (socket_path, F_OK);
}

static int
stop_nbdkit (void **state)
{
  (void) state;
  image_server_stop (server);
  kill (nbdkit, SIGTERM);
  waitpid (nbdkit, NULL, 0);
  unlink (socket_path);
  unlink (image_path);
  return rmdir (folder);
}

static struct image_overlay *
open_overlay (uint64_t size)
{
  assert_non_null (server);
  return image_overlay_new (server, size);
}

/* EXPECTED is what the disk must read as, whole and in odd pieces. */
static void
expect_content (struct image_overlay *o, const unsigned char *expected)
{
  static unsigned char buf[DISK];

  assert_int_equal (image_overlay_read (o, buf, DISK, 0), 0);
  assert_memory_equal (buf, expected, DISK);
  for (size_t at = 0; at < DISK; at += 3001) {
    const size_t n = DISK - at < 5003 ? DISK - at : 5003;

    assert_int_equal (image_overlay_read (o, buf, n, at), 0);
    assert_memory_equal (buf, expected + at, n);
  }
  assert_int_equal (image_overlay_read (o, buf, 100, 8192), 0);
  assert_memory_equal (buf, expected + 8192, 100);
}

static void
put (struct image_overlay *o, unsigned char *expected, size_t at, const void *bytes,
     size_t len)
{
  memcpy (expected + at, bytes, len);
  assert_int_equal (image_overlay_write (o, bytes, len, at), 0);
}

static void
test_writes_stay_here (void **state)
{
  static unsigned char expected[DISK], much[10000];
  struct image_overlay *o = open_overlay (DISK);
  struct image_patch patch = { .disk_size = DISK };

  (void) state;
  assert_non_null (o);
  memcpy (expected, content, DISK);
  memset (much, 0xaa, sizeof much);
  expect_content (o, expected);
  put (o, expected, 8200, "abc", 3);
  put (o, expected, 50000, much, sizeof much);
  put (o, expected, 4095, "xy", 2);
  put (o, expected, DISK - 3, "end", 3);
  put (o, expected, 8201, "B", 1);
  expect_content (o, expected);

  assert_int_equal (image_overlay_to_patch (o, &patch), 0);
  assert_int_equal (patch.nr_ranges, 3);
  assert_int_equal (patch.ranges[0].offset, 0);
  assert_int_equal (patch.ranges[0].length, 3 * 4096);
  assert_int_equal (patch.ranges[2].offset, DISK - 512);
  assert_int_equal (patch.ranges[2].length, 512);
  image_patch_lay_over (&patch, content, DISK, 0);
  assert_memory_equal (content, expected, DISK);
  image_patch_release (&patch);
  image_overlay_free (o);
}

/* What a write leaves as it was is no change. */
static void
test_same_bytes (void **state)
{
  struct image_overlay *o = open_overlay (DISK);
  struct image_patch patch = { .disk_size = DISK };
  unsigned char buf[5000];

  (void) state;
  assert_non_null (o);
  assert_int_equal (image_overlay_read (o, buf, sizeof buf, 100000), 0);
  assert_int_equal (image_overlay_write (o, buf, sizeof buf, 100000), 0);
  assert_int_equal (image_overlay_write (o, "", 0, DISK), 0);
  assert_int_equal (image_overlay_to_patch (o, &patch), 0);
  assert_int_equal (patch.nr_ranges, 0);
  image_overlay_free (o);
}

static void
test_beyond_the_end (void **state)
{
  struct image_overlay *o = open_overlay (DISK);
  unsigned char buf[2] = "a";

  (void) state;
  assert_non_null (o);
  assert_int_equal (image_overlay_read (o, buf, 2, DISK - 1), -1);
  assert_int_equal (image_overlay_write (o, buf, 2, DISK - 1), -1);
  assert_int_equal (image_overlay_read (o, buf, 2, UINT64_MAX), -1);
  image_overlay_free (o);
  assert_null (open_overlay (DISK + 1));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_writes_stay_here, start_nbdkit,
                                     stop_nbdkit),
    cmocka_unit_test_setup_teardown (test_same_bytes, start_nbdkit, stop_nbdkit),
    cmocka_unit_test_setup_teardown (test_beyond_the_end, start_nbdkit, stop_nbdkit),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
