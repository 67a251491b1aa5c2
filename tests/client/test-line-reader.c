/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <unistd.h>

#include "line-reader.h"

static char taken[1024];
static size_t nr, longest;

static void
take (void *opaque, char *line)
{
  (void) opaque;
  nr++;
  if (strlen (line) > longest)
    longest = strlen (line);
  if (strlen (taken) + strlen (line) + 2 < sizeof taken) {
    strcat (taken, line);
    strcat (taken, "|");
  }
}

static int
start (void **state)
{
  (void) state;
  *taken = '\0';
  nr = longest = 0;
  return 0;
}

static void
test_pieces (void **state)
{
  struct line_reader r = { .text = NULL };

  (void) state;
  line_reader_add (&r, "on", 2, take, NULL);
  assert_string_equal (taken, "");
  line_reader_add (&r, "e\n\ntwo\nthr", 10, take, NULL);
  assert_string_equal (taken, "one||two|");
  line_reader_add (&r, "ee\0!\n", 5, take, NULL);
  assert_string_equal (taken, "one||two|three!|");
  line_reader_release (&r);
}

static void
test_too_long (void **state)
{
  struct line_reader r = { .text = NULL };
  char piece[4096];

  (void) state;
  memset (piece, 'x', sizeof piece);
  for (int i = 0; i < 200; i++)
    line_reader_add (&r, piece, sizeof piece, take, NULL);
  line_reader_add (&r, "\nnext\n", 6, take, NULL);
  assert_int_equal (nr, 2);
  assert_true (longest > 100000 && longest < LINE_READER_MAX);
  line_reader_release (&r);
}

/* The last line may lack its end. */
static void
test_end (void **state)
{
  struct line_reader r = { .text = NULL };
  int fds[2];

  (void) state;
  assert_int_equal (pipe (fds), 0);
  assert_int_equal (write (fds[1], "a\nb", 3), 3);
  close (fds[1]);
  assert_int_equal (line_reader_read (&r, fds[0], take, NULL), 1);
  assert_string_equal (taken, "a|");
  assert_int_equal (line_reader_read (&r, fds[0], take, NULL), 0);
  assert_string_equal (taken, "a|b|");
  close (fds[0]);
  line_reader_release (&r);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (test_pieces, start),
    cmocka_unit_test_setup (test_too_long, start),
    cmocka_unit_test_setup (test_end, start),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
