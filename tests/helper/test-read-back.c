/* SPDX-License-Identifier: MIT */
/* One pass over a file that was changed behind our back. */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "read-back.h"

#define MIB (1u << 20)
#define DISK_SIZE (5 * MIB + 777)
#define TARGET_SIZE (8 * MIB)

static char target_path[32], table_path[32];
static unsigned char *content;

static const struct flash_settings settings = {
  .session = "0123456789abcdef", .target_size = TARGET_SIZE,
  .disk_size = DISK_SIZE,
};

static void
write_at (off_t offset, const void *buf, size_t len)
{
  int fd = open (target_path, O_WRONLY);

  assert_int_equal (pwrite (fd, buf, len, offset), (ssize_t) len);
  assert_int_equal (fsync (fd), 0);
  close (fd);
}

static int
set_up (void **state)
{
  struct flash *flash = calloc (1, sizeof *flash);

  strcpy (target_path, "read-back-target.XXXXXX");
  strcpy (table_path, "read-back-table.XXXXXX");
  close (mkstemp (target_path));
  close (mkstemp (table_path));
  content = malloc (TARGET_SIZE);
  for (size_t i = 0; i < TARGET_SIZE; i++)
    content[i] = (unsigned char) (i * 2654435761u >> 24);
  write_at (0, content, TARGET_SIZE);

  flash->settings = &settings;
  flash->digests = digest_table_open (table_path, DISK_SIZE, false);
  assert_non_null (flash->digests);
  for (uint64_t i = 0; i < 6; i++) {
    unsigned char digest[DIGEST_SIZE];
    digest_of (content + i * MIB, digest_table_chunk_size (flash->digests, i),
               digest);
    assert_int_equal (digest_table_put (flash->digests, i, digest), 0);
  }
  *state = flash;
  return target_open (&flash->target, target_path, true, TARGET_SIZE,
                      DISK_SIZE);
}

static int
tear_down (void **state)
{
  struct flash *flash = *state;

  target_close (&flash->target);
  digest_table_close (flash->digests);
  free (flash);
  free (content);
  return unlink (target_path) + unlink (table_path);
}

/* The chunks that a pass finds different, as bits. */
static unsigned
pass (struct flash *flash)
{
  unsigned char differing[1] = { 0 };
  uint64_t count;

  assert_int_equal (read_back_pass (flash, 1, NULL, differing, &count), 0);
  assert_int_equal (count, (unsigned) __builtin_popcount (differing[0]));
  return differing[0];
}

static void
test_all_right (void **state)
{
  assert_int_equal (digest_table_chunks (((struct flash *) *state)->digests), 6);
  assert_int_equal (pass (*state), 0);
}

static void
flip (size_t offset)
{
  unsigned char byte = (unsigned char) ~content[offset];

  write_at ((off_t) offset, &byte, 1);
}

static void
test_each_changed_chunk_is_found (void **state)
{
  flip (0);
  assert_int_equal (pass (*state), 1);
  flip (3 * MIB - 1);
  flip (4 * MIB);
  assert_int_equal (pass (*state), 1 | 1 << 2 | 1 << 4);
}

static void
test_last_byte_counts_and_no_more (void **state)
{
  flip (DISK_SIZE);
  assert_int_equal (pass (*state), 0);
  flip (DISK_SIZE - 1);
  assert_int_equal (pass (*state), 1 << 5);
}

/* Only what is selected is read. */
static void
test_selection (void **state)
{
  const unsigned char selection[1] = { 1 << 1 | 1 << 5 };
  unsigned char differing[1] = { 0 };
  uint64_t count;

  flip (0);
  flip (MIB);
  assert_int_equal (read_back_pass (*state, 1, selection, differing, &count), 0);
  assert_int_equal (count, 1);
  assert_int_equal (differing[0], 1 << 1);
}

/* The same without direct I/O. */
static void
test_past_the_cache (void **state)
{
  struct flash *flash = *state;

  close (flash->target.direct_fd);
  flash->target.direct_fd = -1;
  assert_int_equal (pass (flash), 0);
  flip (MIB);
  assert_int_equal (pass (flash), 1 << 1);
}

/* A target that ends too early reads as different, not as an end. */
static void
test_unreadable_chunk (void **state)
{
  assert_int_equal (truncate (target_path, 4 * MIB + 100), 0);
  assert_int_equal (pass (*state), 1 << 4 | 1 << 5);
}

#define T(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_all_right), T (test_each_changed_chunk_is_found),
    T (test_last_byte_counts_and_no_more), T (test_selection),
    T (test_past_the_cache),
    T (test_unreadable_chunk),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
