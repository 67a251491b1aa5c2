/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "near-word.h"
#include "keep.h"
#include "options.h"

#define PARSE(o, ...)                                                         \
  parse ((o), (char *[]) { (char *) "flash-live-remote", __VA_ARGS__, NULL })

static enum options_outcome
parse (struct options *o, char *argv[])
{
  int argc = 0;

  while (argv[argc])
    argc++;
  return options_parse (argc, argv, o);
}

static void
assert_bad (char *argv[])
{
  struct options o;

  assert_int_equal (parse (&o, argv), OPTIONS_BAD);
  options_release (&o);
}
#define BAD(...)                                                              \
  assert_bad ((char *[]) { (char *) "flash-live-remote", __VA_ARGS__, NULL })

static void
test_defaults (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "board", "image"), OPTIONS_GO_ON);
  assert_int_equal (o.mode, FLASH_RAMFS);
  assert_int_equal (o.verbosity, VERBOSITY_NORMAL);
  assert_true (o.reboot);
  assert_false (o.dry_run);
  assert_null (o.user);
  assert_null (o.confirm);
  assert_string_equal (o.host, "board");
  assert_string_equal (o.image, "image");
  assert_null (o.stop_services);
  assert_non_null (strstr (options_help (), DEFAULT_STOP_SERVICES));
  options_release (&o);
}

static void
test_services_with_device (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "--device", "/dev/sda", "--stop-services", "a",
                           "board", "image"), OPTIONS_GO_ON);
  assert_string_equal (o.stop_services, "a");
  options_release (&o);
}

static void
test_everything (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "--stream", "-p", "2222", "-i", "a", "-i", "b",
                           "-F", "conf", "-o", "User=x", "--device",
                           "/dev/sda", "--stop-services", "", "--no-reboot",
                           "--rescan",
                           "--confirm", "board", "--quiet", "pi@board", "image",
                           "--dry-run"), OPTIONS_GO_ON);
  assert_int_equal (o.mode, FLASH_STREAM);
  assert_int_equal (o.port, 2222);
  assert_int_equal (o.nr_identities, 2);
  assert_string_equal (o.identities[1], "b");
  assert_string_equal (o.config_file, "conf");
  assert_string_equal (o.settings[0], "User=x");
  assert_string_equal (o.device, "/dev/sda");
  assert_string_equal (o.stop_services, "");
  assert_false (o.reboot);
  assert_true (o.dry_run);
  assert_true (o.rescan);
  assert_string_equal (o.user, "pi");
  assert_string_equal (o.host, "board");
  options_release (&o);
}

static void
test_hosts (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "a@b@fe80::1%eth0", "image"), OPTIONS_GO_ON);
  assert_string_equal (o.user, "a@b");
  assert_string_equal (o.host, "fe80::1%eth0");
  options_release (&o);
  BAD ("--", "-oProxyCommand=x", "image");
  BAD ("pi@-board", "image");
  BAD ("-pi@board", "image");
  BAD ("pi@", "image");
  BAD ("@board", "image");
  BAD ("", "image");
  BAD ("a b", "image");
  BAD ("a'b", "image");
  BAD ("a\"b", "image");
  BAD ("a;b", "image");
  BAD ("a\nb", "image");
  BAD ("a\033b", "image");
  BAD ("b\xc3\xa4r", "image");
  BAD ("p i@board", "image");
  BAD ("$(x)@board", "image");
}

static void
test_mistakes (void **state)
{
  (void) state;
  BAD ("board");
  BAD ("board", "");
  BAD ("board", "ftp://h/x");
  BAD ("verify", "board", "http://u:w@h/x");
  BAD ("--ramfs", "--stream", "board", "image");
  BAD ("-p", "0", "board", "image");
  BAD ("-p", "65536", "board", "image");
  BAD ("-p", "12x", "board", "image");
  BAD ("-p", "-1", "board", "image");
  BAD ("-p");
  BAD ("--device", "sda", "board", "image");
  BAD ("--stop-services", "good --now", "board", "image");
  BAD ("--stop-services", "bad;name", "board", "image");
  BAD ("--quiet=yes", "board", "image");
  BAD ("--yes", "board", "image");
  BAD ("-z", "board", "image");
}

