/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "keep.h"
#include "options.h"
#include "setting-merge.h"
#include "setting-show.h"

static char path[] = "/tmp/test-setting-merge.XXXXXX";
static struct options o;

static void
write_settings (const char *text)
{
  FILE *f = fopen (path, "w");

  assert_non_null (f);
  fputs (text, f);
  assert_int_equal (fclose (f), 0);
}

static enum options_outcome
parse (char *argv[])
{
  enum options_outcome outcome;
  int argc = 0;

  while (argv[argc])
    argc++;
  message_hold_errors ();
  outcome = options_parse (argc, argv, &o);
  message_release_errors ();
  return outcome;
}

/* The command line behind --settings. */
#define PARSE(...)                                                              \
  parse ((char *[]) { (char *) "flash-live-remote", (char *) "--settings", path, \
                      __VA_ARGS__, NULL })

#define GOOD(...)                                                               \
  do {                                                                          \
    options_release (&o);                                                       \
    if (PARSE (__VA_ARGS__) != OPTIONS_GO_ON)                                   \
      fail_msg ("%s", message_last_error ());                                   \
  } while (0)

#define BAD(words, ...)                                                         \
  do {                                                                          \
    options_release (&o);                                                       \
    assert_int_equal (PARSE (__VA_ARGS__), OPTIONS_BAD);                        \
    if (!strstr (message_last_error (), words))                                 \
      fail_msg ("%s: no %s", message_last_error (), words);                     \
  } while (0)

static void
test_order (void **state)
{
  (void) state;
  write_settings ("mode = stream\nkeep = hostname\nverify = sample\n"
                  "stop-services = docker\n"
                  "[board lab-*]\nkeep = network\nstop-services =\nverify = default\n");
  GOOD ("board", "image");
  assert_int_equal (o.mode, FLASH_STREAM);
  assert_int_equal (o.keep, 1U << KEEP_HOSTNAME);
  assert_int_equal (o.verification, VERIFY_SAMPLE);
  assert_int_equal (o.setting_lines[SETTING_KEEP], 2);
  GOOD ("root@lab-1", "image");
  assert_int_equal (o.mode, FLASH_STREAM);
  assert_int_equal (o.keep, 1U << KEEP_NETWORK);
  assert_int_equal (o.verification, VERIFY_FULL);
  assert_string_equal (o.stop_services, "");
  assert_int_equal (o.setting_lines[SETTING_KEEP], 6);
  GOOD ("--ramfs", "--keep", "machine-id", "--stop-services", "x", "lab-1", "image");
  assert_int_equal (o.mode, FLASH_RAMFS);
  assert_int_equal (o.keep, 1U << KEEP_MACHINE_ID);
  assert_string_equal (o.stop_services, "x");
  assert_int_equal (o.setting_lines[SETTING_KEEP], 0);
  assert_true (setting_is_given (&o, SETTING_KEEP));
}

static void
test_values (void **state)
{
  (void) state;
  write_settings ("device = /dev/sda\nconfig = /x.conf\nwait = 60\nrun = true\n"
                  "host-key = /k.pub\nssh = openssh\nlifeboat-port = 0\nbusybox = /bb\n"
                  "rescan = yes\njobs = 3\nverbosity = verbose\nmap = yes\n");
  GOOD ("board", "image");
  assert_string_equal (o.device, "/dev/sda");
  assert_string_equal (o.first_boot_file, "/x.conf");
  assert_int_equal (o.wait_seconds, 60);
  assert_string_equal (o.run, "true");
  assert_string_equal (o.host_key, "/k.pub");
  assert_int_equal (o.transport, TRANSPORT_OPENSSH);
  assert_true (o.lifeboat_given && o.lifeboat_port == 0);
  assert_string_equal (o.busybox, "/bb");
  assert_true (o.rescan && o.map);
  assert_int_equal (o.jobs, 3);
  assert_int_equal (o.verbosity, VERBOSITY_VERBOSE);
}

/* What the command line excludes, and what a command has no use for. */
static void
test_left_out (void **state)
{
  (void) state;
  write_settings ("device = /dev/sda\nwait = 60\nrun = true\nhost-key = /k.pub\n"
                  "ssh = openssh\nlifeboat-port = 2222\nkeep = hostname\nmap = yes\n"
                  "jobs = 2\n");
  GOOD ("--no-reboot", "--quiet", "board", "image");
  assert_int_equal (o.wait_seconds, 0);
  assert_null (o.run);
  assert_null (o.host_key);
  assert_false (o.map);
  GOOD ("--wait=no", "board", "image");
  assert_int_equal (o.wait_seconds, 0);
  assert_null (o.run);
  GOOD ("--local", "image");
  assert_int_equal (o.transport, TRANSPORT_LOCAL);
  assert_int_equal (o.wait_seconds, 0);
  assert_int_equal (o.lifeboat_port, 0);
  assert_false (o.lifeboat_given);
  assert_int_equal (o.keep, 1U << KEEP_HOSTNAME);
  GOOD ("status", "board");
  assert_int_equal (o.transport, TRANSPORT_OPENSSH);
  assert_int_equal (o.lifeboat_port, 2222);
  assert_null (o.device);
  assert_int_equal (o.keep, 0);
  GOOD ("verify", "board", "image");
  assert_string_equal (o.device, "/dev/sda");
  assert_int_equal (o.lifeboat_port, 0);
  GOOD ("abandon", "board");
  assert_int_equal (o.lifeboat_port, 2222);
  GOOD ("a", "b", "image");
  assert_false (o.map);
  assert_int_equal (o.jobs, 2);
}

