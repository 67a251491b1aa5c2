/* SPDX-License-Identifier: MIT */
/* Freezing, in a process namespace of its own: without one it would stop this
 * machine, so the test never goes on without. */
#include <config.h>

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "commands.h"
#include "freeze.h"
#include "session-side.h"

#define SKIPPED 77

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

/* Wait until PID is stopped (or is not): it takes the kernel a moment. */
static int
is_stopped (pid_t pid, int wanted)
{
  for (int i = 0; i < 100; i++) {
    if ((state_of (pid) == 'T') == wanted)
      return 1;
    usleep (10000);
  }
  return 0;
}

static pid_t
start_process (const char *name)
{
  pid_t pid = fork ();

  if (pid == 0) {
    prctl (PR_SET_NAME, name);
    for (;;)
      pause ();
  }
  usleep (20000);
  return pid;
}

/* The processes of the old system. */
struct world
{
  pid_t other, odd, bus, network, names, watchdog, stopped;
  pid_t sshd, sudo;             /* the login: the second is the first's child */
  pid_t guardian;               /* of the session, and its parent */
};

static int failures;

static void
check (int ok, const char *what)
{
  if (!ok) {
    fprintf (stderr, "FAIL: %s\n", what);
    failures++;
  }
}

/* Run STEP in a process of its own, as the commands of flash.sh do. */
static int
in_process (int (*step) (void))
{
  int status;
  const pid_t pid = fork ();

  if (pid == 0)
    _exit (step ());
  if (waitpid (pid, &status, 0) != pid || !WIFEXITED (status))
    return -1;
  return WEXITSTATUS (status);
}

static int
freeze_and_be_killed (void)
{
  const int count = freeze_others ();

  raise (count >= 4 ? SIGKILL : SIGTERM);
  return 0;
}

/* How many lines RAM_ROOT/frozen has; -1: there is none. */
static int
listed (void)
{
  char path[PATH_MAX];
  int c, lines = 0;

  snprintf (path, sizeof path, "%s/frozen", ram_root);
  FILE *file = fopen (path, "r");
  if (!file)
    return -1;
  while ((c = fgetc (file)) != EOF)
    lines += c == '\n';
  fclose (file);
  return lines;
}

/* As a child of the session. */
static int
freeze_and_look (const struct world *w, pid_t sibling, pid_t orphan)
{
  check (in_process (freeze_and_be_killed) == -1, "the freezer is killed");
  check (is_stopped (w->other, 1), "another process is stopped");
  check (is_stopped (w->odd, 1), "one with an odd name is stopped");
  check (is_stopped (w->sshd, 1), "sshd is stopped");
  check (is_stopped (w->sudo, 1), "so is the login that started attach");
  check (is_stopped (w->network, 0), "what keeps the network up runs");
  check (is_stopped (w->bus, 0), "the message bus runs");
  check (is_stopped (w->names, 0), "what answers for the board's name runs");
  check (is_stopped (w->watchdog, 0), "the owner of the watchdog runs");
  check (is_stopped (w->guardian, 0), "the guardian of the session runs");
  check (is_stopped (sibling, 0), "a child of the session runs");
  check (is_stopped (orphan, 0), "a grandchild without parents runs");
  check (is_stopped (1, 0), "PID 1 runs");

  const int before = listed ();
  check (before >= 4, "they are listed");
  check (freeze_others () == 0, "the second call finds nothing");
  kill (w->other, SIGCONT);
  check (is_stopped (w->other, 0), "somebody let one go on");
  check (in_process (freeze_others) == 1, "it is stopped again");
  check (is_stopped (w->other, 1), "it is");
  check (listed () == before, "and listed only once");

  check (in_process (freeze_network) == 3, "the network is stopped, too");
  check (is_stopped (w->network, 1), "its daemon");
  check (is_stopped (w->bus, 1), "and the bus");
  check (is_stopped (w->watchdog, 0), "the owner of the watchdog still runs");
  check (is_stopped (sibling, 0), "a child of the session still runs");
  thaw_network ();
  check (is_stopped (w->network, 0), "the network goes on");
  check (is_stopped (w->other, 1), "and nothing else");

  check (in_process (thaw_others) == 0, "another process thaws");
  check (is_stopped (w->sshd, 0), "sshd runs again");
  check (is_stopped (w->sudo, 0), "the login runs again");
  check (is_stopped (w->other, 0), "another process runs again");
  check (is_stopped (w->odd, 0), "the odd one runs again");
  check (is_stopped (w->stopped, 1), "who was stopped before stays stopped");
  check (listed () == -1, "the list is gone");
  check (thaw_others () == 0, "to thaw twice is no error");
  return failures;
}

/* A listed number that now belongs to another process is left alone. */
static void
check_reused_number (const struct world *w)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/frozen", ram_root);
  FILE *file = fopen (path, "w");
  if (!file)
    return;
  fprintf (file, "%d 1\n garbage\n1 0\n", (int) w->stopped);
  fclose (file);
  check (thaw_others () == 0, "a list with oddities is read");
  check (is_stopped (w->stopped, 1), "another process with this number stays");
}

/* Append to RAM_ROOT/NAME until its size is a multiple of STEP; 0: until
 * nothing more fits. */