static void
test_keep (void **state)
{
  char list[KEEP_LIST_MAX];
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "--keep", "machine-id,ssh-host-keys,machine-id", "board",
                           "image"), OPTIONS_GO_ON);
  keep_list (o.keep, list);
  assert_string_equal (list, "ssh-host-keys,machine-id");
  options_release (&o);
  keep_list ((1u << KEEP_ITEMS) - 1, list);
  assert_string_equal (list, "ssh-host-keys,hostname,network,authorized-keys,"
                       "machine-id");
  BAD ("--keep", "", "board", "image");
  BAD ("--keep", "hostname,", "board", "image");
  BAD ("--keep", ",hostname", "board", "image");
  BAD ("--keep", "hostnames", "board", "image");
  BAD ("--keep", "host", "board", "image");
  BAD ("status", "--keep", "hostname", "board");
  BAD ("verify", "--keep", "hostname", "board", "image");
}

static void
test_suggestions (void **state)
{
  (void) state;
  assert_string_equal (options_suggest ("strem"), "stream");
  assert_string_equal (options_suggest ("dryrun"), "dry-run");
  assert_string_equal (options_suggest ("no-rebot"), "no-reboot");
  assert_string_equal (options_suggest ("comfirm=x"), "confirm");
  assert_null (options_suggest ("yes"));
  assert_null (options_suggest ("force"));
}

static void
test_many_boards (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "--jobs", "2", "--confirm", "3", "root@a", "b", "pi@c",
                           "image"), OPTIONS_GO_ON);
  assert_int_equal (o.nr_boards, 3);
  assert_int_equal (o.jobs, 2);
  assert_string_equal (o.image, "image");
  assert_string_equal (o.host, "a");
  assert_string_equal (o.user, "root");
  assert_int_equal (options_take_board (&o, 1), 0);
  assert_string_equal (o.host, "b");
  assert_null (o.user);
  assert_int_equal (options_take_board (&o, 2), 0);
  assert_string_equal (o.user, "pi");
  options_release (&o);

  BAD ("a", "b", "root@a", "image");
  BAD ("a", "A", "image");
  BAD ("--confirm", "a", "a", "b", "image");
  BAD ("--confirm", "3", "a", "b", "image");
  BAD ("--confirm", "02", "a", "b", "image");
  BAD ("--session-key", "k", "a", "b", "image");
  BAD ("--jobs", "0", "a", "b", "image");
  BAD ("--jobs", "2", "status", "a");
  BAD ("a", "-b", "image");
  BAD ("a", "b", "");
  BAD ("verify", "a", "b", "image");
  BAD ("status", "a", "b");
}

static void
test_too_many_boards (void **state)
{
  static char names[OPTIONS_BOARDS_MAX + 1][8];
  char *argv[OPTIONS_BOARDS_MAX + 4] = { (char *) "flash-live-remote" };
  struct options o;

  (void) state;
  for (int i = 0; i <= OPTIONS_BOARDS_MAX; i++) {
    snprintf (names[i], sizeof names[i], "b%d", i);
    argv[i + 1] = names[i];
  }
  /* The last one is the image, once. */
  assert_int_equal (parse (&o, argv), OPTIONS_GO_ON);
  assert_int_equal (o.nr_boards, OPTIONS_BOARDS_MAX);
  options_release (&o);
  argv[OPTIONS_BOARDS_MAX + 2] = (char *) "image";
  assert_bad (argv);
}

/* Nobody is asked: what needs a word must bring it. */
static void
test_json (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "--json", "--confirm", "board", "board", "image"),
                    OPTIONS_GO_ON);
  assert_true (o.json);
  options_release (&o);
  assert_int_equal (PARSE (&o, "--json", "--dry-run", "board", "image"),
                    OPTIONS_GO_ON);
  options_release (&o);
  assert_int_equal (PARSE (&o, "status", "--json", "board"), OPTIONS_GO_ON);
  options_release (&o);
  assert_int_equal (PARSE (&o, "verify", "--json", "board", "image"), OPTIONS_GO_ON);
  options_release (&o);
}

