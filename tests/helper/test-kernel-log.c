/* SPDX-License-Identifier: MIT */
/* What is picked out of a kernel's log.  A pipe in packet mode stands for it: one
 * record a read, as /dev/kmsg gives them. */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "kernel-log.h"

static int ends[2];

static int
set_up (void **state)
{
  (void) state;
  return pipe2 (ends, O_DIRECT | O_NONBLOCK);
}

static int
tear_down (void **state)
{
  (void) state;
  close (ends[0]);
  return close (ends[1]);
}

static void
add (const char *record)
{
  assert_int_equal (write (ends[1], record, strlen (record)),
                    (int) strlen (record));
}

static void
assert_about (const char *disk, const char *wanted)
{
  char text[KERNEL_LOG_SIZE];

  kernel_log_read (ends[0], disk, text);
  assert_string_equal (text, wanted);
}

static void
test_empty (void **state)
{
  (void) state;
  assert_about ("sdx", "");
}

static void
test_only_what_matters (void **state)
{
  (void) state;
  add ("6,1,100,-;usb 1-1: new device\n SUBSYSTEM=usb\n DEVICE=+sdx\n");
  add ("3,2,200,-;blk_update_request: something\n");
  add ("3,3,300,-;sdx: a word about it\n SUBSYSTEM=block\n");
  add ("no record at all, though it names sdx");
  add ("3,4,400,-;mmc0: timeout\n");
  assert_about ("sdx", "blk_update_request: something|sdx: a word about it|"
                "mmc0: timeout");
}

static void
test_without_a_name (void **state)
{
  (void) state;
  add ("6,1,100,-;usb 1-1: new device\n");
  add ("3,2,200,-;I/O error, dev sdy, sector 8\n");
  assert_about ("", "I/O error, dev sdy, sector 8");
}

static void
test_the_last_ones (void **state)
{
  char record[64];

  (void) state;
  for (int i = 0; i < 15; i++) {
    snprintf (record, sizeof record, "3,%d,9,-;sdx: number %d\n", i, i);
    add (record);
  }
  assert_about ("sdx", "sdx: number 10|sdx: number 11|sdx: number 12|"
                "sdx: number 13|sdx: number 14");
}

/* Long lines, control characters, a record without an end. */
static void
test_hostile (void **state)
{
  char record[4000], text[KERNEL_LOG_SIZE];

  (void) state;
  memset (record, 'x', sizeof record);
  memcpy (record, "3,1,1,-;sdx \033[2J\t", 17);
  record[sizeof record - 1] = '\0';
  for (int i = 0; i < 7; i++)
    add (record);
  kernel_log_read (ends[0], "sdx", text);
  assert_int_equal (strlen (text),
                    KERNEL_LOG_LINES * KERNEL_LOG_LINE - 1);
  assert_int_equal (strncmp (text, "sdx ?[2J?xxx", 12), 0);
}

#define T(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    T (test_empty), T (test_only_what_matters), T (test_without_a_name),
    T (test_the_last_ones), T (test_hostile),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
