/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "column-text.h"
#include "progress-line.h"
#include "size-text.h"
#include "terminal-text.h"

static void
assert_size (uint64_t bytes, const char *expected)
{
  char text[SIZE_TEXT_MAX];

  assert_string_equal (size_text (bytes, text), expected);
}

static void
test_sizes (void **state)
{
  (void) state;
  assert_size (0, "0 bytes");
  assert_size (999, "999 bytes");
  assert_size (1000, "1.0 kB");
  assert_size (999949, "999.9 kB");
  assert_size (999950, "1.0 MB");
  assert_size (31914983424, "31.9 GB");
  assert_size (UINT64_MAX, "18.4 EB");
}

/* -- Plain ----------------------------------------------------------------- */

static void
assert_line (uint64_t done, uint64_t total, double rate, const char *expected)
{
  const struct progress_view view = {
    .label = "writing", .done = done, .total = total, .rate = rate
  };
  char line[PROGRESS_LINE_MAX];

  progress_line_plain (line, &view);
  assert_string_equal (line, expected);
}

static void
test_lines (void **state)
{
  (void) state;
  assert_line (0, 0, 0, "writing  0 bytes");
  assert_line (5000000, 0, 0, "writing  5.0 MB");
  assert_line (0, 2700000000, 0, "writing  0 bytes of 2.7 GB  0 %");
  assert_line (1200000000, 2700000000, 12300000,
               "writing  1.2 GB of 2.7 GB  44 %  12.3 MB/s  2:02 left");
  assert_line (0, 100000000, 10000,
               "writing  0 bytes of 100.0 MB  0 %  10.0 kB/s  2:46:40 left");
  assert_line (100, 100, 50, "writing  100 bytes of 100 bytes  100 %  "
                             "50 bytes/s");
  /* Not yet the end, so not yet 100 %. */
  assert_line (999999999, 1000000000, 0,
               "writing  1.0 GB of 1.0 GB  99 %");
  /* A board that counts wrong. */
  assert_line (300, 200, 10, "writing  300 bytes of 200 bytes  100 %  "
                             "10 bytes/s");
}

/* -- At a width ------------------------------------------------------------ */

static const struct terminal_style ascii = { .redraws = true };
static const struct terminal_style utf8 = { .redraws = true, .utf8 = true };
static const struct terminal_style colored = {
  .redraws = true, .utf8 = true, .color = true
};

static const struct progress_view writing = {
  .label = "writing", .done = 1200000000, .total = 2700000000, .rate = 12300000,
  .holes = 300000000, .slowest = "network"
};

static void
assert_fit (size_t columns, const char *expected)
{
  char line[PROGRESS_LINE_MAX];

  progress_line_fit (line, &writing, columns, &ascii);
  assert_string_equal (line, expected);
}

/* What is worth least goes first. */
static void
test_fit (void **state)
{
  (void) state;
  assert_fit (120, "writing  1.2 GB of 2.7 GB  [############-----------------]"
                   "  44 %  12.3 MB/s  2:02 left  slowest: network  300.0 MB holes");
  assert_fit (79, "writing  1.2 GB of 2.7 GB  [#########-------------]  44 %  "
                  "12.3 MB/s  2:02 left");
  assert_fit (60, "writing  1.2 GB  [#####--------]  44 %  12.3 MB/s  2:02 left");
  assert_fit (50, "writing  1.2 GB  [######--------]  44 %  2:02 left");
  assert_fit (39, "writing  1.2 GB  44 %  2:02 left");
  assert_fit (30, "writing  1.2 GB  44 %");
  assert_fit (19, "writing  44 %");
  assert_fit (10, "writ  44 %");
  assert_fit (3, "wri");
}

static const uint64_t odd_numbers[] = {
  0, 1, 999, 1000, 999950, 1048576, 1200000000, 31914983424, UINT64_MAX / 2,
  UINT64_MAX - 1, UINT64_MAX
};
static const double odd_rates[] = { 0, 0.5, 1, 12300000, 1e12, 1e30 };
#define NR(array) (sizeof array / sizeof *array)

