/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability.h"
#include "cleanup.h"
#include "flash-settings.h"
#include "reboot-path.h"
#include "report.h"
#include "say.h"

/* Its help goes nowhere. */
static int
run_for_help (const char *program, int *status)
{
  char name[] = "reboot", help[] = "--help";
  char *const argv[] = { name, help, NULL }, *const environment[] = { NULL };
  posix_spawn_file_actions_t actions;
  pid_t pid, r;
  int error = posix_spawn_file_actions_init (&actions);

  if (error != 0)
    return error;
  error = posix_spawn_file_actions_addclose (&actions, STDOUT_FILENO);
  if (error == 0)
    error = posix_spawn_file_actions_addclose (&actions, STDERR_FILENO);
  if (error == 0)
    error = posix_spawn (&pid, program, &actions, NULL, argv, environment);
  posix_spawn_file_actions_destroy (&actions);
  if (error != 0)
    return error;
  do
    r = waitpid (pid, status, 0);
  while (r == -1 && errno == EINTR);
  return r == pid ? 0 : errno;
}

/* busybox answers 127 for an applet that it lacks; the help itself may be 0 or
 * 1. */
static int
prove_program (void)
{
  char path[PATH_MAX];
  int status = 0;

  ram_root_path (path, "bin/reboot");
  const int error = run_for_help (path, &status);
  if (error == 0 && WIFEXITED (status) && WEXITSTATUS (status) <= 1)
    return 0;
  if (error != 0)
    report_error (ERROR_REBOOT_FAILED,
                  "the board could not be rebooted: %s can't be started: %s",
                  path, strerror (error));
  else
    report_error (ERROR_REBOOT_FAILED,
                  "the board could not be rebooted: its busybox has no working "
                  "\"reboot\"");
  return -1;
}

/* "" or why reboot(2) would fail. */
static const char *
why_no_reboot (void)
{
  if (!capability_is_effective (CAP_SYS_BOOT))
    return "this process may not reboot (CAP_SYS_BOOT)";
  if (prctl (PR_CAPBSET_READ, CAP_SYS_BOOT) != 1)
    return "its children may not reboot (CAP_SYS_BOOT is not in the bounding "
           "set)";
  if (prctl (PR_GET_SECCOMP) > 0)
    return "a seccomp filter stands in the way of reboot(2)";
  return "";
}

/* Opened, and nothing written. */
static bool
has_sysrq (void)
{
  CLEANUP_CLOSE int fd = open ("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

  return fd >= 0;
}

int
reboot_path_rehearse (void)
{
  const char *why = why_no_reboot ();
  const bool sysrq = has_sysrq ();
  char text[160];

  if (prove_program () == -1)
    return -1;
  if (*why && !sysrq) {
    report_error (ERROR_REBOOT_FAILED,
                  "the board could not be rebooted: %s, and /proc/sysrq-trigger "
                  "can't be written", why);
    return -1;
  }
  if (*why || !sysrq) {
    snprintf (text, sizeof text, "the reboot has one way only: %s",
              *why ? why : "/proc/sysrq-trigger can't be written");
    say ("note", "text", text, NULL);
  }
  return 0;
}
