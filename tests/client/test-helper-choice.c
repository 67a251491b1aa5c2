/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <unistd.h>

#include "helper-choice.h"

/* What is guessed for MACHINE and BITS, with blanks between. */
static const char *
guess (const char *machine, unsigned bits)
{
  static char text[HELPER_ARCHS_MAX * HELPER_ARCH_SIZE];
  struct helper_choice choice;

  helper_choice_guess (machine, bits, &choice);
  *text = '\0';
  for (unsigned i = 0; i < choice.nr; i++) {
    strcat (text, i > 0 ? " " : "");
    strcat (text, choice.archs[i]);
  }
  return text;
}

static void
test_guess (void **state)
{
  (void) state;
  assert_string_equal (guess ("x86_64", 64), "x86_64");
  assert_string_equal (guess ("x86_64", 32), "i686 x86_64");
  assert_string_equal (guess ("x86_64", 0), "x86_64 i686");
  assert_string_equal (guess ("i586", 32), "i686");
  assert_string_equal (guess ("i686", 32), "i686");
  assert_string_equal (guess ("aarch64", 64), "aarch64");
  assert_string_equal (guess ("aarch64", 32), "armv7 armv6 aarch64");
  assert_string_equal (guess ("armv7l", 32), "armv7 armv6");
  assert_string_equal (guess ("armv8l", 32), "armv7 armv6");
  assert_string_equal (guess ("armv6l", 32), "armv6");
  assert_string_equal (guess ("armv5tel", 32), "armv6");
  assert_string_equal (guess ("riscv64", 64), "riscv64");
}

/* Not known here, but a helper for it may have been built. */
static void
test_other_machines (void **state)
{
  (void) state;
  assert_string_equal (guess ("ppc64le", 64), "ppc64le");
  assert_string_equal (guess ("i8086", 32), "i8086");
  assert_string_equal (guess ("armv4l", 32), "armv4l");
  assert_string_equal (guess ("", 64), "");
  assert_string_equal (guess ("../../etc/x", 64), "");
  assert_string_equal (guess ("a-machine-whose-name-has-no-end-at-all", 64), "");
}

/* -- What there is -------------------------------------------------------- */

static char folder[] = "/tmp/test-helper-choice.XXXXXX";

static int
make_folder (void **state)
{
  (void) state;
  return mkdtemp (folder) ? setenv ("FLASH_LIVE_REMOTE_HELPER_DIR", folder, 1)
                          : -1;
}

static void
put (const char *name)
{
  char path[128];
  FILE *f;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  f = fopen (path, "w");
  assert_non_null (f);
  assert_int_equal (fclose (f), 0);
}

static int
remove_folder (void **state)
{
  char command[128];

  (void) state;
  snprintf (command, sizeof command, "rm -r %s", folder);
  return system (command);
}

static void
test_make (void **state)
{
  struct options options = { .busybox = NULL };
  struct flash_job job = {
    .options = &options,
    .board = { .machine = "aarch64", .bits = 32, .busybox = "/bin/busybox" }
  };
  struct helper_choice choice;

  (void) state;
  assert_int_equal (helper_choice_make (&job, true, &choice), -1);

  put ("flash-helper-aarch64");
  put ("flash-helper-armv6");
  put ("flash-helper-x86_64");
  assert_int_equal (helper_choice_make (&job, true, &choice), 0);
  assert_int_equal (choice.nr, 2);
  assert_string_equal (choice.archs[0], "armv6");
  assert_string_equal (choice.archs[1], "aarch64");

  /* For a board without busybox only those that there is one for. */
  job.board.busybox = "";
  assert_int_equal (helper_choice_make (&job, true, &choice), -1);
  assert_int_equal (helper_choice_make (&job, false, &choice), 0);
  assert_int_equal (choice.nr, 2);
  put ("busybox-aarch64");
  assert_int_equal (helper_choice_make (&job, true, &choice), 0);
  assert_int_equal (choice.nr, 1);
  assert_string_equal (choice.archs[0], "aarch64");
  options.busybox = "file";
  assert_int_equal (helper_choice_make (&job, true, &choice), 0);
  assert_int_equal (choice.nr, 2);

  job.board.machine = "mips64";
  assert_int_equal (helper_choice_make (&job, true, &choice), -1);
  job.board.machine = "";
  assert_int_equal (helper_choice_make (&job, true, &choice), -1);
}

/* The last line counts; what could steer a terminal is gone. */
static void
test_words (void **state)
{
  struct helper_choice choice;
  char endless[2 * HELPER_WORDS_SIZE];

  (void) state;
  helper_choice_guess ("armv7l", 32, &choice);
  helper_choice_note (&choice, 0, "a banner\nflash-helper: Illegal \033[31m\n\n");
  assert_non_null (strstr (choice.words[0], "flash-helper: Illegal"));
  assert_null (strstr (choice.words[0], "banner"));
  assert_null (strchr (choice.words[0], '\033'));
  helper_choice_note (&choice, 1, "");
  assert_string_equal (choice.words[1], "");
  memset (endless, 'x', sizeof endless);
  endless[sizeof endless - 1] = '\0';
  helper_choice_note (&choice, 1, endless);
  assert_int_equal (strlen (choice.words[1]), HELPER_WORDS_SIZE - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_guess), cmocka_unit_test (test_other_machines),
    cmocka_unit_test (test_make), cmocka_unit_test (test_words)
  };

  return cmocka_run_group_tests (tests, make_folder, remove_folder);
}
