/* SPDX-License-Identifier: MIT */
/* What the unit tests of the session side share: the errors that were reported,
 * and files with a given text. */

#ifndef TESTS_HELPER_SESSION_SIDE_H
#define TESTS_HELPER_SESSION_SIDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands.h"

const char *ram_root = "";

/* Make a file with TEXT; its name goes to PATH (32 bytes). */
static inline void
make_file (char path[32], const char *text)
{
  strcpy (path, "session-side.XXXXXX");
  int fd = mkstemp (path);
  assert_true (fd >= 0);
  assert_int_equal (write (fd, text, strlen (text)), (int) strlen (text));
  assert_int_equal (close (fd), 0);
}

/* Shell commands, all of which succeed, in FOLDER. */
static inline void
run_in (const char *folder, const char *commands)
{
  char line[2048];

  snprintf (line, sizeof line, "cd %s && %s", folder, commands);
  assert_int_equal (system (line), 0);
}

#endif
