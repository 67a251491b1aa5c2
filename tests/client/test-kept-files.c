/* SPDX-License-Identifier: MIT */
/* What a board answers about what is to be kept: whatever it says, only files that
 * belong to an item are taken, and as many bytes as were announced. */
#include "client-test.h"

#include "kept-files.h"

#define BEGIN "words of a shell\nFLR1-KEEP-BEGIN\n"
#define END "FLR1-KEEP-END\n"

static struct kept_files files;

static int
parse (const char *text)
{
  char *answer;

  assert_true (asprintf (&answer, BEGIN "%s" END, text) > 0);
  const int r = kept_files_parse (answer, &files);
  free (answer);
  if (r == -1)
    kept_files_release (&files);
  return r;
}

static void
test_base64 (void **state)
{
  (void) state;
  assert_int_equal (parse ("encoding base64\n"
                           "fact sshd openssh\n"
                           "file hostname 644 root root - 5 /etc/hostname\n"
                           "aGVs\nbG8=\n.\n"
                           "fact network NetworkManager\n"
                           "file network 600 root wheel a:b:c:d 0 "
                           "/etc/NetworkManager/system-connections/my wifi\n.\n"), 0);
  assert_int_equal (files.nr, 2);
  assert_string_equal (files.sshd, "openssh");
  assert_int_equal (files.files[0].item, KEEP_HOSTNAME);
  assert_int_equal (files.files[0].mode, 0644);
  assert_int_equal (files.files[0].size, 5);
  assert_memory_equal (files.files[0].data, "hello", 6);
  assert_null (files.files[0].label);
  assert_string_equal (files.files[1].label, "a:b:c:d");
  assert_string_equal (files.files[1].group, "wheel");
  assert_string_equal (files.files[1].system, "NetworkManager");
  kept_files_release (&files);
}

static void
test_hex (void **state)
{
  (void) state;
  assert_int_equal (parse ("encoding hex\n"
                           "file machine-id 444 root root - 4 /etc/machine-id\n"
                           "00ff\n0a61\n.\n"
                           "refuse network because of \033[1mit\n"), 0);
  assert_memory_equal (files.files[0].data, "\0\xff\na", 4);
  assert_string_equal (files.refusals[KEEP_NETWORK], "because of [1mit");
  kept_files_release (&files);
}

/* A file LINE with no bytes. */
static int
parse_file (const char *line)
{
  char text[512];

  snprintf (text, sizeof text, "encoding hex\nfile %s\n.\n", line);
  return parse (text);
}

static void
test_places (void **state)
{
  static const char *const good[] = {
    "ssh-host-keys 600 root root - 0 /etc/ssh/ssh_host_rsa_key",
    "ssh-host-keys 600 root root - 0 /etc/ssh/ssh_host_rsa_key.pub",
    "ssh-host-keys 600 root root - 0 /etc/dropbear/dropbear_rsa_host_key",
    "network 600 root root - 0 /etc/network/interfaces",
    "network 600 root root - 0 /etc/network/interfaces.d/x",
    "network 600 root root - 0 /etc/dhcpcd.conf",
    "authorized-keys 600 pi pi - 0 /home/pi/.ssh/authorized_keys",
  };
  static const char *const bad[] = {
    "hostname 644 root root - 0 /etc/shadow",
    "hostname 644 root root - 0 /etc/hostname2",
    "hostname 644 root root - 0 /etc/../etc/hostname",
    "machine-id 644 root root - 0 etc/machine-id",
    "network 644 root root - 0 /etc/network/interfaces.d/../../shadow",
    "network 644 root root - 0 /etc/network/interfaces.d/.hidden",
    "network 644 root root - 0 /etc/network/interfaces.d/",
    "network 644 root root - 0 /etc/network/if-up.d",
    "network 644 root root - 0 /etc/sudoers.d/x",
    "network 644 root root - 0 /etc/systemd/network/x.service",
    "ssh-host-keys 600 root root - 0 /etc/ssh/sshd_config",
    "ssh-host-keys 600 root root - 0 /etc/ssh/ssh_host_/../x_key",
    "ssh-host-keys 600 root root - 0 /etc/ssh/ssh_host_key.pub.sh",
    "passwords 600 root root - 0 /etc/shadow",
    "hostname 9 root root - 0 /etc/hostname",
    "hostname 644 root root - -1 /etc/hostname",
    "hostname 644 root root - 99999999999999999999 /etc/hostname",
    "hostname 644 root root - 65537 /etc/hostname",
    "hostname 644 root root - 1 /etc/hostname",
    "hostname 644 root root 0 /etc/hostname",
    "hostname 644 root root - 0",
    "hostname",
  };

  (void) state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    assert_int_equal (parse_file (good[i]), 0);
    assert_int_equal (files.nr, 1);
    kept_files_release (&files);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (parse_file (bad[i]) == 0)
      print_error ("accepted: %s\n", bad[i]);
    assert_int_equal (files.nr, 0);
  }
}

static void
test_bad_bytes (void **state)
{
  static const char *const bad[] = {
    "aGVsbG8h\n.\n",            /* more than announced */
    "aGVs\n.\n",                /* fewer */
    "aGVs*G8=\n.\n",
    "aGVsbG8=x\n.\n",
    "aGVsbG8=\n",               /* no end */
  };
  char text[256];

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf (text, sizeof text, "encoding base64\n"
              "file hostname 644 root root - 5 /etc/hostname\n%s", bad[i]);
    assert_int_equal (parse (text), -1);
  }
  assert_int_equal (parse ("nonsense\n"), -1);
  assert_int_equal (parse ("refuse everything because\n"), -1);
  assert_int_equal (kept_files_parse (BEGIN "fact sshd openssh\n", &files), -1);
  kept_files_release (&files);
  assert_int_equal (kept_files_parse (END BEGIN, &files), -1);
  kept_files_release (&files);
  assert_int_equal (kept_files_parse ("", &files), -1);
  kept_files_release (&files);
}

static void
test_too_many (void **state)
{
  static char text[KEPT_FILES_MAX * 64 + 128];
  size_t len = 0;

  (void) state;
  for (int i = 0; i < KEPT_FILES_MAX + 1; i++)
    len += (size_t) sprintf (text + len,
                             "file hostname 644 root root - 0 /etc/hostname\n.\n");
  assert_int_equal (parse (text), -1);
  len = 0;
  for (int i = 0; i < KEPT_SYSTEMS_MAX + 1; i++)
    len += (size_t) sprintf (text + len, "fact network x\n");
  assert_int_equal (parse (text), -1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_base64),
    cmocka_unit_test (test_hex),
    cmocka_unit_test (test_places),
    cmocka_unit_test (test_bad_bytes),
    cmocka_unit_test (test_too_many),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
