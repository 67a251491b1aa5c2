/* SPDX-License-Identifier: MIT */
/* What a confined child still can do: this program, started by itself, tries it. */

#include "client-test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-process.h"

#define SELF "/proc/self/exe"

/* -- The child ------------------------------------------------------------- */

/* 0 works, else errno. */
static void
say (const char *what, long result)
{
  printf ("%s %d\n", what, result == -1 ? errno : 0);
}

static void
try_socket (const char *name, int family)
{
  const int fd = socket (family, SOCK_STREAM, 0);

  say (name, fd);
  if (fd >= 0)
    close (fd);
}

static void *
do_nothing (void *opaque)
{
  return opaque;
}

static void
say_status (void)
{
  char line[256];
  struct rlimit core;
  FILE *f = fopen ("/proc/self/status", "r");

  while (f && fgets (line, sizeof line, f))
    if (strncmp (line, "NoNewPrivs:", 11) == 0 || strncmp (line, "Seccomp:", 8) == 0)
      fputs (line, stdout);
  if (f)
    fclose (f);
  /* The sanitizers make it 0. */
  if (getrlimit (RLIMIT_CORE, &core) == 0 && core.rlim_max <= 1)
    puts ("no core");
}

/* Whatever is tried would fail, by another error, or do no harm, without a filter. */
static int
try_all (void)
{
  char *const argv[] = { (char *) "true", NULL };
  pthread_t thread;
  char word;

  puts ("started");
  if (fflush (stdout) != 0 || read (STDIN_FILENO, &word, 1) != 1)
    return 1;
  say_status ();
  execv ("/bin/true", argv);
  say ("execve", -1);
  say ("execveat", syscall (SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0));
  say ("ptrace", ptrace (PTRACE_TRACEME, 0, NULL, NULL));
  say ("mount", syscall (SYS_mount, NULL, NULL, NULL, 0, NULL));
  say ("unshare", syscall (SYS_unshare, 0));
  say ("setns", syscall (SYS_setns, -1, 0));
  say ("init_module", syscall (SYS_init_module, NULL, 0, NULL));
  say ("keyctl", syscall (SYS_keyctl, 0, -3, 0));
  say ("io_uring", syscall (SYS_io_uring_setup, 0, NULL));
  try_socket ("unix", AF_UNIX);
  try_socket ("inet", AF_INET);
  try_socket ("packet", AF_PACKET);
  errno = pthread_create (&thread, NULL, do_nothing, NULL);
  say ("thread", errno ? -1 : 0);
  if (errno == 0)
    pthread_join (thread, NULL);
  return fflush (stdout) == 0 ? 0 : 1;
}

/* -- The parent ------------------------------------------------------------ */

/* Whether this kernel, with what this runs in, has such filters. */
static bool
has_filters (void)
{
  const uint32_t action = SECCOMP_RET_USER_NOTIF;

  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* What the child ARGV says, once the gate is closed; the caller must free it. */
static char *
words_of (char *const argv[], enum confinement confinement)
{
  int in[2], out[2], gate, status;
  char *words = calloc (1, 4096);
  size_t len = 0;
  ssize_t n;

  assert_non_null (words);
  assert_int_equal (pipe2 (in, O_CLOEXEC), 0);
  assert_int_equal (pipe2 (out, O_CLOEXEC), 0);
  const int fds[3] = { in[0], out[1], -1 };
  const pid_t pid = child_process_start_confined (argv, fds, confinement, &gate);

  assert_true (pid > 0);
  close (in[0]);
  close (out[1]);
  if (gate == -1) {
    child_process_end (pid);
    free (words);
    assert_false (has_filters ());
    skip ();
  }
  /* It says that it has started, and waits. */
  confinement_allow_exec (gate, out[0], -1);
  close (gate);
  assert_int_equal (write (in[1], "g", 1), 1);
  while ((n = read (out[0], words + len, 4095 - len)) > 0)
    len += (size_t) n;
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_int_equal (status, 0);
  close (in[1]);
  close (out[0]);
  return words;
}

static void
expect_words (const char *words, bool network)
{
  char expected[1024];

  snprintf (expected, sizeof expected,
            "started\nNoNewPrivs:\t1\nSeccomp:\t2\nno core\n"
            "execve %d\nexecveat %d\nptrace %d\nmount %d\nunshare %d\nsetns %d\n"
            "init_module %d\nkeyctl %d\nio_uring %d\n"
            "unix 0\ninet %d\npacket %d\nthread 0\n",
            ENOSYS, ENOSYS, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM,
            network ? 0 : EAFNOSUPPORT, EAFNOSUPPORT);
  assert_string_equal (words, expected);
}

static void
test_local (void **unused)
{
  char *const argv[] = { (char *) SELF, (char *) "try", NULL };
  char *words = words_of (argv, CONFINED_LOCAL);

  (void) unused;
  expect_words (words, false);
  free (words);
}

static void
test_network (void **unused)
{
  char *const argv[] = { (char *) SELF, (char *) "try", NULL };
  char *words = words_of (argv, CONFINED_NETWORK);

  (void) unused;
  expect_words (words, true);
  free (words);
}

/* What it becomes by way of a script, found on PATH, is confined as well. */
static void
test_script (void **unused)
{
  char self[4096];
  const ssize_t len = readlink (SELF, self, sizeof self - 1);

  (void) unused;
  assert_true (len > 0);
  self[len] = '\0';
  char *const argv[] = { (char *) "sh", (char *) "-c",
                         (char *) "exec \"$0\" try", self, NULL };
  char *words = words_of (argv, CONFINED_LOCAL);

  expect_words (words, false);
  free (words);
}

static void
test_cannot_start (void **unused)
{
  char *const argv[] = { (char *) "/nonexistent/program", NULL };
  const int fds[3] = { -1, -1, -1 };
  int gate;

  (void) unused;
  assert_int_equal (child_process_start_confined (argv, fds, CONFINED_LOCAL, &gate),
                    -1);
  assert_int_equal (errno, ENOENT);
  assert_int_equal (gate, -1);
}

int
main (int argc, char *argv[])
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_local),
    cmocka_unit_test (test_network),
    cmocka_unit_test (test_script),
    cmocka_unit_test (test_cannot_start),
  };

  (void) argv;
  /* A sanitizer that looks for leaks at the end traces the process: just what it
   * cannot do any more. */
  if (argc > 1)
    _exit (try_all ());
  return cmocka_run_group_tests (tests, NULL, NULL);
}
