/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "known-hosts.h"
#include "ssh-config.h"

static char home[64];

static void
write_file (const char *name, const char *text)
{
  char path[256];
  FILE *f;

  snprintf (path, sizeof path, "%s/%s", home, name);
  f = fopen (path, "w");
  assert_non_null (f);
  assert_true (fputs (text, f) >= 0);
  assert_int_equal (fclose (f), 0);
}

static int
make_home (void **state)
{
  char path[256];

  (void) state;
  snprintf (home, sizeof home, "/tmp/test-ssh-config-XXXXXX");
  if (!mkdtemp (home) || setenv ("HOME", home, 1) == -1)
    return -1;
  snprintf (path, sizeof path, "%s/.ssh", home);
  return mkdir (path, 0700);
}

static int
remove_home (void **state)
{
  char command[128];

  (void) state;
  snprintf (command, sizeof command, "rm -rf -- '%s'", home);
  return system (command);
}

static struct ssh_config *
read_for (const char *host, const struct options *given)
{
  struct options o = { .host = host };
  char path[256];

  if (given)
    o = *given;
  o.host = host;
  snprintf (path, sizeof path, "%s/.ssh/config", home);
  if (!o.config_file)
    o.config_file = path;       /* leave the machine's own file out */
  return ssh_config_read (&o);
}

