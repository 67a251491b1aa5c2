/* SPDX-License-Identifier: MIT */
/* Which ssh daemon the board has: its command line, and its place above us.  This
 * program itself is the daemon, under other names. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file-io.h"
#include "session-side.h"
#include "ssh-daemon.h"

#define WORDS(text) text, sizeof text - 1

static void
test_plain_paths (void **state)
{
  char longest[SSH_DAEMON_PATH_MAX + 1];

  (void) state;
  assert_true (ssh_daemon_is_plain_path ("/usr/sbin/sshd"));
  assert_true (ssh_daemon_is_plain_path ("/opt/a..b/x-1.2+3_4"));
  assert_false (ssh_daemon_is_plain_path (""));
  assert_false (ssh_daemon_is_plain_path ("/"));
  assert_false (ssh_daemon_is_plain_path ("sshd"));
  assert_false (ssh_daemon_is_plain_path ("/usr/sbin/"));
  assert_false (ssh_daemon_is_plain_path ("/usr/../sshd"));
  assert_false (ssh_daemon_is_plain_path ("/usr/.."));
  assert_false (ssh_daemon_is_plain_path ("/a b"));
  assert_false (ssh_daemon_is_plain_path ("/a\nb"));
  assert_false (ssh_daemon_is_plain_path ("/$(reboot)"));
  memset (longest, 'a', sizeof longest);
  longest[0] = '/';
  longest[SSH_DAEMON_PATH_MAX] = '\0';
  assert_false (ssh_daemon_is_plain_path (longest));
  longest[SSH_DAEMON_PATH_MAX - 1] = '\0';
  assert_true (ssh_daemon_is_plain_path (longest));
}

static int
parse (struct ssh_daemon *daemon, enum ssh_daemon_kind kind, const char *words,
       size_t len)
{
  memset (daemon, 0, sizeof *daemon);
  daemon->kind = kind;
  return ssh_daemon_parse_words (daemon, words, len);
}

static void
test_openssh_words (void **state)
{
  struct ssh_daemon daemon;

  (void) state;
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("/usr/sbin/sshd\0-D\0-f\0/etc/a\0-h/k1\0")), 0);
  assert_string_equal (daemon.config, "/etc/a");
  assert_int_equal (daemon.nr_keys, 1);
  assert_string_equal (daemon.keys[0], "/k1");

  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("sshd: /usr/sbin/sshd -D -f /etc/a -h /k1"
                                  " [listener] 0 of 10-100 startups")), 0);
  assert_string_equal (daemon.config, "/etc/a");
  assert_string_equal (daemon.keys[0], "/k1");

  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("/usr/sbin/sshd\0-D")), 0);
  assert_string_equal (daemon.config, "");
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH, WORDS ("sshd\0-f")), 0);
  assert_string_equal (daemon.config, "");
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH, "", 0), 0);
}

static void
test_dropbear_words (void **state)
{
  struct ssh_daemon daemon;

  (void) state;
  assert_int_equal (parse (&daemon, SSH_DAEMON_DROPBEAR,
                           WORDS ("dropbear\0-r\0/a\0-F\0-r/b\0-f\0rel\0")), 0);
  assert_int_equal (daemon.nr_keys, 2);
  assert_string_equal (daemon.keys[0], "/a");
  assert_string_equal (daemon.keys[1], "/b");
  assert_string_equal (daemon.config, "");
}

static void
test_refused_words (void **state)
{
  struct ssh_daemon daemon;
  char many[512] = "x";
  size_t len = 2;

  (void) state;
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("sshd\0-f\0sshd_config")), -1);
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("sshd\0-f\0/etc/a;reboot")), -1);
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH,
                           WORDS ("sshd\0-f/a/../b")), -1);
  for (int i = 0; i <= SSH_DAEMON_KEYS; i++)
    len += (size_t) sprintf (many + len, "-h/k%d", i) + 1;
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH, many, len), -1);
  memset (many, 'a', sizeof many);
  memcpy (many, "sshd\0-f\0/", 9);
  assert_int_equal (parse (&daemon, SSH_DAEMON_OPENSSH, many, sizeof many), -1);
}

/* -- above a process ------------------------------------------------------ */

static void
copy_self (const char *path)
{
  char buf[65536];
  ssize_t r;
  int in = open ("/proc/self/exe", O_RDONLY);
  int out = open (path, O_WRONLY | O_CREAT | O_EXCL, 0700);

  assert_true (in >= 0 && out >= 0);
  while ((r = full_read (in, buf, sizeof buf)) > 0)
    assert_int_equal (full_write (out, buf, (size_t) r), 0);
  assert_int_equal (close (in) | close (out), 0);
}

/* Run as a daemon: an ancestor whose child says its number, then all wait until
 * stdin ends. */
static int
be_daemon (void)
{
  char byte;
  const pid_t child = fork ();

  if (child == 0) {
    const int pid = (int) getpid ();
    if (full_write (STDOUT_FILENO, &pid, sizeof pid) == -1)
      return 1;
  }
  return read (STDIN_FILENO, &byte, 1) == -1;
}

static void
test_find_above (void **state)
{
  char dir[] = "/tmp/test-ssh-daemon.XXXXXX", path[64];
  struct ssh_daemon daemon;
  int in[2], out[2], child = 0;

  (void) state;
  assert_non_null (mkdtemp (dir));
  snprintf (path, sizeof path, "%s/sshd", dir);
  copy_self (path);
  assert_int_equal (pipe2 (in, O_CLOEXEC) | pipe2 (out, O_CLOEXEC), 0);
  const pid_t pid = fork ();
  if (pid == 0) {
    dup2 (in[0], STDIN_FILENO);
    dup2 (out[1], STDOUT_FILENO);
    execl (path, "sshd", "daemon", "-f", "/etc/c", (char *) NULL);
    _exit (127);
  }
  close (in[0]);
  close (out[1]);
  assert_int_equal (full_read (out[0], &child, sizeof child),
                    (int) sizeof child);

  assert_int_equal (ssh_daemon_find_above ((pid_t) child, &daemon), 0);
  assert_int_equal (daemon.kind, SSH_DAEMON_OPENSSH);
  assert_int_equal (daemon.pid, pid);
  assert_string_equal (daemon.exe, path);
  assert_string_equal (daemon.config, "/etc/c");
  assert_false (daemon.listening);

  assert_int_equal (unlink (path), 0);
  assert_int_equal (ssh_daemon_find_above ((pid_t) child, &daemon), 0);
  assert_string_equal (daemon.exe, path);

  close (in[1]);
  close (out[0]);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
  assert_int_equal (rmdir (dir), 0);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "daemon") == 0)
    _exit (be_daemon ());

  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_plain_paths),
    cmocka_unit_test (test_openssh_words),
    cmocka_unit_test (test_dropbear_words),
    cmocka_unit_test (test_refused_words),
    cmocka_unit_test (test_find_above),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
