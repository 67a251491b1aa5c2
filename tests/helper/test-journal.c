/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "journal.h"

static char path[] = "journal-test.XXXXXX";

static const struct journal_state session = {
  .session = "0123456789abcdef", .disk_size = 100 << 20, .target_size = 1 << 30,
};

static int
set_up (void **state)
{
  (void) state;
  strcpy (path, "journal-test.XXXXXX");
  int fd = mkstemp (path);
  return fd == -1 ? -1 : close (fd);
}

static int
tear_down (void **state)
{
  (void) state;
  return unlink (path);
}

/* What the file holds for WANTED; false when nothing. */
static bool
look (const struct journal_state *wanted, struct journal_state *state)
{
  bool found;

  *state = *wanted;
  struct journal *j = journal_open (path, state, &found);
  assert_non_null (j);
  journal_close (j);
  return found;
}

/* Open and make updates at 16, 32, 48... MiB, NR of them. */
static void
make_updates (unsigned nr)
{
  struct journal_state state = session;
  bool found;
  struct journal *j = journal_open (path, &state, &found);

  assert_non_null (j);
  for (unsigned i = 1; i <= nr; i++) {
    state.position = i * (16u << 20);
    state.zeroed = i;
    state.needed = 1000 + i;
    state.first_chunk = i == 6;
    assert_int_equal (journal_update (j, &state), 0);
  }
  journal_close (j);
}

/* Change the byte at OFFSET of the file. */
static void
spoil (off_t offset)
{
  unsigned char byte;
  int fd = open (path, O_RDWR);

  assert_int_equal (pread (fd, &byte, 1, offset), 1);
  byte ^= 0x10;
  assert_int_equal (pwrite (fd, &byte, 1, offset), 1);
  close (fd);
}

static void
test_empty (void **state)
{
  struct journal_state s;
  struct stat st;

  (void) state;
  assert_false (look (&session, &s));
  /* Its room is there before the first write. */
  assert_int_equal (stat (path, &st), 0);
  assert_int_equal (st.st_size, 256);
  assert_false (journal_is_begun (path));
  assert_int_equal (truncate (path, 0), 0);
  assert_false (journal_is_begun (path));
  assert_false (journal_is_begun ("no-such-journal"));
}

static void
test_begun (void **state)
{
  (void) state;
  make_updates (1);
  assert_true (journal_is_begun (path));
  spoil (60);
  assert_true (journal_is_begun (path));
  assert_true (journal_is_begun ("."));
}

static void
test_newest_counts (void **state)
{
  struct journal_state s;

  (void) state;
  for (unsigned nr = 1; nr <= 6; nr++) {
    make_updates (nr);
    assert_true (look (&session, &s));
    assert_int_equal (s.position, nr * (16u << 20));
    assert_int_equal (s.zeroed, nr);
    assert_int_equal (s.needed, 1000 + nr);
    assert_int_equal (s.first_chunk, nr == 6);
  }
}

static void
test_goes_on_after_reopening (void **state)
{
  struct journal_state s = session;
  bool found;

  (void) state;
  make_updates (3);
  struct journal *j = journal_open (path, &s, &found);
  assert_true (found);
  s.position = 77;
  s.zeroed = s.needed = 0;
  assert_int_equal (journal_update (j, &s), 0);
  journal_close (j);
  assert_true (look (&session, &s));
  assert_int_equal (s.position, 77);
}

/* A byte of the newest slot is wrong: the one before counts. */
static void
test_damage_costs_one_window (void **state)
{
  struct journal_state s;

  (void) state;
  for (off_t i = 0; i < 128; i++) {
    assert_int_equal (truncate (path, 0), 0);
    make_updates (4);
    spoil (i);                  /* update 4 lies in slot 0 */
    assert_true (look (&session, &s));
    assert_int_equal (s.position, 3 * (16u << 20));
  }
}

static void
test_both_damaged (void **state)
{
  struct journal_state s;

  (void) state;
  make_updates (4);
  spoil (60);
  spoil (128 + 60);
  assert_false (look (&session, &s));
  assert_int_equal (s.position, 0);
}

static void
test_another_session (void **state)
{
  struct journal_state s, other = session;

  (void) state;
  make_updates (4);
  other.session[3]++;
  assert_false (look (&other, &s));
}

static void
test_another_size (void **state)
{
  struct journal_state s, other = session;

  (void) state;
  make_updates (4);
  other.disk_size--;
  assert_false (look (&other, &s));
  make_updates (4);
  other = session;
  other.target_size++;
  assert_false (look (&other, &s));
}

#define T(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_empty), T (test_begun), T (test_newest_counts),
    T (test_goes_on_after_reopening),
    T (test_damage_costs_one_window), T (test_both_damaged),
    T (test_another_session), T (test_another_size),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