static void
check_widths (const struct progress_view *view, const struct terminal_style *style)
{
  for (size_t columns = 1; columns <= 200; columns++) {
    char line[PROGRESS_LINE_MAX];

    progress_line_fit (line, view, columns, style);
    assert_true (column_text_width (line) <= columns);
    if (columns >= 19 && view->total > 0)
      assert_non_null (strchr (line, '%'));
    if (!style->utf8)
      for (const char *p = line; *p; p++)
        assert_true (*p >= ' ' && *p <= '~');
    if (!style->color)
      assert_null (strchr (line, '\033'));
    for (const char *p = line; *p;) {
      unsigned code;
      const size_t n = utf8_decode (p, &code);
      assert_true (n > 0);
      p += n;
    }
  }
}

static void
test_widths (void **state)
{
  static const char *const labels[] = { "", "writing", "reading what differs" };
  const struct terminal_style *const styles[] = { &ascii, &utf8, &colored };

  (void) state;
  for (size_t i = 0; i < NR (odd_numbers); i++)
    for (size_t j = 0; j < NR (odd_numbers); j++)
      for (size_t k = 0; k < NR (odd_rates); k++) {
        const struct progress_view view = {
          .label = labels[(i + j) % 3], .done = odd_numbers[i],
          .total = odd_numbers[j], .rate = odd_rates[k],
          .holes = odd_numbers[k], .slowest = k % 2 ? "board's disk" : NULL
        };

        check_widths (&view, styles[(i + k) % 3]);
      }
}

/* All of the bar, and nothing of it. */
static void
test_bar (void **state)
{
  struct progress_view view = { .label = "x", .done = 10, .total = 10 };
  char line[PROGRESS_LINE_MAX];

  (void) state;
  progress_line_fit (line, &view, 40, &ascii);
  assert_string_equal (line, "x  10 bytes  [##################]  100 %");
  view.done = 0;
  progress_line_fit (line, &view, 30, &utf8);
  assert_null (strstr (line, "\u2588"));
  view.done = 5;
  progress_line_fit (line, &view, 30, &utf8);
  assert_non_null (strstr (line, "\u2588"));
  progress_line_fit (line, &view, 30, &colored);
  assert_non_null (strstr (line, "[\033[32m"));
}

static void
test_seconds (void **state)
{
  struct progress_view view = { .label = "x", .done = 0, .total = 100, .rate = 10 };

  (void) state;
  assert_int_equal (progress_seconds_left (&view), 10);
  view.done = 200;
  assert_int_equal (progress_seconds_left (&view), 0);
  view = (struct progress_view) { .total = UINT64_MAX, .rate = 1 };
  assert_int_equal (progress_seconds_left (&view), 359999);
}

/* -- Columns and styles ----------------------------------------------------- */

static void
test_columns (void **state)
{
  (void) state;
  assert_int_equal (column_text_width (""), 0);
  assert_int_equal (column_text_width ("a\u2588b"), 3);
  assert_int_equal (column_text_width ("\033[32m\u2588\033[m"), 1);
  assert_int_equal (column_text_fit ("a\u2588b", 2), 4);
  assert_int_equal (column_text_fit ("abc", 0), 0);
  assert_int_equal (column_text_fit ("abc", 9), 3);
  assert_int_equal (column_text_width ("\033["), 0);    /* cut in the middle */
}

static void
assert_style (bool terminal, const char *term, const char *no_color,
              const char *codeset, bool redraws, bool utf8_wanted, bool color)
{
  const struct terminal_style s = terminal_style_of (terminal, term, no_color,
                                                     codeset);

  assert_int_equal (s.redraws, redraws);
  assert_int_equal (s.utf8, utf8_wanted);
  assert_int_equal (s.color, color);
}

static void
test_styles (void **state)
{
  (void) state;
  assert_style (true, "xterm", NULL, "UTF-8", true, true, true);
  assert_style (true, "xterm", "", "UTF-8", true, true, true);
  assert_style (true, "xterm", "1", "UTF-8", true, true, false);
  assert_style (true, "xterm", NULL, "ANSI_X3.4-1968", true, false, true);
  assert_style (true, "dumb", NULL, "UTF-8", false, true, false);
  assert_style (true, NULL, NULL, "", true, false, true);
  assert_style (false, "xterm", NULL, "UTF-8", false, true, false);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sizes),
    cmocka_unit_test (test_lines),
    cmocka_unit_test (test_fit),
    cmocka_unit_test (test_widths),
    cmocka_unit_test (test_bar),
    cmocka_unit_test (test_seconds),
    cmocka_unit_test (test_columns),
    cmocka_unit_test (test_styles),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