/* From here on what is said goes to a file; until read_words. */
static int
catch_words (void)
{
  char path[256];
  const int before = dup (STDERR_FILENO);
  int fd;

  snprintf (path, sizeof path, "%s/said", home);
  fd = open (path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  assert_true (before >= 0 && fd >= 0);
  fflush (stderr);
  assert_int_equal (dup2 (fd, STDERR_FILENO), STDERR_FILENO);
  close (fd);
  return before;
}

static void
read_words (int before, char *words, size_t size)
{
  fflush (stderr);
  const ssize_t n = pread (STDERR_FILENO, words, size - 1, 0);

  assert_int_equal (dup2 (before, STDERR_FILENO), STDERR_FILENO);
  close (before);
  assert_true (n >= 0);
  words[n] = '\0';
}

static void
test_host_blocks (void **state)
{
  struct ssh_config *c;

  (void) state;
  write_file (".ssh/config",
              "# a comment\n"
              "Host other\n  HostName wrong\n"
              "Host board !x* b?\n"
              "  HostName = real.example\n"
              "  User \"pi\"\n"
              "Host real.example\n  User wrong\n"
              /* the alias still matches behind HostName */
              "Host board\n  Port 2222\n  IdentityFile ~/.ssh/one\n"
              "Host *\n\tPort 1\n  User late\n  IdentityFile %d/two-%r-%p\n"
              "StrictHostKeyChecking accept-new\n");
  c = read_for ("board", NULL);
  assert_non_null (c);
  assert_string_equal (c->host, "real.example");
  assert_string_equal (c->user, "pi");
  assert_int_equal (c->port, 2222);
  assert_int_equal (c->strict, STRICT_ACCEPT_NEW);
  assert_true (c->identities_given);
  assert_string_equal (c->identities[0] + strlen (home), "/.ssh/one");
  assert_string_equal (c->identities[1] + strlen (home), "/two-pi-2222");
  assert_null (c->identities[2]);
  ssh_config_free (c);
}

static void
test_command_line_wins (void **state)
{
  struct options o = {
    .user = (char *) "me", .port = 7, .identities = { "/first" },
    .nr_identities = 1,
    .settings = { "HostName=set.example", "StrictHostKeyChecking no",
                  "UserKnownHostsFile=/a \"/b c\"" },
    .nr_settings = 3
  };
  struct ssh_config *c;

  (void) state;
  write_file (".ssh/config", "User x\nPort 99\nHostName y\nIdentityFile /second\n"
              "StrictHostKeyChecking yes\nUserKnownHostsFile /z\n");
  c = read_for ("board", &o);
  assert_non_null (c);
  assert_string_equal (c->host, "set.example");
  assert_string_equal (c->alias, "board");
  assert_string_equal (c->user, "me");
  assert_int_equal (c->port, 7);
  assert_int_equal (c->strict, STRICT_NO);
  assert_string_equal (c->identities[0], "/first");
  assert_string_equal (c->identities[1], "/second");
  assert_string_equal (c->known_hosts[0], "/a");
  assert_string_equal (c->known_hosts[1], "/b c");
  assert_null (c->known_hosts[2]);
  ssh_config_free (c);
}

static void
test_include_and_match (void **state)
{
  struct ssh_config *c;
  char path[256];

  (void) state;
  write_file (".ssh/config", "Include conf-*\nHost none\nInclude never\n"
              "Match host h?st.example user root,pi\n  Port 5\n"
              "Match originalhost board exec \"touch %d/ran\"\n  Port 6\n"
              "Match !host other\n Compression yes\n"
              "Match all\nUser late\n");
  write_file (".ssh/conf-1", "Host board\nHostName host.example\nUser pi\n");
  write_file (".ssh/never", "User never\n");
  c = read_for ("board", NULL);
  assert_non_null (c);
  assert_string_equal (c->host, "host.example");
  assert_string_equal (c->user, "pi");
  assert_int_equal (c->port, 5);
  assert_string_equal (c->for_libssh, "Compression yes\n");
  ssh_config_free (c);
  snprintf (path, sizeof path, "%s/ran", home);
  assert_int_equal (access (path, F_OK), 0);

  write_file (".ssh/config", "Include config\n");
  assert_null (read_for ("board", NULL));
}

static void
test_for_libssh (void **state)
{
  struct ssh_config *c;

  (void) state;
  write_file (".ssh/config", "ProxyJump one\nProxyCommand two\n"
              "RekeyLimit 1G 1h\nCiphers aes128-ctr\nCiphers late\n"
              "ForwardAgent yes\nNonsense yes\n");
  c = read_for ("board", NULL);
  assert_string_equal (c->for_libssh, "Ciphers aes128-ctr\nRekeyLimit 1G 1h\n");
  ssh_config_free (c);
}

static void
assert_proxy (const char *lines, const char *expected)
{
  struct ssh_config *c;
  CLEANUP_FREE char *command = NULL;

  write_file (".ssh/config", lines);
  c = read_for ("board", NULL);
  assert_non_null (c);
  if (!expected)
    assert_null (c->proxy_command);
  else {
    command = ssh_config_expand (c, c->proxy_command);
    assert_string_equal (command, expected);
  }
  ssh_config_free (c);
}

/* ssh itself is the hops' client, by the configuration that was given. */
static void
test_proxies (void **state)
{
  char expected[256];

  (void) state;
  assert_proxy ("ProxyCommand connect %h:%p as %r for %n, 100%%\nPort 7\nUser pi\n"
                "HostName real\nProxyJump late\n",
                "connect real:7 as pi for board, 100%");
  assert_proxy ("ProxyJump none\nProxyCommand late\n", NULL);
  snprintf (expected, sizeof expected,
            "ssh -F '%s/.ssh/config' -W '[real]:22' -- 'me@hop'", home);
  assert_proxy ("ProxyJump me@hop\nHostName real\n", expected);
  snprintf (expected, sizeof expected, "ssh -F '%s/.ssh/config' -J 'a,me@b:2222' "
            "-W '[board]:22' -- 'ssh://[::1]:2200'", home);
  assert_proxy ("ProxyJump a,me@b:2222,[::1]:2200\n", expected);
}

/* What it cannot do it names, and what would make it unsafe it refuses. */
static void
test_unsupported (void **state)
{
  struct options other = { .settings = { "CanonicalizeHostname=no" },
                           .nr_settings = 1 };
  struct ssh_config *c;
  char said[2048];

  (void) state;
  write_file (".ssh/config", "Host other\nRevokedHostKeys /x\nHost *\n"
              "RevokedHostKeys none\nCanonicalizeHostname yes\n"
              "Match final\nUser late\nMatch !canonical\nPort 77\n");
  const int before = catch_words ();
  c = read_for ("board", &other);
  read_words (before, said, sizeof said);
  assert_non_null (c);
  assert_int_equal (c->port, 77);
  assert_non_null (strstr (said, "line 5: CanonicalizeHostname yes: "));
  assert_non_null (strstr (said, "line 6: \"Match final\" cannot be decided"));
  assert_non_null (strstr (said, "--ssh=openssh"));
  ssh_config_free (c);
  write_file (".ssh/config", "RevokedHostKeys ~/bad\n");
  assert_null (read_for ("board", NULL));
}

static void
test_match_exec (void **state)
{
  struct ssh_config *c;
  char touched[256];

  (void) state;
  write_file (".ssh/config", "HostName real\n"
              "Match exec \"test %h.%n.%p = real.board.22\"\nPort 5\n"
              "Match exec \"test 100%% = 1\"\nUser never\n"
              "Match host other exec \"touch ~/touched\"\nUser never\n"
              "Match exec \"exit %Z\"\nUser never\n");
  c = read_for ("board", NULL);
  assert_non_null (c);
  assert_int_equal (c->port, 5);
  assert_string_not_equal (c->user, "never");
  ssh_config_free (c);
  snprintf (touched, sizeof touched, "%s/touched", home);
  assert_int_equal (access (touched, F_OK), -1);
}

static void
test_bad_values (void **state)
{
  struct options missing = { .config_file = "/no/such/file" };
  struct options setting = { .settings = { "Port" }, .nr_settings = 1 };
  struct options host = { .settings = { "Host=x" }, .nr_settings = 1 };

  (void) state;
  write_file (".ssh/config", "StrictHostKeyChecking perhaps\n");
  assert_null (read_for ("board", NULL));
  write_file (".ssh/config", "Port 0\n");
  assert_null (read_for ("board", NULL));
  write_file (".ssh/config", "IdentityFile ${NO_SUCH_VARIABLE}/x\n");
  assert_null (read_for ("board", NULL));
  assert_null (read_for ("board", &missing));
  write_file (".ssh/config", "");
  assert_null (read_for ("board", &setting));
  assert_null (read_for ("board", &host));
}

static void
test_patterns (void **state)
{
  (void) state;
  assert_true (ssh_config_match ("board", "*"));
  assert_true (ssh_config_match ("board", "b*d"));
  assert_true (ssh_config_match ("Board", "bOARD"));
  assert_true (ssh_config_match ("10.0.0.12", "10.*.1?"));
  assert_false (ssh_config_match ("board", "boar"));
  assert_false (ssh_config_match ("boar", "board"));
  assert_false (ssh_config_match ("", "?"));
  assert_true (ssh_config_match ("", "**"));
  assert_true (ssh_config_match ("abcabd", "*a?d"));
  assert_true (ssh_config_match ("abcabcd", "a*bc*d"));
  assert_false (ssh_config_match ("abcabce", "a*bc*d"));
}

/* -- Known hosts ---------------------------------------------------------- */

static ssh_key key, other, rsa;

static char *
base64_of (ssh_key k)
{
  static char buf[1024];
  char *text = NULL;

  assert_int_equal (ssh_pki_export_pubkey_base64 (k, &text), SSH_OK);
  snprintf (buf, sizeof buf, "%s %s", ssh_key_type_to_char (ssh_key_type (k)),
            text);
  ssh_string_free_char (text);
  return buf;
}

static int
make_keys (void **state)
{
  if (ssh_pki_generate (SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK
      || ssh_pki_generate (SSH_KEYTYPE_ED25519, 0, &other) != SSH_OK
      || ssh_pki_generate (SSH_KEYTYPE_RSA, 2048, &rsa) != SSH_OK)
    return -1;
  return make_home (state);
}

static int
free_keys (void **state)
{
  ssh_key_free (key);
  ssh_key_free (other);
  ssh_key_free (rsa);
  return remove_home (state);
}

static void
assert_check (const char *patterns, ssh_key known, enum known_host expected)
{
  struct ssh_config *c = read_for ("Board.example", NULL);
  char line[2048], place[256];

  snprintf (line, sizeof line, "# a comment\n%s %s a comment\n", patterns,
            base64_of (known));
  write_file (".ssh/known_hosts", line);
  assert_int_equal (known_hosts_check (c, key, place, sizeof place), expected);
  if (expected != KNOWN_HOST_NEW && expected != KNOWN_HOST_BY_AUTHORITY)
    assert_non_null (strstr (place, ".ssh/known_hosts, line 2"));
  ssh_config_free (c);
}

static void
test_known_hosts (void **state)
{
  (void) state;
  write_file (".ssh/config", "Port 2222\nGlobalKnownHostsFile none\n");
  assert_check ("[board.example]:2222", key, KNOWN_HOST_SAME);
  assert_check ("a,[board.example]:2222,b", key, KNOWN_HOST_SAME);
  assert_check ("[board.*]:2222", key, KNOWN_HOST_SAME);
  assert_check ("board.example", key, KNOWN_HOST_NEW);
  assert_check ("[board.example]:2222", other, KNOWN_HOST_CHANGED);
  assert_check ("[board.example]:2222", rsa, KNOWN_HOST_CHANGED);
  assert_check ("*,![board.example]:2222", key, KNOWN_HOST_NEW);
  assert_check ("@revoked *", key, KNOWN_HOST_REVOKED);
  assert_check ("@revoked *", other, KNOWN_HOST_NEW);
  assert_check ("@cert-authority *", key, KNOWN_HOST_BY_AUTHORITY);
  assert_check ("@cert-authority other", key, KNOWN_HOST_NEW);
  write_file (".ssh/config", "HostKeyAlias Alias\nGlobalKnownHostsFile none\n");
  assert_check ("Alias", key, KNOWN_HOST_SAME);
  write_file (".ssh/config", "StrictHostKeyChecking no\n"
              "GlobalKnownHostsFile none\n");
  assert_check ("board.example", other, KNOWN_HOST_CHANGED);
}

static void
test_known_hosts_add (void **state)
{
  struct ssh_config *c;
  char place[256], *algorithms;

  (void) state;
  write_file (".ssh/config", "UserKnownHostsFile ~/new/known ~/.ssh/second\n"
              "GlobalKnownHostsFile none\n");
  write_file (".ssh/second", "a line without an end");
  c = read_for ("board", NULL);
  assert_int_equal (known_hosts_check (c, key, place, sizeof place),
                    KNOWN_HOST_NEW);
  assert_string_equal (place, "");
  assert_int_equal (known_hosts_add (c, rsa), 0);
  assert_int_equal (known_hosts_check (c, rsa, place, sizeof place),
                    KNOWN_HOST_SAME);
  /* The board is to show the kind of key that is known. */
  algorithms = known_hosts_algorithms (c);
  assert_int_equal (strncmp (algorithms, "rsa-sha2-512,rsa-sha2-256,", 26), 0);
  assert_non_null (strstr (algorithms, "ssh-ed25519"));
  free (algorithms);
  ssh_config_free (c);

  write_file (".ssh/config", "UserKnownHostsFile ~/.ssh/second\n"
              "GlobalKnownHostsFile none\n");
  c = read_for ("board", NULL);
  assert_int_equal (known_hosts_add (c, key), 0);
  assert_int_equal (known_hosts_check (c, key, place, sizeof place),
                    KNOWN_HOST_SAME);
  assert_non_null (strstr (place, "line 2"));
  ssh_config_free (c);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_host_blocks, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_command_line_wins, make_home,
                                     remove_home),
    cmocka_unit_test_setup_teardown (test_include_and_match, make_home,
                                     remove_home),
    cmocka_unit_test_setup_teardown (test_for_libssh, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_proxies, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_unsupported, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_match_exec, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_bad_values, make_home, remove_home),
    cmocka_unit_test (test_patterns),
    cmocka_unit_test_setup_teardown (test_known_hosts, make_keys, free_keys),
    cmocka_unit_test_setup_teardown (test_known_hosts_add, make_keys, free_keys),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
