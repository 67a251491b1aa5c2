/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "authorized-keys.h"
#include "messages.h"

#define ED25519_BLOB \
  "AAAAC3NzaC1lZDI1NTE5AAAAIA5En1+w3soo1pnuA+qNS9HWWR4zWZE+VDBzZbCQulmM"
#define ED25519 "ssh-ed25519 " ED25519_BLOB
#define ECDSA \
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKUS72/z" \
  "GqDtqt537ltKE8HHogGTrqK/azFlBbvUr8lsgSJbGC3lhZdZVAvXHPxPuymn/BWB8iyLVz2sI5r8c+k="

static char folder[64];
static struct authorized_keys keys;

static void
write_file (const char *name, const char *text)
{
  char path[128];

  snprintf (path, sizeof path, "%s/.ssh/%s", folder, name);
  FILE *f = fopen (path, "w");
  assert_non_null (f);
  fputs (text, f);
  assert_int_equal (fclose (f), 0);
}

static void
test_faults (void **state)
{
  (void) state;
  assert_null (authorized_key_fault (ED25519));
  assert_null (authorized_key_fault (ED25519 " anna@home, it's $(x)"));
  assert_null (authorized_key_fault (ECDSA));
  assert_non_null (authorized_key_fault (""));
  assert_non_null (authorized_key_fault ("ssh-ed25519"));
  assert_non_null (authorized_key_fault ("ssh-ed25519 AAAA"));
  assert_non_null (authorized_key_fault ("ssh-ed25519 !!!!"));
  /* The blob is of another type, or is not all of it. */
  assert_non_null (authorized_key_fault ("ecdsa-sha2-nistp256 " ED25519_BLOB));
  assert_non_null (authorized_key_fault ("ssh-rsa " ED25519_BLOB));
  assert_non_null (authorized_key_fault ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA5En1"));
  assert_non_null (authorized_key_fault (ED25519 "AAAA"));
  assert_non_null (authorized_key_fault ("no-pty " ED25519));
  assert_non_null (authorized_key_fault ("ssh-ed25519-cert-v01@openssh.com AAAA"));
  assert_non_null (authorized_key_fault ("-----BEGIN OPENSSH PRIVATE KEY-----"));
}

static void
test_add (void **state)
{
  (void) state;
  assert_int_equal (authorized_keys_add (&keys, ED25519 " a", "here"), 0);
  assert_int_equal (authorized_keys_add (&keys, ECDSA, "here"), 0);
  assert_int_equal (authorized_keys_add (&keys, ED25519 " a", "here"), 0);
  assert_int_equal (keys.nr, 2);
  assert_string_equal (keys.lines[1], ECDSA);
  message_hold_errors ();
  assert_int_equal (authorized_keys_add (&keys, "ssh-rsa", "line 7"), -1);
  assert_non_null (strstr (message_last_error (), "line 7"));
  message_release_errors ();
  authorized_keys_release (&keys);
}

static void
test_file (void **state)
{
  (void) state;
  write_file ("two", "# mine\n\n  " ED25519 " a \r\n" ECDSA "\n");
  write_file ("none", "# nothing\n");
  write_file ("bad", ED25519 "\nhello\n");
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh/two", "here"), 0);
  assert_int_equal (keys.nr, 2);
  assert_string_equal (keys.lines[0], ED25519 " a");
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh/two", "here"), 0);
  assert_int_equal (keys.nr, 2);
  message_hold_errors ();
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh/none", "here"), -1);
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh/bad", "here"), -1);
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh", "here"), -1);
  assert_int_equal (authorized_keys_add_file (&keys, "~/.ssh/lost", "here"), -1);
  message_release_errors ();
  authorized_keys_release (&keys);
}

static void
test_own (void **state)
{
  (void) state;
  assert_int_equal (authorized_keys_add_own (&keys, "here"), 0);
  assert_int_equal (keys.nr, 0);
  write_file ("id_b.pub", ECDSA "\n");
  write_file ("id_a.pub", ED25519 " a\n");
  write_file ("id_a-cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA a\n");
  write_file ("odd.pub", "\x1b[2J\nhello\n");
  assert_int_equal (authorized_keys_add_own (&keys, "here"), 0);
  assert_int_equal (keys.nr, 2);
  assert_string_equal (keys.lines[0], ED25519 " a");
  assert_string_equal (keys.lines[1], ECDSA);
  authorized_keys_release (&keys);
}

static int
make_home (void **state)
{
  char path[128];

  (void) state;
  snprintf (folder, sizeof folder, "/tmp/test-authorized-keys.XXXXXX");
  if (!mkdtemp (folder))
    return -1;
  snprintf (path, sizeof path, "%s/.ssh", folder);
  return mkdir (path, 0700) == 0 && setenv ("HOME", folder, 1) == 0 ? 0 : -1;
}

static int
remove_home (void **state)
{
  char command[128];

  (void) state;
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  return system (command);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_faults), cmocka_unit_test (test_add),
    cmocka_unit_test (test_own), cmocka_unit_test (test_file),
  };

  return cmocka_run_group_tests (tests, make_home, remove_home);
}
