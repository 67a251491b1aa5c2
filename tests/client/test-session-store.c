/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "session-store.h"

#define ID_1 "0123456789abcdef"
#define ID_2 "fedcba9876543210"
#define SESSIONS "/flash-live-remote/sessions/"

static char home[64], state[96];

static int
make_home (void **unused)
{
  (void) unused;
  snprintf (home, sizeof home, "/tmp/test-session-store.XXXXXX");
  if (!mkdtemp (home))
    return -1;
  snprintf (state, sizeof state, "%s/.local/state", home);
  setenv ("HOME", home, 1);
  unsetenv ("XDG_STATE_HOME");
  umask (0);                    /* no protection from there */
  return 0;
}

static int
remove_one (const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
  (void) st;
  (void) kind;
  (void) ftw;
  return remove (path);
}

static int
remove_home (void **unused)
{
  (void) unused;
  return nftw (home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *
path_of (const char *name)
{
  static char paths[4][256];
  static unsigned next;
  char *path = paths[next++ % 4];

  snprintf (path, sizeof paths[0], "%s" SESSIONS "%s", state, name);
  return path;
}

static void
assert_mode (const char *path, mode_t mode)
{
  struct stat st;

  assert_int_equal (lstat (path, &st), 0);
  assert_int_equal (st.st_mode & 07777, mode);
}

static void
create (const char *id, const char *host, struct stored_session *s)
{
  const struct options options = { .host = host, .lifeboat_port = 2222 };
  const struct ssh_config config = { .port = 22 };
  struct flash_job job = { .options = &options, .config = &config };

  snprintf (job.session, sizeof job.session, "%s", id);
  snprintf (job.image.name, sizeof job.image.name, "a b%%=\n.img");
  snprintf (job.image.integrity.digest, sizeof job.image.integrity.digest,
            "00112233445566778899aabbccddeeff");
  assert_int_equal (session_store_create (&job, "SHA256:x/y+z", s), 0);
}

static void
make_entry (const char *id, const char *host)
{
  struct stored_session s;

  create (id, host, &s);
  stored_session_release (&s);
}

static size_t
count_found (const char *host)
{
  struct stored_session list[STORED_SESSIONS_MAX];
  const size_t n = session_store_find (host, list, STORED_SESSIONS_MAX);

  for (size_t i = 0; i < n; i++)
    stored_session_release (&list[i]);
  return n;
}

static void
write_text (const char *path, const char *text, mode_t mode)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, mode);

  assert_true (fd >= 0);
  assert_int_equal (write (fd, text, strlen (text)), strlen (text));
  assert_int_equal (fchmod (fd, mode), 0);
  close (fd);
}

static void
make_older (const char *path, long seconds)
{
  const time_t then = time (NULL) - seconds;
  const struct timespec times[2] = { { .tv_sec = then }, { .tv_sec = then } };

  assert_int_equal (utimensat (AT_FDCWD, path, times, 0), 0);
}

static void
test_round_trip (void **unused)
{
  struct stored_session s, found[2];
  ssh_key private_key = NULL, public_key = NULL, of_private = NULL;

  (void) unused;
  create (ID_1, "board", &s);
  assert_string_equal (s.id, ID_1);
  assert_string_equal (s.key_path, path_of (ID_1 "/key"));
  assert_mode (path_of (""), 0700);
  assert_mode (path_of (ID_1), 0700);
  assert_mode (path_of (ID_1 "/key"), 0600);
  assert_mode (path_of (ID_1 "/key.pub"), 0600);
  assert_mode (path_of (ID_1 "/session"), 0600);

  /* The two halves belong together. */
  assert_int_equal (ssh_pki_import_privkey_file (s.key_path, NULL, NULL, NULL,
                                                 &private_key), SSH_OK);
  assert_int_equal (ssh_pki_import_pubkey_file (path_of (ID_1 "/key.pub"),
                                                &public_key), SSH_OK);
  assert_int_equal (ssh_key_type (private_key), SSH_KEYTYPE_ED25519);
  assert_int_equal (ssh_pki_export_privkey_to_pubkey (private_key, &of_private),
                    SSH_OK);
  assert_int_equal (ssh_key_cmp (of_private, public_key, SSH_KEY_CMP_PUBLIC), 0);
  ssh_key_free (private_key);
  ssh_key_free (public_key);
  ssh_key_free (of_private);
  assert_int_equal (strncmp (s.public_key, "ssh-ed25519 AAAA", 16), 0);
  assert_int_equal (s.public_key[strlen (s.public_key) - 1], '\n');

  assert_int_equal (session_store_find ("board", found, 2), 1);
  assert_string_equal (found[0].id, ID_1);
  assert_string_equal (found[0].key_path, s.key_path);
  assert_string_equal (found[0].host, "board");
  assert_string_equal (found[0].user, "");
  assert_string_equal (found[0].host_key, "SHA256:x/y+z");
  assert_int_equal (found[0].port, 22);
  assert_int_equal (found[0].lifeboat_port, 2222);
  assert_string_equal (found[0].image, "a b%=.img");    /* cleaned */
  assert_string_equal (found[0].stored_digest,
                       "00112233445566778899aabbccddeeff");
  assert_int_equal (found[0].begun, s.begun);
  stored_session_release (&found[0]);
  stored_session_release (&s);

  session_store_remove (ID_1);
  assert_int_equal (access (path_of (ID_1), F_OK), -1);
  assert_int_equal (count_found ("board"), 0);
}