static void
test_wait (void **state)
{
  (void) state;
  write_settings ("run = true\n[board quiet]\nwait = no\n[board w]\nwait = yes\n"
                  "run = default\n");
  GOOD ("board", "image");
  assert_int_equal (o.wait_seconds, DEFAULT_WAIT);
  assert_int_equal (o.setting_lines[SETTING_WAIT], 1);
  GOOD ("--wait=5", "board", "image");
  assert_int_equal (o.wait_seconds, 5);
  assert_string_equal (o.run, "true");
  GOOD ("quiet", "image");
  assert_int_equal (o.wait_seconds, 0);
  assert_null (o.run);
  GOOD ("--accept-new-host-key", "w", "image");
  assert_int_equal (o.wait_seconds, DEFAULT_WAIT);
  assert_null (o.run);
  assert_true (o.accept_new_host_key);
  BAD ("--accept-new-host-key is about the login of --wait", "--accept-new-host-key",
       "quiet", "image");
  BAD ("give one of them", "--wait=no", "--run", "x", "board", "image");
  BAD ("give one of them", "--run", "x", "--wait=no", "board", "image");
  GOOD ("--no-reboot", "--wait", "--wait=no", "board", "image");
}

/* A pinned key is not given up silently. */
static void
test_host_key (void **state)
{
  char place[64];

  (void) state;
  write_settings ("\nhost-key = /k.pub\nwait = yes\n");
  snprintf (place, sizeof place, "host-key (set in %s:2)", path);
  BAD (place, "--accept-new-host-key", "board", "image");
  GOOD ("--host-key", "/other.pub", "board", "image");
  assert_string_equal (o.host_key, "/other.pub");
}

static void
test_mistakes (void **state)
{
  char place[64];

  (void) state;
  write_settings ("mode = stream\n[board other]\nwait = later\n");
  snprintf (place, sizeof place, "%s:3: wait later: ", path);
  BAD (place, "board", "image");
  BAD (place, "status", "board");
  BAD (place, "images", "nbd://h");
  options_release (&o);
  assert_int_equal (parse ((char *[]) { (char *) "flash-live-remote",
                                        (char *) "--settings=none", (char *) "b",
                                        (char *) "i", NULL }), OPTIONS_GO_ON);
  assert_int_equal (o.mode, FLASH_RAMFS);
  options_release (&o);
  assert_int_equal (parse ((char *[]) { (char *) "flash-live-remote",
                                        (char *) "--settings=/nowhere", (char *) "b",
                                        (char *) "i", NULL }), OPTIONS_BAD);
}

static void
test_server (void **state)
{
  (void) state;
  write_settings ("image-server = nbds://images.lan/team?tls-certificates=/x\n"
                  "[board web]\nimage-server = https://web.lan/\n"
                  "[board none]\nimage-server = default\n");
  GOOD ("board", "server:a b%.img");
  assert_string_equal (o.image,
                       "nbds://images.lan/team/a%20b%25.img?tls-certificates=/x");
  GOOD ("web", "server:dir/x.img");
  assert_string_equal (o.image, "https://web.lan/dir/x.img");
  GOOD ("verify", "board", "server:x");
  assert_string_equal (o.image, "nbds://images.lan/team/x?tls-certificates=/x");
  GOOD ("images");
  assert_string_equal (o.image, "nbds://images.lan/team/?tls-certificates=/x");
  GOOD ("images", "server:ha");
  assert_string_equal (o.image, "nbds://images.lan/team/ha?tls-certificates=/x");
  GOOD ("images", "nbd://other");
  assert_string_equal (o.image, "nbd://other");
  BAD ("no image-server is set", "none", "server:x");
  BAD ("the name of an image is missing", "board", "server:");
  /* What is not written so is a file, whatever the server has. */
  GOOD ("board", "x.img");
  assert_string_equal (o.image, "x.img");
  GOOD ("board", "./server:x");
  assert_string_equal (o.image, "./server:x");
  /* All boards get one image. */
  GOOD ("board", "board2", "server:x");
  BAD ("different image servers", "board", "web", "server:x");
  GOOD ("board", "web", "nbd://h/x");
}

static void
test_server_and_file (void **state)
{
  static const char name[] = "server:test-setting-merge";
  FILE *f = fopen (name, "w");

  (void) state;
  assert_non_null (f);
  fclose (f);
  write_settings ("image-server = nbd://images.lan\n");
  BAD ("there is a file of that name, too", "board", "server:test-setting-merge");
  GOOD ("board", "./server:test-setting-merge");
  unlink (name);
  GOOD ("board", "server:test-setting-merge");
}

