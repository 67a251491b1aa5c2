/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "image-facts.h"

static int
parse (const char *text, struct integrity *i)
{
  char block[INTEGRITY_SIZE] = "";

  snprintf (block, sizeof block, "%s", text);
  return integrity_parse (block, i);
}

static void
test_intact (void **state)
{
  struct integrity i;

  (void) state;
  assert_int_equal (parse (
    "version=1\nstate=intact\nformat=xz\nstored-size=1000\ndisk-size=5000\n"
    "done=1000\ntotal=1000\nstored-xxh3-128=00112233445566778899aabbccddeeff\n"
    "check=crc64\nnote=one\nnote=two\033[1m\nfuture=key\n", &i), 0);
  assert_int_equal (i.state, INTEGRITY_INTACT);
  assert_string_equal (i.format, "xz");
  assert_int_equal (i.stored_size, 1000);
  assert_int_equal (i.disk_size, 5000);
  assert_string_equal (i.check, "crc64");
  assert_string_equal (i.digest, "00112233445566778899aabbccddeeff");
  assert_string_equal (i.notes, "one\ntwo[1m");
}

static void
test_damaged (void **state)
{
  struct integrity i;

  (void) state;
  assert_int_equal (parse ("version=1\nstate=damaged\nformat=gzip\n"
                           "error=at offset 5: cut off\n", &i), 0);
  assert_int_equal (i.state, INTEGRITY_DAMAGED);
  assert_string_equal (i.error, "at offset 5: cut off");
}

static void
test_bad (void **state)
{
  struct integrity i;
  char block[INTEGRITY_SIZE];

  (void) state;
  assert_int_equal (parse ("", &i), -1);
  assert_int_equal (parse ("version=2\nstate=intact\nformat=raw\n", &i), -1);
  assert_int_equal (parse ("version=1\nformat=raw\n", &i), -1);
  assert_int_equal (parse ("version=1\nstate=fine\nformat=raw\n", &i), -1);
  assert_int_equal (parse ("version=1\nstate=intact\nformat=raw\n", &i), -1);
  assert_int_equal (parse ("version=1\nstate=scanning\nformat=raw\ndone=-1\n",
                           &i), -1);
  assert_int_equal (parse ("version=1\nstate=intact\nformat=raw\n"
                           "stored-xxh3-128=xyz\n", &i), -1);
  memset (block, 'a', sizeof block);    /* without a NUL byte */
  assert_int_equal (integrity_parse (block, &i), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_intact),
    cmocka_unit_test (test_damaged),
    cmocka_unit_test (test_bad),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