static void
fill (const char *name, long step)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/%s", ram_root, name);
  FILE *file = fopen (path, "a");
  if (!file)
    return;
  setvbuf (file, NULL, _IONBF, 0);
  while ((step == 0 || ftell (file) % step != 0) && fputc ('\n', file) != EOF)
    ;
  fclose (file);
}

/* What comes later than the first write finds its line in the list. */
static void
check_full_ram_root (const struct world *w)
{
  check (freeze_others () > 0, "frozen again");
  fill ("frozen", sysconf (_SC_PAGESIZE));
  fill ("filler", 0);
  kill (w->stopped, SIGCONT);
  check (is_stopped (w->stopped, 0), "a newcomer");
  check (in_process (freeze_others) == 1, "it is frozen in a full RAM root");
  check (is_stopped (w->stopped, 1), "and stopped");
  check (thaw_others () == 0, "all is thawed");
  check (is_stopped (w->stopped, 0), "the newcomer too");
}

/* A daemon that a login left behind: its parent has ended, the session is the
 * next subreaper. */
static pid_t
start_orphan (void)
{
  int ends[2];
  pid_t pid = -1;

  if (pipe (ends) == -1)
    return -1;
  const pid_t parent = fork ();
  if (parent == 0) {
    pid = start_process ("left-behind");
    _exit (write (ends[1], &pid, sizeof pid) != sizeof pid);
  }
  waitpid (parent, NULL, 0);
  if (read (ends[0], &pid, sizeof pid) != sizeof pid)
    pid = -1;
  return pid;
}

static int
run_session (const struct world *w)
{
  char self[16];
  int status;

  snprintf (self, sizeof self, "%d", (int) getpid ());
  setenv ("FLASH_SESSION_PID", self, 1);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  const pid_t sibling = start_process ("dd");
  const pid_t orphan = start_orphan ();
  const pid_t writer = fork ();
  if (writer == 0) {
    freeze_and_look (w, sibling, orphan);
    check_reused_number (w);
    check_full_ram_root (w);
    _exit (failures);
  }
  if (waitpid (writer, &status, 0) != writer || !WIFEXITED (status))
    return 1;
  return WEXITSTATUS (status);
}

static int
run_guardian (struct world *w)
{
  int status;

  w->guardian = getpid ();
  prctl (PR_SET_NAME, "flash-helper");
  const pid_t session = fork ();
  if (session == 0)
    _exit (run_session (w));
  if (waitpid (session, &status, 0) != session || !WIFEXITED (status))
    return 1;
  return WEXITSTATUS (status);
}

/* An sshd whose child, a "sudo", has started attach. */
static void
start_login (struct world *w)
{
  int ends[2];

  if (pipe (ends) == -1)
    return;
  w->sshd = fork ();
  if (w->sshd == 0) {
    prctl (PR_SET_NAME, "sshd");
    const pid_t child = fork ();
    if (child == 0) {
      prctl (PR_SET_NAME, "sudo");
      start_process ("flash-helper");
    }
    else if (write (ends[1], &child, sizeof child) != sizeof child)
      _exit (1);
    for (;;)
      pause ();
  }
  usleep (60000);
  if (read (ends[0], &w->sudo, sizeof w->sudo) != sizeof w->sudo)
    w->sudo = -1;
}

/* PID 1 of the namespace. */
static int
run_world (void)
{
  int status;

  if (getpid () != 1
      || mount ("none", "/", "none", MS_REC | MS_PRIVATE, "") == -1
      || mount ("proc", "/proc", "proc", 0, "") == -1
      || mount ("tmpfs", ram_root, "tmpfs", 0, "size=128k") == -1)
    return SKIPPED;
  struct world w = {
    .other = start_process ("postgres"),
    .odd = start_process (") S 1 (x"),
    .bus = start_process ("dbus-daemon"),
    .network = start_process ("dhcpcd"),
    .names = start_process ("avahi-daemon"),
    .watchdog = start_process ("watchdogd"),
    .stopped = start_process ("stopped"),
  };
  start_login (&w);
  kill (w.stopped, SIGSTOP);
  if (!is_stopped (w.stopped, 1))
    return 1;
  const pid_t guardian = fork ();
  if (guardian == 0)
    _exit (run_guardian (&w));
  if (waitpid (guardian, &status, 0) != guardian || !WIFEXITED (status))
    return 1;
  return WEXITSTATUS (status);
}

int
main (void)
{
  char dir[] = "freeze-test.XXXXXX";
  int status;

  if (unshare (CLONE_NEWPID | CLONE_NEWNS) == -1) {
    fprintf (stderr, "SKIP: no process namespace here\n");
    return SKIPPED;
  }
  if (!mkdtemp (dir))
    return 1;
  ram_root = dir;
  const pid_t world = fork ();
  if (world == 0)
    _exit (run_world ());
  if (waitpid (world, &status, 0) != world || !WIFEXITED (status))
    return 1;
  umount2 (dir, MNT_DETACH);
  if (rmdir (dir) == -1)
    perror (dir);
  /* No exit handlers: the leak checker would want to fork, and the namespace
   * that this process forks into is gone. */
  _exit (WEXITSTATUS (status));
}
