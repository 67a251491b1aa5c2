/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "messages.h"
#include "settings-file.h"

static struct settings file;

static int
parse_bytes (const char *text, size_t size)
{
  int result;

  settings_release (&file);
  message_hold_errors ();
  result = settings_parse (&file, "F", "/home/me", text, size);
  message_release_errors ();
  return result;
}

static void
parse (const char *text)
{
  if (parse_bytes (text, strlen (text)) == -1)
    fail_msg ("%s", message_last_error ());
}

/* It is refused, with LINE and with WORDS. */
static void
refuse (const char *text, unsigned line, const char *words)
{
  char place[32];

  snprintf (place, sizeof place, "F:%u: ", line);
  assert_int_equal (parse_bytes (text, strlen (text)), -1);
  if (strncmp (message_last_error (), place, strlen (place)) != 0
      || !strstr (message_last_error (), words))
    fail_msg ("%s: no \"%s...%s\"", message_last_error (), place, words);
}

static void
expect (const char *host, enum setting_key key, const char *value, unsigned line)
{
  const struct setting *s = settings_find (&file, host, key);

  if (!value) {
    assert_null (s);
    return;
  }
  assert_non_null (s);
  assert_string_equal (s->value, value);
  assert_int_equal (s->line, line);
}

static void
test_all_keys (void **state)
{
  char what[64];

  (void) state;
  parse ("image-server = nbds://images.lan/team?tls-certificates=/x\n"
         "mode=stream\n"
         "device = /dev/sda\n"
         "stop-services =\n"
         "keep = hostname,network\n"
         "config = ~/boards/x.conf\n"
         "verify = sample\n"
         "wait = 60\n"
         "run = echo \"a;b\"  'c'\n"
         "host-key = /etc/x.pub\n"
         "ssh = openssh\n"
         "lifeboat-port = 0\n"
         "busybox = ~/busybox\n"
         "rescan = yes\n"
         "jobs = 4\n"
         "verbosity = debug\n"
         "map = no\n");
  for (int key = 0; key < SETTING_KEYS; key++) {
    snprintf (what, sizeof what, "%s is not there", setting_key_name (key));
    if (!settings_find (&file, NULL, (enum setting_key) key))
      fail_msg ("%s", what);
  }
  expect (NULL, SETTING_STOP_SERVICES, "", 4);
  expect (NULL, SETTING_CONFIG, "/home/me/boards/x.conf", 6);
  expect (NULL, SETTING_RUN, "echo \"a;b\"  'c'", 9);
  expect (NULL, SETTING_HOST_KEY, "/etc/x.pub", 10);
  expect ("any", SETTING_BUSYBOX, "/home/me/busybox", 13);
}

static void
test_forms (void **state)
{
  (void) state;
  parse ("");
  parse ("\n\r\n \t\n# x = y\n;[board\n");
  assert_int_equal (file.nr_entries, 0);
  parse ("\xef\xbb\xbf" "mode = stream\r\n\r\n[ board\ta ]\r\n  keep\t=  hostname \r\n"
         "wait=yes");
  expect (NULL, SETTING_MODE, "stream", 1);
  expect ("a", SETTING_KEEP, "hostname", 4);
  expect ("a", SETTING_WAIT, "yes", 5);
  expect ("b", SETTING_WAIT, NULL, 0);
  parse ("keep = default\ndevice = default\nrun = x#y\n");
  expect (NULL, SETTING_KEEP, "default", 1);
}

/* The first section that matches and has it, then the defaults, wherever they are. */
static void
test_sections (void **state)
{
  (void) state;
  parse ("wait = 1\n"
         "[board lab-7]\n"
         "mode = stream\n"
         "[board lab-* !lab-8 10.0.?.1]\n"
         "mode = ramfs\n"
         "wait = 2\n"
         "[defaults]\n"
         "keep = hostname\n"
         "[board *]\n"
         "wait = 3\n"
         "[board lab-7]\n"
         "wait = 4\n");
  expect (NULL, SETTING_WAIT, "1", 1);
  expect (NULL, SETTING_MODE, NULL, 0);
  expect ("lab-7", SETTING_MODE, "stream", 3);
  expect ("lab-7", SETTING_WAIT, "2", 6);
  expect ("LAB-7", SETTING_MODE, "stream", 3);
  expect ("lab-8", SETTING_MODE, NULL, 0);
  expect ("lab-8", SETTING_WAIT, "3", 10);
  expect ("lab-8", SETTING_KEEP, "hostname", 8);
  expect ("10.0.3.1", SETTING_MODE, "ramfs", 5);
  expect ("10.0.33.1", SETTING_MODE, NULL, 0);
}