static void
test_no_server (void **state)
{
  (void) state;
  write_settings ("mode = stream\n");
  BAD ("the URI of an image server is missing", "images");
  BAD ("no image-server is set", "board", "server:x");
}

static void
test_many_boards (void **state)
{
  struct options board;
  char *list;

  (void) state;
  write_settings ("wait = 5\nkeep = hostname\n[board b]\nmode = stream\nwait = no\n"
                  "[board c]\nhost-key = /c.pub\nkeep = default\n");
  GOOD ("--verify", "sample", "a", "pi@b", "c", "image");
  assert_int_equal (o.mode, FLASH_RAMFS);
  assert_int_equal (options_for_board (&o, 1, &board), 0);
  assert_string_equal (board.host, "b");
  assert_string_equal (board.user, "pi");
  assert_int_equal (board.mode, FLASH_STREAM);
  assert_int_equal (board.wait_seconds, 0);
  assert_int_equal (board.verification, VERIFY_SAMPLE);
  list = setting_list_set (&board, &o);
  assert_string_equal (list, "mode = stream (line 4), wait = no (line 5)");
  free (list);
  options_release (&board);
  assert_int_equal (options_for_board (&o, 2, &board), 0);
  assert_int_equal (board.mode, FLASH_RAMFS);
  assert_int_equal (board.wait_seconds, 5);
  assert_int_equal (board.keep, 0);
  assert_string_equal (board.host_key, "/c.pub");
  options_release (&board);
  assert_int_equal (options_for_board (&o, 0, &board), 0);
  assert_null (setting_list_set (&board, &o));
  list = setting_list_set (&board, NULL);
  assert_string_equal (list, "keep = hostname (line 2), wait = 5 (line 1)");
  free (list);
  options_release (&board);
  /* Of any board, before the first is looked at. */
  BAD ("host-key (set in", "--accept-new-host-key", "a", "c", "image");
}

static void
test_print_config (void **state)
{
  (void) state;
  write_settings ("jobs = 2\n[board b]\nmode = stream\n");
  GOOD ("--print-config");
  assert_int_equal (o.command, COMMAND_PRINT_CONFIG);
  assert_null (o.host);
  assert_int_equal (o.mode, FLASH_RAMFS);
  assert_int_equal (o.jobs, 2);
  GOOD ("--json", "pi@b", "--print-config");
  assert_int_equal (o.mode, FLASH_STREAM);
  /* Here these are names of boards. */
  GOOD ("--print-config", "status");
  assert_string_equal (o.host, "status");
  BAD ("one HOST", "--print-config", "a", "b");
  BAD ("no host name", "--print-config", "a b");
  BAD ("--sample", "--print-config", "--sample", "3");
}

/* What is shown can be saved, and means the same. */
static void
test_show (void **state)
{
  char *text = NULL, *again = NULL;
  size_t size;
  FILE *f;

  (void) state;
  write_settings ("keep = hostname\nstop-services =\nimage-server = nbd://h/x\n"
                  "lifeboat-port = 0\n[board b]\nmode = stream\nrun = a = 'b'\n");
  GOOD ("--print-config", "--device", "/dev/sdb", "--verify", "off", "--config", "x", "b");
  f = open_memstream (&text, &size);
  setting_show_file (&o, f);
  assert_int_equal (fclose (f), 0);
  assert_non_null (strstr (text, "\n# command line\ndevice = /dev/sdb\n"));
  assert_non_null (strstr (text, "a file cannot say it\n# verify = off\n"));
  assert_non_null (strstr (text, ":6\nmode = stream\n"));
  assert_non_null (strstr (text, "\n# default\n# ssh = libssh\n"));
  assert_null (strstr (text, "config = x"));
  write_settings (text);
  GOOD ("--print-config", "b");
  assert_string_equal (o.device, "/dev/sdb");
  assert_string_equal (o.run, "a = 'b'");
  assert_string_equal (o.stop_services, "");
  assert_int_equal (o.wait_seconds, DEFAULT_WAIT);
  assert_true (o.lifeboat_given);
  assert_int_equal (o.first_boot_file[0], '/');
  f = open_memstream (&again, &size);
  setting_show_file (&o, f);
  assert_int_equal (fclose (f), 0);
  write_settings (again);
  GOOD ("b", "image");
  assert_int_equal (o.mode, FLASH_STREAM);
  free (text);
  free (again);
}

static int
make_file (void **state)
{
  int fd = mkstemp (path);

  (void) state;
  return fd == -1 ? -1 : close (fd);
}

static int
remove_file (void **state)
{
  (void) state;
  options_release (&o);
  return unlink (path);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_order),
    cmocka_unit_test (test_values),
    cmocka_unit_test (test_left_out),
    cmocka_unit_test (test_wait),
    cmocka_unit_test (test_host_key),
    cmocka_unit_test (test_mistakes),
    cmocka_unit_test (test_server),
    cmocka_unit_test (test_server_and_file),
    cmocka_unit_test (test_no_server),
    cmocka_unit_test (test_many_boards),
    cmocka_unit_test (test_print_config),
    cmocka_unit_test (test_show),
  };

  return cmocka_run_group_tests (tests, make_file, remove_file);
}
