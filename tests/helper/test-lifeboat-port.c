/* SPDX-License-Identifier: MIT */
/* The board's port: borrowed, given back by time, by request, and by the guard.
 * The board's daemon is a copy of this program that listens, in a process
 * namespace of its own; the minutes pass by a clock of this program's. */
#include <config.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "file-io.h"
#include "lifeboat-port.h"
#include "session-side.h"

#define SKIPPED 77
#define DESCRIPTION "/etc/ssh/lifeboat"

static char exe[64];
static time_t fake_now = 1000;

int
clock_gettime (clockid_t id, struct timespec *ts)
{
  (void) id;
  *ts = (struct timespec) { .tv_sec = fake_now };
  return 0;
}

static char
state_of (pid_t pid)
{
  char path[64], text[512] = "";

  snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  FILE *file = fopen (path, "r");
  if (!file)
    return '?';
  size_t n = fread (text, 1, sizeof text - 1, file);
  fclose (file);
  char *mark = n > 0 ? strrchr (text, ')') : NULL;
  return mark ? mark[2] : '?';
}

static bool
becomes (pid_t pid, char state)
{
  for (int i = 0; i < 300; i++) {
    if (state_of (pid) == state)
      return true;
    usleep (10000);
  }
  return false;
}

static int
listen_blocking (void)
{
  const struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_addr = { htonl (INADDR_LOOPBACK) }
  };
  const int sock = socket (AF_INET, SOCK_STREAM, 0);

  if (bind (sock, (const struct sockaddr *) &address, sizeof address) == -1
      || listen (sock, 1) == -1 || full_write (STDOUT_FILENO, "1", 1) == -1)
    return 1;
  close (STDOUT_FILENO);
  for (;;)
    pause ();
}

static pid_t
start_daemon (void)
{
  int ends[2];
  char byte;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  const pid_t pid = fork ();
  if (pid == 0) {
    dup2 (ends[1], STDOUT_FILENO);
    execl (exe, exe, "listen", (char *) NULL);
    _exit (127);
  }
  close (ends[1]);
  assert_int_equal (full_read (ends[0], &byte, 1), 1);
  close (ends[0]);
  return pid;
}

static void
end_daemon (pid_t pid)
{
  kill (pid, SIGKILL);
  assert_int_equal (waitpid (pid, NULL, 0), pid);
}

static void
describe (pid_t pid)
{
  FILE *file = fopen (DESCRIPTION, "w");

  assert_non_null (file);
  fprintf (file, "exe=%s\npid=%d\nargument=/bin/true\n", exe, (int) pid);
  assert_int_equal (fclose (file), 0);
}

static void
step (struct lifeboat *l)
{
  struct pollfd polls[LIFEBOAT_POLLS];
  const size_t nr = lifeboat_fill_polls (l, polls);

  assert_int_equal (nr, lifeboat_get_state (l) == LIFEBOAT_CLOSED ? 0 : 1);
  lifeboat_step (l, polls, nr);
}

static void
test_a_minute (void **state)
{
  const pid_t daemon = start_daemon ();
  struct lifeboat *l = lifeboat_new (0);
  char text[256];

  (void) state;
  assert_non_null (l);
  assert_true (becomes (daemon, 'S'));
  assert_int_equal (lifeboat_take (l, false, text, sizeof text), 0);
  assert_int_equal (lifeboat_get_state (l), LIFEBOAT_OPEN);
  assert_true (becomes (daemon, 'T'));
  fake_now += 59;
  step (l);
  assert_int_equal (lifeboat_get_state (l), LIFEBOAT_OPEN);
  fake_now += 2;
  step (l);
  assert_int_equal (lifeboat_get_state (l), LIFEBOAT_CLOSED);
  assert_true (becomes (daemon, 'S'));
  lifeboat_free (l);
  end_daemon (daemon);
}

static void
test_held (void **state)
{
  const pid_t daemon = start_daemon ();
  struct lifeboat *l = lifeboat_new (0);
  char text[256];

  (void) state;
  assert_non_null (l);
  assert_int_equal (lifeboat_take (l, false, text, sizeof text), 0);
  assert_int_equal (lifeboat_take (l, true, text, sizeof text), 0);
  assert_int_equal (lifeboat_take (l, false, text, sizeof text), 0);
  assert_int_equal (lifeboat_get_state (l), LIFEBOAT_HELD);
  fake_now += 100000;
  step (l);
  assert_int_equal (lifeboat_get_state (l), LIFEBOAT_HELD);
  assert_true (becomes (daemon, 'T'));
  lifeboat_give_back (l);
  assert_true (becomes (daemon, 'S'));
  lifeboat_free (l);
  end_daemon (daemon);
}

