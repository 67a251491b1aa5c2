/* SPDX-License-Identifier: MIT */
/* flash-helper: what a shell script cannot do on the board.  Deployed by the
 * client, started by deploy.sh and flash.sh; see docs/protocol.md. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "status-record.h"

const char *ram_root;

static const struct command
{
  const char *name;
  int (*run) (int argc, char **argv);
  const char *arguments;
  const char *help;
} commands[] = {
  { "session", session_command, "start",
    "start the session process in the RAM root" },
  { "loader", loader_command, "FILE",
    "the program that loads FILE's libraries; nothing for a static one" },
  { "find-sshd", find_sshd_command, "[PID]",
    "which ssh daemon has started PID, or this" },
  { "attach", attach_command, "",
    "hand stdin, stdout and stderr to the session" },
  { "lifeboat-open", request_command, "SESSION",
    "take the board's ssh port for a minute" },
  { "lifeboat-close", request_command, "SESSION",
    "give it back; the login through the lifeboat worked" },
  { "lifeboat-hold", lifeboat_command, "", "take the port until the release" },
  { "lifeboat-release", lifeboat_command, "", "give the port back" },
  { "go", request_command, "SESSION", "begin: the disk will be overwritten" },
  { "abort", request_command, "SESSION",
    "end a session that has written nothing" },
  { "abandon", request_command, "SESSION",
    "end a session for good; a board whose disk is half written is reset" },
  { "status", request_command, "", "print one record about the session" },
  { "say", say_command, "TYPE KEY=VALUE...", "send a status record" },
  { "rehearse", rehearse_command, "", "prove everything that writing needs" },
  { "stage", stage_command, "", "bring the stored image into RAM" },
  { "wait-for-go", wait_for_go_command, "", "wait for go; 1 when aborted" },
  { "on-old-root", on_old_root_command, "COMMAND...",
    "run a program of the old system" },
  { "swap", swap_command, "list | off PATH | on PRIORITY PATH",
    "the swap areas on the target disk" },
  { "keep-addresses", keep_addresses_command, "",
    "let the IP addresses outlive their leases" },
  { "read-write", read_write_command, "",
    "list the mount points that are writable now" },
  { "wait-read-only", wait_read_only_command, "",
    "wait until the target's file systems are read-only" },
  { "pin", pin_command, "",
    "keep in memory what must stay alive outside the RAM root" },
  { "unpin", unpin_command, "", "undo pin" },
  { "freeze", freeze_command, "", "stop the old system's processes" },
  { "thaw", thaw_command, "", "let go on what freeze has stopped" },
  { "arrays", arrays_command, "leave | join",
    "take the target out of its RAID arrays, and back" },
  { "wait-quiet", wait_quiet_command, "",
    "wait until nothing is on its way to the target" },
  { "write", write_command, "", "write the image, and read it back" },
  { "survey", survey_command, "SIZE",
    "answer questions about a disk of SIZE bytes" },
  { "wait-until-heard", wait_until_heard_command, "",
    "wait until the client has heard the end" },
  { "settle", settle_command, "",
    "freeze all the rest, and look at the disk for the last time" },
};

#define NR_COMMANDS (sizeof commands / sizeof commands[0])

static int
print_help (void)
{
  puts ("flash-helper: the part of flash-live-remote that runs on the board\n\n"
        "usage: flash-helper COMMAND [-r DIR] [ARGUMENTS]\n"
        "       flash-helper --help | --version\n\n"
        "  -r DIR  the RAM root (" FLASH_RAM_ROOT ")\n");
  for (size_t i = 0; i < NR_COMMANDS; i++)
    printf ("  %s %s\n      %s\n", commands[i].name, commands[i].arguments,
            commands[i].help);
  return fflush (stdout) == EOF;
}

static int
print_version (void)
{
  printf ("flash-helper %s protocol %d\n", PACKAGE_VERSION,
          FLASH_PROTOCOL_VERSION);
  return fflush (stdout) == EOF;
}

static const struct command *
find_command (const char *name)
{
  for (size_t i = 0; i < NR_COMMANDS; i++)
    if (strcmp (commands[i].name, name) == 0)
      return &commands[i];
  return NULL;
}

/* Take `-r DIR` off the arguments: directly behind the command's name, or behind
 * the "start" of "session start".  Further on it belongs to somebody else. */
static int
take_ram_root (int *argc, char **argv)
{
  const int at = strcmp (argv[0], "session") == 0 && *argc > 1
                 && strcmp (argv[1], "start") == 0 ? 2 : 1;

  ram_root = getenv ("FLASH_STATUS_FD") ? "" : FLASH_RAM_ROOT;
  if (*argc <= at || strcmp (argv[at], "-r") != 0)
    return 0;
  if (at + 1 == *argc)
    return -1;
  ram_root = argv[at + 1];
  /* The NULL behind the last argument moves along. */
  memmove (&argv[at], &argv[at + 2],
           (size_t) (*argc - at - 1) * sizeof argv[0]);
  *argc -= 2;
  return 0;
}

/* Errors reach us as EPIPE, not as a signal: a client that is gone must not end
 * what its session does. */
static void
ignore_broken_pipes (void)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };

  sigaction (SIGPIPE, &ignore, NULL);
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--help") == 0)
    return print_help ();
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    return print_version ();

  const struct command *command = argc < 2 ? NULL : find_command (argv[1]);
  if (!command) {
    fprintf (stderr, "flash-helper: %s; see flash-helper --help\n",
             argc < 2 ? "a command is missing" : "no such command");
    return 1;
  }
  argc--;
  argv++;
  if (take_ram_root (&argc, argv) == -1) {
    fprintf (stderr, "flash-helper: -r needs a directory\n");
    return 1;
  }
  ignore_broken_pipes ();
  return command->run (argc, argv);
}