static void
test_odd_host_name (void **unused)
{
  struct stored_session found[1];

  (void) unused;
  make_entry (ID_1, "fe80::1%eth0");
  assert_int_equal (session_store_find ("FE80::1%eth0", found, 1), 1);
  assert_string_equal (found[0].host, "fe80::1%eth0");
  stored_session_release (&found[0]);
}

static void
test_order (void **unused)
{
  static const char *const hosts[] = { "other", "board", "third", "board" };
  struct stored_session found[3];
  char id[SESSION_ID_SIZE], path[64], text[512];

  (void) unused;
  for (unsigned i = 0; i < 4; i++) {
    snprintf (id, sizeof id, "000000000000000%u", i);
    make_entry (id, hosts[i]);
    snprintf (path, sizeof path, "%s/session", id);
    snprintf (text, sizeof text, "version=1\nhost=%s\nuser=\nhost-key=\nport=22\n"
              "image=\nstored-digest=\nfrom-the-future=1\nbegun=%u\n", hosts[i],
              1000 + i);
    write_text (path_of (path), text, 0600);
  }
  /* The same name first, newest first, and the oldest of the others falls out. */
  assert_int_equal (session_store_find ("board", found, 3), 3);
  assert_string_equal (found[0].id, "0000000000000003");
  assert_string_equal (found[1].id, "0000000000000001");
  assert_string_equal (found[2].id, "0000000000000002");
  for (unsigned i = 0; i < 3; i++)
    stored_session_release (&found[i]);
  assert_int_equal (count_found ("elsewhere"), 4);
}

static void
test_bad_names (void **unused)
{
  static const char *const bad[] = {
    "", ".", "..", "../../x", "0123456789abcde", "0123456789ABCDEF",
    "0123456789abcdeg"
  };
  const struct options options = { .host = "board" };
  const struct ssh_config config = { .port = 22 };
  struct flash_job job = { .options = &options, .config = &config };
  struct stored_session s;

  (void) unused;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    snprintf (job.session, sizeof job.session, "%s", bad[i]);
    assert_int_equal (session_store_create (&job, "", &s), -1);
    session_store_remove (bad[i]);
  }
  assert_int_equal (access (state, F_OK), -1);
}

/* The same session twice: the first stays as it is, nothing is left of the other. */
static void
test_no_overwrite (void **unused)
{
  const struct options options = { .host = "board" };
  const struct ssh_config config = { .port = 22 };
  struct flash_job job = { .options = &options, .config = &config,
                           .session = ID_1 };
  struct stored_session s;
  struct stat before, after;

  (void) unused;
  make_entry (ID_1, "board");
  assert_int_equal (stat (path_of (ID_1 "/key"), &before), 0);
  assert_int_equal (session_store_create (&job, "", &s), -1);
  assert_null (s.key_path);
  assert_int_equal (stat (path_of (ID_1 "/key"), &after), 0);
  assert_int_equal (before.st_ino, after.st_ino);
  assert_int_equal (access (path_of (".making-" ID_1), F_OK), -1);
}