/* What the socket was is what it is again. */
static void
test_flags (void **state)
{
  const pid_t daemon = start_daemon ();
  struct lifeboat_port port, look;
  char text[256];

  (void) state;
  assert_int_equal (lifeboat_port_copy (&port, exe, 0, text, sizeof text), 0);
  assert_int_equal (port.nr, 1);
  assert_true (fcntl (port.sockets[0], F_GETFD) & FD_CLOEXEC);
  assert_int_equal (lifeboat_port_stop_board (&port, text, sizeof text), 0);
  assert_true (fcntl (port.sockets[0], F_GETFL) & O_NONBLOCK);
  lifeboat_port_give_back (&port);
  assert_int_equal (lifeboat_port_copy (&look, exe, 0, text, sizeof text), 0);
  assert_false (fcntl (look.sockets[0], F_GETFL) & O_NONBLOCK);
  lifeboat_port_give_back (&look);
  end_daemon (daemon);
}

static void
test_guard (void **state)
{
  const pid_t daemon = start_daemon ();
  struct lifeboat_port port;
  char text[256];

  (void) state;
  const pid_t taker = fork ();
  if (taker == 0) {
    if (lifeboat_port_copy (&port, exe, 0, text, sizeof text) == -1
        || lifeboat_port_stop_board (&port, text, sizeof text) == -1)
      _exit (1);
    for (;;)
      pause ();
  }
  assert_true (becomes (daemon, 'T'));
  assert_int_equal (kill (taker, SIGKILL), 0);
  assert_int_equal (waitpid (taker, NULL, 0), taker);
  assert_true (becomes (daemon, 'S'));
  end_daemon (daemon);
}

static void
test_who_listens (void **state)
{
  struct lifeboat_port port;
  char text[256] = "";

  (void) state;
  assert_int_equal (lifeboat_port_copy (&port, exe, 0, text, sizeof text), -1);
  assert_non_null (strstr (text, "--lifeboat-port"));

  const pid_t one = start_daemon (), other = start_daemon ();
  text[0] = '\0';
  assert_int_equal (lifeboat_port_copy (&port, exe, 0, text, sizeof text), -1);
  assert_non_null (strstr (text, "--lifeboat-port"));
  assert_int_equal (lifeboat_port_copy (&port, exe, other, text, sizeof text),
                    0);
  assert_int_equal (lifeboat_port_stop_board (&port, text, sizeof text), 0);
  assert_true (becomes (other, 'T'));
  assert_true (becomes (one, 'S'));
  lifeboat_port_give_back (&port);
  end_daemon (one);
  end_daemon (other);
}

static void
test_bad_descriptions (void **state)
{
  static const char *const bad[] = {
    "", "exe", "exe=/a\npid=1\n", "exe=relative\npid=1\nargument=/bin/true\n",
    "exe=/a\npid=1\nargument=true\n", "pid=1\nargument=/bin/true\n",
  };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    FILE *file = fopen (DESCRIPTION, "w");

    assert_non_null (file);
    fputs (bad[i], file);
    assert_int_equal (fclose (file), 0);
    assert_null (lifeboat_new (2222));
  }
}

static int
copy_self (void)
{
  char buf[65536];
  ssize_t r;
  int in = open ("/proc/self/exe", O_RDONLY);
  int out = open (exe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

  if (in == -1 || out == -1)
    return -1;
  while ((r = full_read (in, buf, sizeof buf)) > 0)
    if (full_write (out, buf, (size_t) r) == -1)
      return -1;
  return r == -1 ? -1 : close (in) | close (out);
}

/* PID 1 of the namespace. */
static int
run_world (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_a_minute),
    cmocka_unit_test (test_held),
    cmocka_unit_test (test_flags),
    cmocka_unit_test (test_guard),
    cmocka_unit_test (test_who_listens),
    cmocka_unit_test (test_bad_descriptions),
  };

  if (mount ("none", "/", "", MS_REC | MS_PRIVATE, NULL) == -1
      || mount ("proc", "/proc", "proc", 0, NULL) == -1
      || mount ("tmpfs", "/etc/ssh", "tmpfs", 0, NULL) == -1)
    return SKIPPED;
  describe (0);
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* Not in kernels before 5.6, nor under a valgrind that does not know it. */
static bool
has_pidfd (void)
{
#ifdef SYS_pidfd_open
  const int fd = (int) syscall (SYS_pidfd_open, getpid (), 0);

  return fd >= 0 && close (fd) == 0;
#else
  return false;
#endif
}

int
main (int argc, char **argv)
{
  char dir[] = "/tmp/test-lifeboat-port.XXXXXX";
  int status = 0;

  if (argc > 1 && strcmp (argv[1], "listen") == 0)
    _exit (listen_blocking ());
  if (!has_pidfd ()) {
    fprintf (stderr, "SKIP: there is no pidfd_open here\n");
    _exit (SKIPPED);
  }
  if (!mkdtemp (dir))
    return 1;
  snprintf (exe, sizeof exe, "%s/daemon", dir);
  if (copy_self () == -1)
    return 1;
  if (unshare (CLONE_NEWPID | CLONE_NEWNS) == -1)
    status = SKIPPED << 8;
  else {
    const pid_t world = fork ();

    if (world == 0)
      _exit (run_world ());
    if (waitpid (world, &status, 0) != world)
      status = 1;
  }
  unlink (exe);
  rmdir (dir);
  _exit (WIFEXITED (status) ? WEXITSTATUS (status) : 1);
}