static void
test_bad_lines (void **state)
{
  (void) state;
  refuse ("\nmode\n", 2, "key = value");
  refuse ("mod = stream\n", 1, "did you mean mode?");
  refuse ("stop-service = x\n", 1, "did you mean stop-services?");
  refuse ("Mode = stream\n", 1, "did you mean mode?");
  refuse ("colour = red\n", 1, "flash-live-remote-settings(5)");
  refuse ("= red\n", 1, "unknown key");
  refuse ("wait = 1\n\nwait = 2\n", 3, "line 1 of this section has it already");
  refuse ("wait = 1\n[board a]\n[defaults]\nwait = 2\n", 4, "line 1");
  refuse ("[board a]\nwait = 1\nwait = 2\n", 3, "line 2");
  refuse ("[board a]\njobs = 1\n", 2, "all boards at once");
  refuse ("[board a]\nrescan = no\n", 2, "all boards at once");
  refuse ("[board a]\nverbosity = quiet\n", 2, "all boards at once");
  refuse ("[boards a]\n", 1, "unknown section");
  refuse ("[board]\n", 1, "can match no board");
  refuse ("[board ]\n", 1, "can match no board");
  refuse ("[Board a]\n", 1, "unknown section");
  refuse ("[board a\n", 1, "[board PATTERN...]");
  refuse ("[]\n", 1, "unknown section");
  refuse ("[\n", 1, "[board PATTERN...]");
  refuse ("[board !a]\n", 1, "can match no board");
  refuse ("[board a !]\n", 1, "no pattern");
  refuse ("[board pi@a]\n", 1, "without the user");
  refuse ("[board a;b]\n", 1, "no pattern");
  refuse ("[board [a]]\n", 1, "no pattern");
  refuse ("mode = stream\001\n", 1, "control character");
  refuse ("mode = stream\xff\n", 1, "UTF-8");
  refuse ("\xff\xfem\n", 1, "UTF-8");
}

static void
test_bad_values (void **state)
{
  (void) state;
  refuse ("mode = fast\n", 1, "mode fast: ramfs or stream");
  refuse ("mode =\n", 1, "no value");
  refuse ("keep = hostnames\n", 1, "hostnames");
  refuse ("wait = soon\n", 1, "wait soon: a number from 1 to 86400");
  refuse ("wait = 0\n", 1, "86400");
  refuse ("verify = half\n", 1, "verify half: full or sample");
  refuse ("verify = off\n", 1, "--verify off");
  refuse ("ssh = dropbear\n", 1, "libssh or openssh");
  refuse ("lifeboat-port = 65536\n", 1, "65535");
  refuse ("jobs = 0\n", 1, "256");
  refuse ("device = sda\n", 1, "absolute path");
  refuse ("device = /dev/sda # the ssd\n", 1, "a comment stands on a line of its own");
  refuse ("device = /dev/s da\n", 1, "blanks");
  refuse ("stop-services = a;b\n", 1, "no pattern of unit names");
  refuse ("config = x.conf\n", 1, "absolute path");
  refuse ("config = -\n", 1, "absolute path");
  refuse ("busybox = ~you/busybox\n", 1, "absolute path");
  refuse ("host-key = SHA256:short\n", 1, "no fingerprint");
  refuse ("host-key = x.pub\n", 1, "absolute path");
  refuse ("map = perhaps\n", 1, "no or yes");
  refuse ("verbosity = loud\n", 1, "quiet, normal, verbose or debug");
  refuse ("image-server = images.lan\n", 1, "the URI of an image server is needed");
  refuse ("image-server = ftp://images.lan\n", 1, "images are taken from");
  refuse ("image-server = https://u:p@images.lan\n", 1, "seen by everybody");
  refuse ("image-server = nbd://images.lan?colour=red\n", 1, "image-server: ");
}

/* What would be given up by a line that was forgotten, and what belongs elsewhere. */
static void
test_no_keys (void **state)
{
  static const char *const names[] = {
    "confirm", "accept-new-host-key", "dry-run", "rehearse", "no-reboot", "session-key",
    "sample", "local", "json", "settings", "print-config"
  };

  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char line[64];

    snprintf (line, sizeof line, "%s = yes\n", names[i]);
    refuse (line, 1, "only an option of the command line");
  }
  refuse ("hostname = x\n", 1, "flash-live-remote-config(5)");
  refuse ("port = 22\n", 1, "~/.ssh/config");
  refuse ("stream = yes\n", 1, "mode = stream");
}

static void
test_hostile (void **state)
{
  static char text[SETTINGS_FILE_MAX + 1];
  char *end = text;

  (void) state;
  assert_int_equal (parse_bytes ("mode\0= stream", 13), -1);
  assert_non_null (strstr (message_last_error (), "NUL"));
  memset (text, 'a', sizeof text - 1);
  refuse (text, 1, "key = value");
  assert_true (strlen (message_last_error ()) < 300);
  memset (text, '\n', sizeof text);
  assert_int_equal (parse_bytes (text, sizeof text), 0);
  /* A pattern that would take longer than the world. */
  end += sprintf (end, "[board ");
  for (int i = 0; i < 10000; i++)
    end += sprintf (end, "a*");
  sprintf (end, "b]\nmode = stream\n");
  parse (text);
  memset (text, 'a', 255);
  text[255] = '\0';
  expect (text, SETTING_MODE, NULL, 0);
  /* As many sections as there is room for. */
  end = text;
  while (end - text < SETTINGS_FILE_MAX - 40)
    end += sprintf (end, "[board a]\nmap=no\n");
  parse (text);
  expect ("a", SETTING_MAP, "no", 2);
}