/* What each command takes, and what it refuses. */
static void
test_commands (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "status", "-p", "22", "--session-key", "k",
                           "--lifeboat-port", "2222", "pi@board"), OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_STATUS);
  assert_string_equal (o.host, "board");
  assert_string_equal (o.session_key, "k");
  assert_int_equal (o.lifeboat_port, 2222);
  assert_null (o.image);
  options_release (&o);
  assert_int_equal (PARSE (&o, "abandon", "board", "--confirm", "board"),
                    OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_ABANDON);
  options_release (&o);
  assert_int_equal (PARSE (&o, "verify", "board", "image", "--sample", "7",
                           "--device", "/dev/sda", "--rescan"), OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_VERIFY);
  assert_int_equal (o.sample, 7);
  options_release (&o);
  assert_int_equal (PARSE (&o, "board", "image", "--verify", "sample",
                           "--rehearse"), OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_FLASH);
  assert_int_equal (o.verification, VERIFY_SAMPLE);
  assert_true (o.rehearse);
  options_release (&o);

  assert_int_equal (PARSE (&o, "images", "nbds://images.lan/"), OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_IMAGES);
  assert_string_equal (o.image, "nbds://images.lan/");
  assert_null (o.host);
  options_release (&o);

  BAD ("images");
  BAD ("images", "nbd://a", "nbd://b");
  BAD ("images", "ftp://a");
  BAD ("images", "nbd://a", "--device", "/dev/sda");
  BAD ("images", "nbd://a", "--rescan");
  BAD ("images", "nbd://a", "--lifeboat-port", "2222");
  BAD ("status");
  BAD ("status", "board", "image");
  BAD ("abandon", "board", "image");
  BAD ("verify", "board");
  BAD ("verify", "board", "image", "more");

  static const char *const only_flash[] = {
    "--ramfs", "--stream", "--dry-run", "--rehearse", "--verify=full",
    "--no-reboot", "--stop-services=a"
  };
  for (size_t i = 0; i < sizeof only_flash / sizeof *only_flash; i++) {
    BAD ("status", "board", (char *) only_flash[i]);
    BAD ("abandon", "board", (char *) only_flash[i]);
    BAD ("verify", "board", "image", (char *) only_flash[i]);
  }
  BAD ("status", "board", "--confirm", "board");
  BAD ("verify", "board", "image", "--confirm", "board");
  BAD ("status", "board", "--device", "/dev/sda");
  BAD ("abandon", "board", "--device", "/dev/sda");
  BAD ("status", "board", "--rescan");
  BAD ("status", "board", "--sample", "3");
  BAD ("board", "image", "--sample", "3");
  BAD ("verify", "board", "image", "--sample", "0");
  BAD ("verify", "board", "image", "--session-key", "k");
  BAD ("verify", "board", "image", "--busybox", "file");
  BAD ("verify", "board", "image", "--lifeboat-port", "2222");
}

static void
test_contradictions (void **state)
{
  (void) state;
  BAD ("--rehearse", "--dry-run", "board", "image");
  BAD ("--rehearse", "--session-key", "k", "board", "image");
  BAD ("--quiet", "--verbose", "board", "image");
  BAD ("--verify", "half", "board", "image");
  BAD ("--json", "board", "image");
  BAD ("--json", "--rehearse", "board", "image");
  BAD ("abandon", "--json", "board");
  BAD ("--lifeboat-port", "65536", "board", "image");
}