static void
test_hostile_entries (void **unused)
{
  static const char good[] = "version=1\nhost=board\nuser=\nhost-key=\n"
                             "port=22\nimage=\nstored-digest=\nbegun=1\n";
  static const char *const bad[] = {
    "", "version=2\n", "no pair\n",
    "version=1\nhost=a\nuser=\nhost-key=\nport=0\nimage=\nstored-digest=\n",
    "version=1\nhost=a\nuser=\nhost-key=\nport=65536\nimage=\nstored-digest=\n",
    "version=1\nhost=a\nuser=\nhost-key=\nport=-1\nimage=\nstored-digest=\n",
    "version=1\nhost=%0\nuser=\nhost-key=\nport=22\nimage=\nstored-digest=\n",
    "version=1\nhost=%00\nuser=\nhost-key=\nport=22\nimage=\nstored-digest=\n",
    ("version=1\nhost=a\nhost=b\nuser=\nhost-key=\nport=22\nimage=\n"
     "stored-digest=\n"),
  };
  const char *session = path_of (ID_1 "/session");
  char *large = malloc (100001);

  (void) unused;
  make_entry (ID_1, "board");
  make_entry (ID_2, "board");
  write_text (session, good, 0600);
  assert_int_equal (count_found ("board"), 2);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    write_text (session, bad[i], 0600);
    assert_int_equal (count_found ("board"), 1);
  }
  assert_non_null (large);
  memset (large, '\n', 100000);
  large[100000] = '\0';
  write_text (session, large, 0600);
  free (large);
  assert_int_equal (count_found ("board"), 1);

  write_text (session, good, 0622);
  assert_int_equal (count_found ("board"), 1);
  unlink (session);
  assert_int_equal (mkfifo (session, 0600), 0);
  assert_int_equal (count_found ("board"), 1);
  unlink (session);
  assert_int_equal (symlink (path_of (ID_2 "/session"), session), 0);
  assert_int_equal (count_found ("board"), 1);
  unlink (session);
  write_text (session, good, 0600);
  assert_int_equal (count_found ("board"), 2);

  /* A key that others can read is none. */
  assert_int_equal (chmod (path_of (ID_1 "/key"), 0640), 0);
  assert_int_equal (count_found ("board"), 1);
  assert_int_equal (chmod (path_of (ID_1 "/key"), 0600), 0);
  assert_int_equal (chmod (path_of (ID_1), 0770), 0);
  assert_int_equal (count_found ("board"), 1);
}

static void
test_hostile_folders (void **unused)
{
  const struct options options = { .host = "board" };
  const struct ssh_config config = { .port = 22 };
  struct flash_job job = { .options = &options, .config = &config,
                           .session = ID_2 };
  struct stored_session s;
  char program[160], elsewhere[160];

  (void) unused;
  make_entry (ID_1, "board");
  assert_int_equal (chmod (path_of (""), 0777), 0);
  assert_int_equal (count_found ("board"), 0);
  assert_int_equal (session_store_create (&job, "", &s), -1);
  assert_int_equal (chmod (path_of (""), 0700), 0);
  assert_int_equal (count_found ("board"), 1);

  snprintf (program, sizeof program, "%s/flash-live-remote", state);
  snprintf (elsewhere, sizeof elsewhere, "%s/elsewhere", home);
  assert_int_equal (rename (program, elsewhere), 0);
  assert_int_equal (symlink (elsewhere, program), 0);
  assert_int_equal (count_found ("board"), 0);
  assert_int_equal (session_store_create (&job, "", &s), -1);
}

static void
test_ages (void **unused)
{
  (void) unused;
  make_entry (ID_1, "board");
  make_older (path_of (ID_1), 29L * 24 * 3600);
  assert_int_equal (count_found ("board"), 1);
  make_older (path_of (ID_1), 31L * 24 * 3600);
  session_store_used (ID_1);
  assert_int_equal (count_found ("board"), 1);
  make_older (path_of (ID_1), 31L * 24 * 3600);
  assert_int_equal (count_found ("other"), 0);
  assert_int_equal (access (path_of (ID_1), F_OK), -1);

  /* What a kill has left behind; not what another client is making now. */
  make_entry (ID_1, "board");
  assert_int_equal (rename (path_of (ID_1), path_of (".making-" ID_1)), 0);
  assert_int_equal (count_found ("board"), 0);
  assert_int_equal (access (path_of (".making-" ID_1 "/key"), F_OK), 0);
  make_older (path_of (".making-" ID_1), 2 * 3600);
  assert_int_equal (count_found ("board"), 0);
  assert_int_equal (access (path_of (".making-" ID_1), F_OK), -1);
}

static void
test_state_home (void **unused)
{
  (void) unused;
  setenv ("XDG_STATE_HOME", "relative/path", 1);
  make_entry (ID_1, "board");
  assert_int_equal (access (path_of (ID_1 "/key"), F_OK), 0);
  assert_int_equal (access ("relative", F_OK), -1);

  snprintf (state, sizeof state, "%s/x/y", home);
  setenv ("XDG_STATE_HOME", state, 1);
  assert_int_equal (count_found ("board"), 0);
  assert_int_equal (access (state, F_OK), -1);  /* a search makes nothing */
  make_entry (ID_1, "board");
  assert_int_equal (access (path_of (ID_1 "/key"), F_OK), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_round_trip, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_odd_host_name, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_order, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_bad_names, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_no_overwrite, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_hostile_entries, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_hostile_folders, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_ages, make_home, remove_home),
    cmocka_unit_test_setup_teardown (test_state_home, make_home, remove_home),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