/* -- The file ---------------------------------------------------------------- */

static char folder[] = "/tmp/test-settings-file.XXXXXX";
static char path[64];

static void
write_file (const char *text, mode_t mode)
{
  FILE *f;

  unlink (path);
  f = fopen (path, "w");
  assert_non_null (f);
  fputs (text, f);
  assert_int_equal (fclose (f), 0);
  assert_int_equal (chmod (path, mode), 0);
}

static int
read_path (const char *from)
{
  int result;

  settings_release (&file);
  message_hold_errors ();
  result = settings_read (&file, from);
  message_release_errors ();
  return result;
}

static void
refuse_file (const char *words)
{
  assert_int_equal (read_path (path), -1);
  if (!strstr (message_last_error (), words) || !strstr (message_last_error (), path))
    fail_msg ("%s: no %s", message_last_error (), words);
}

static void
test_place (void **state)
{
  char place[128];

  (void) state;
  setenv ("XDG_CONFIG_HOME", folder, 1);
  assert_int_equal (read_path (NULL), 0);
  assert_null (file.name);
  assert_int_equal (mkdir (path, 0700), 0);
  snprintf (place, sizeof place, "%s/config", path);
  assert_int_equal (read_path (NULL), 0);
  assert_null (file.name);
  strcat (path, "/config");
  write_file ("mode = stream\n", 0644);
  assert_int_equal (read_path (NULL), 0);
  assert_string_equal (file.name, path);
  expect (NULL, SETTING_MODE, "stream", 1);
  /* As the XDG specification says, a relative path is ignored. */
  setenv ("XDG_CONFIG_HOME", "relative", 1);
  setenv ("HOME", folder, 1);
  assert_int_equal (read_path (NULL), 0);
  assert_null (file.name);
  assert_int_equal (read_path ("/nowhere/at/all"), -1);
}

static void
test_trust (void **state)
{
  char target[80];

  (void) state;
  write_file ("mode = stream\n", 0664);
  refuse_file ("others can write");
  write_file ("mode = stream\n", 0646);
  refuse_file ("others can write");
  write_file ("mode = stream\n", 0600);
  assert_int_equal (read_path (path), 0);
  if (geteuid () == 0) {
    assert_int_equal (chown (path, 12345, 0), 0);
    refuse_file ("belongs to another user");
  }
  unlink (path);
  assert_int_equal (mkfifo (path, 0600), 0);
  refuse_file ("no regular file");
  unlink (path);
  assert_int_equal (mkdir (path, 0700), 0);
  refuse_file ("no regular file");
  rmdir (path);
  /* People keep such files elsewhere, and link to them. */
  snprintf (target, sizeof target, "%s-elsewhere", path);
  write_file ("wait = 7\n", 0600);
  assert_int_equal (rename (path, target), 0);
  assert_int_equal (symlink (target, path), 0);
  assert_int_equal (read_path (path), 0);
  expect (NULL, SETTING_WAIT, "7", 1);
  unlink (target);
  refuse_file ("No such file");
}

static void
test_large (void **state)
{
  static char text[SETTINGS_FILE_MAX + 2];

  (void) state;
  memset (text, '\n', SETTINGS_FILE_MAX);
  write_file (text, 0600);
  assert_int_equal (read_path (path), 0);
  text[SETTINGS_FILE_MAX] = '\n';
  write_file (text, 0600);
  refuse_file ("larger than 64 KiB");
}

static int
make_folder (void **state)
{
  (void) state;
  if (!mkdtemp (folder))
    return -1;
  snprintf (path, sizeof path, "%s/flash-live-remote", folder);
  return 0;
}

static int
remove_folder (void **state)
{
  (void) state;
  unlink (path);
  path[strlen (path) - strlen ("/config")] = '\0';
  rmdir (path);
  settings_release (&file);
  return rmdir (folder);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_all_keys),
    cmocka_unit_test (test_forms),
    cmocka_unit_test (test_sections),
    cmocka_unit_test (test_bad_lines),
    cmocka_unit_test (test_bad_values),
    cmocka_unit_test (test_no_keys),
    cmocka_unit_test (test_hostile),
    cmocka_unit_test (test_place),
    cmocka_unit_test (test_trust),
    cmocka_unit_test (test_large),
  };

  return cmocka_run_group_tests (tests, make_folder, remove_folder);
}