/* A host may be called like a command, and a command may be mistyped. */
static void
test_slips (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "root@status", "image"), OPTIONS_GO_ON);
  assert_int_equal (o.command, COMMAND_FLASH);
  assert_string_equal (o.host, "status");
  options_release (&o);
  assert_int_equal (PARSE (&o, "status", "status"), OPTIONS_GO_ON);
  assert_string_equal (o.host, "status");
  options_release (&o);
  BAD ("statsu", "board");
  BAD ("abandom", "board");
  BAD ("verifi", "board", "image");
  BAD ("statsu");
  assert_int_equal (PARSE (&o, "statsu", "nbd://h/x"), OPTIONS_GO_ON);
  options_release (&o);
  BAD ("image", "nbd://h/x");
  /* With an image that is there, it is a host. */
  assert_int_equal (PARSE (&o, "statsu", "/"), OPTIONS_GO_ON);
  options_release (&o);
  assert_int_equal (PARSE (&o, "statsu", "board", "/"), OPTIONS_GO_ON);
  assert_int_equal (o.nr_boards, 2);
  options_release (&o);
  BAD ("statsu", "board", "image");
  BAD ("verfy", "board", "/");
  assert_int_equal (PARSE (&o, "stat", "image"), OPTIONS_BAD);
  assert_int_equal (PARSE (&o, "sta", "image"), OPTIONS_GO_ON);
  options_release (&o);
  assert_int_equal (word_distance ("kitten", "sitting"), 3);
}

static void
test_wait (void **state)
{
  struct options o;

  (void) state;
  assert_int_equal (PARSE (&o, "b", "i"), OPTIONS_GO_ON);
  assert_int_equal (o.wait_seconds, 0);
  assert_int_equal (PARSE (&o, "--wait", "b", "i"), OPTIONS_GO_ON);
  assert_int_equal (o.wait_seconds, DEFAULT_WAIT);
  assert_int_equal (PARSE (&o, "--wait=60", "--run", "true", "--host-key", "k", "b", "i"),
                    OPTIONS_GO_ON);
  assert_int_equal (o.wait_seconds, 60);
  assert_string_equal (o.run, "true");
  assert_string_equal (o.host_key, "k");
  assert_int_equal (PARSE (&o, "--run", "true", "--accept-new-host-key", "b", "i"),
                    OPTIONS_GO_ON);
  assert_int_equal (o.wait_seconds, DEFAULT_WAIT);
  assert_true (o.accept_new_host_key);
  BAD ("--wait=0", "b", "i");
  BAD ("--wait=soon", "b", "i");
  BAD ("--wait=86401", "b", "i");
  BAD ("--run", "", "b", "i");
  BAD ("--wait", "--no-reboot", "b", "i");
  BAD ("--wait", "--local", "i");
  BAD ("--host-key", "k", "b", "i");
  BAD ("--accept-new-host-key", "b", "i");
  BAD ("--wait", "--host-key", "k", "--accept-new-host-key", "b", "i");
  BAD ("--wait", "--host-key", "k", "b1", "b2", "i");
  BAD ("--wait", "status", "b");
}

static void
test_help (void **state)
{
  struct options o;
  const char *line = options_help ();
  unsigned lines = 0;

  (void) state;
  assert_int_equal (PARSE (&o, "--help"), OPTIONS_HELP);
  assert_int_equal (PARSE (&o, "--version"), OPTIONS_VERSION);
  for (; *line; line += strcspn (line, "\n") + 1, lines++)
    assert_true (strcspn (line, "\n") <= 80);
  assert_true (lines <= 40);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_defaults),
    cmocka_unit_test (test_services_with_device),
    cmocka_unit_test (test_everything),
    cmocka_unit_test (test_hosts),
    cmocka_unit_test (test_mistakes),
    cmocka_unit_test (test_keep),
    cmocka_unit_test (test_suggestions),
    cmocka_unit_test (test_json),
    cmocka_unit_test (test_many_boards),
    cmocka_unit_test (test_too_many_boards),
    cmocka_unit_test (test_commands),
    cmocka_unit_test (test_contradictions),
    cmocka_unit_test (test_slips),
    cmocka_unit_test (test_wait),
    cmocka_unit_test (test_help),
  };

  /* Not the settings of who runs this. */
  setenv ("XDG_CONFIG_HOME", "/nowhere", 1);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
