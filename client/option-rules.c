/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "option-rules.h"
#include "report.h"

#define FLASH (1U << COMMAND_FLASH)
#define STATUS (1U << COMMAND_STATUS)
#define ABANDON (1U << COMMAND_ABANDON)
#define VERIFY (1U << COMMAND_VERIFY)
#define ON_A_BOARD (FLASH | STATUS | ABANDON | VERIFY)

static const struct
{
  unsigned given;
  const char *name;
  unsigned commands;            /* that take it */
  const char *why_not;          /* for the others; NULL: the name says it all */
} rules[] = {
  { GIVEN_RAMFS, "--ramfs", FLASH, NULL },
  { GIVEN_STREAM, "--stream", FLASH, NULL },
  { GIVEN_CONFIRM, "--confirm", FLASH | ABANDON, "it changes nothing" },
  { GIVEN_DRY_RUN, "--dry-run", FLASH, NULL },
  { GIVEN_RESCAN, "--rescan", FLASH | VERIFY, "it reads no image" },
  { GIVEN_REHEARSE, "--rehearse", FLASH, NULL },
  { GIVEN_VERIFY, "--verify", FLASH,
    "it says what a flash reads back (the command is written without dashes)" },
  { GIVEN_SAMPLE, "--sample", VERIFY,
    "it belongs to the command verify; a flash has --verify sample" },
  { GIVEN_BUSYBOX, "--busybox", FLASH, "nothing is deployed that needs it" },
  { GIVEN_LIFEBOAT_PORT, "--lifeboat-port", FLASH | STATUS | ABANDON,
    "it uses the board's own sshd" },
  { GIVEN_SESSION_KEY, "--session-key", FLASH | STATUS | ABANDON,
    "it uses the board's own sshd" },
  { GIVEN_DEVICE, "--device", FLASH | VERIFY,
    "a board has one flash at most, and knows its disk" },
  { GIVEN_KEEP, "--keep", FLASH, "it says what the new system gets" },
  { GIVEN_CONFIG, "--config", FLASH,
    "it tells a new system what to be (ssh's configuration is -F)" },
  { GIVEN_MAP, "--map", FLASH, "it draws what a flash has written" },
  { GIVEN_JOBS, "--jobs", FLASH, "it is about one board" },
  { GIVEN_NO_REBOOT, "--no-reboot", FLASH, NULL },
  { GIVEN_WAIT | GIVEN_NO_WAIT, "--wait", FLASH, "it reboots nothing into a new system" },
  { GIVEN_RUN, "--run", FLASH, "it reboots nothing into a new system" },
  { GIVEN_HOST_KEY, "--host-key", FLASH, "it names the key of a new system" },
  { GIVEN_ACCEPT_NEW_HOST_KEY, "--accept-new-host-key", FLASH,
    "it is about the key of a new system" },
  { GIVEN_STOP_SERVICES, "--stop-services", FLASH, NULL },
  { GIVEN_LOCAL, "--local", ON_A_BOARD, "it is about no board" },
  { GIVEN_SSH, "--ssh", ON_A_BOARD, "it is about no board" },
};

static const struct
{
  unsigned given;               /* both of them */
  const char *sentence;
} contradictions[] = {
  { GIVEN_RAMFS | GIVEN_STREAM, "--ramfs and --stream exclude each other" },
  { GIVEN_DRY_RUN | GIVEN_REHEARSE,
    "--dry-run changes nothing on the board, --rehearse proves everything on it: "
    "give one of them" },
  { GIVEN_REHEARSE | GIVEN_SESSION_KEY,
    "--session-key goes on with a flash that writes already, --rehearse writes "
    "nothing: give one of them" },
  { GIVEN_LOCAL | GIVEN_SSH,
    "--local uses no ssh, --ssh says which: give one of them" },
  { GIVEN_LOCAL | GIVEN_CONNECTION,
    "-p, -i, -F and -o are about ssh, which --local does without" },
  { GIVEN_LOCAL | GIVEN_LIFEBOAT_PORT,
    "a flash by --local has no lifeboat: --lifeboat-port does not go with it" },
  { GIVEN_LOCAL | GIVEN_SESSION_KEY,
    "a flash by --local has no lifeboat: --session-key does not go with it" },
  { GIVEN_LOCAL | GIVEN_JOBS, "--local is about one board: --jobs is not needed" },
  { GIVEN_WAIT | GIVEN_NO_REBOOT,
    "--no-reboot leaves the board running, --wait waits for its reboot: give one of "
    "them" },
  { GIVEN_WAIT | GIVEN_LOCAL,
    "--wait is for another machine: with --local this one reboots" },
  { GIVEN_RUN | GIVEN_NO_WAIT,
    "--run is for the new system, for which --wait=no does not wait: give one of them" },
  { GIVEN_HOST_KEY | GIVEN_ACCEPT_NEW_HOST_KEY,
    "--host-key names the only key that is right, --accept-new-host-key takes any: give "
    "one of them" },
  { GIVEN_QUIET | GIVEN_VERBOSE, "--quiet and --verbose exclude each other" },
  { GIVEN_QUIET | GIVEN_MAP, "--quiet draws no map: give --quiet or --map" },
  { GIVEN_QUIET | GIVEN_DEBUG, "--quiet and --debug exclude each other" },
  { GIVEN_VERBOSE | GIVEN_DEBUG, "--debug says all that --verbose does: give one of them" },
};

static const char *
command_text (enum command command)
{
  switch (command) {
  case COMMAND_FLASH: return "a flash";
  case COMMAND_STATUS: return "the command status";
  case COMMAND_ABANDON: return "the command abandon";
  case COMMAND_VERIFY: return "the command verify";
  case COMMAND_IMAGES: return "the command images";
  case COMMAND_PRINT_CONFIG: return "--print-config";
  }
  return "";
}

/* What several boards cannot share, and how they are confirmed. */
static int
check_many (const struct options *o, unsigned given)
{
  char number[24];

  if (o->nr_boards < 2)
    return 0;
  snprintf (number, sizeof number, "%zu", o->nr_boards);
  if (given & GIVEN_SESSION_KEY) {
    report_error (ERROR_OPTION_CONFLICT,
                  "--session-key is about the flash of one board: give one board");
    return -1;
  }
  if (given & GIVEN_HOST_KEY) {
    report_error (ERROR_OPTION_CONFLICT,
                  "--host-key is the key of one board: give one board");
    return -1;
  }
  if (given & GIVEN_MAP) {
    report_error (ERROR_OPTION_CONFLICT,
                  "--map draws the disk of one board: give one board");
    return -1;
  }
  if (o->confirm && strcmp (o->confirm, number) != 0) {
    report_error (ERROR_NOT_CONFIRMED,
                  "--confirm %s: with several boards it is their number, which is "
                  "%s here", o->confirm, number);
    return -1;
  }
  return 0;
}

/* --run waits, too. */
static int
check_wait (unsigned given, unsigned with_set)
{
  if ((given & (GIVEN_HOST_KEY | GIVEN_ACCEPT_NEW_HOST_KEY))
      && !(with_set & GIVEN_WAIT)) {
    report_error (ERROR_OPTION_CONFLICT,
                  "%s is about the login of --wait: give that, too",
                  given & GIVEN_HOST_KEY ? "--host-key" : "--accept-new-host-key");
    return -1;
  }
  return 0;
}

/* --print-config shows what is for a flash. */
static bool
takes (enum command command, unsigned commands)
{
  return commands & 1U << (command == COMMAND_PRINT_CONFIG ? COMMAND_FLASH : command);
}

bool
option_rules_fit (enum command command, unsigned given, unsigned more)
{
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if ((more & rules[i].given) && !takes (command, rules[i].commands))
      return false;
  for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++)
    if ((more & contradictions[i].given)
        && ((given | more) & contradictions[i].given) == contradictions[i].given)
      return false;
  return true;
}

int
option_rules_check (const struct options *o, unsigned set)
{
  const enum command command = o->command;
  const unsigned given = o->given;

  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if ((given & rules[i].given) && !takes (command, rules[i].commands)) {
      report_error (ERROR_OPTION_CONFLICT, "%s does not go with %s%s%s", rules[i].name,
                    command_text (command), rules[i].why_not ? ": " : "",
                    rules[i].why_not ? rules[i].why_not : "");
      return -1;
    }
  if ((given & GIVEN_JSON) && !(given & (GIVEN_CONFIRM | GIVEN_DRY_RUN))
      && (command == COMMAND_FLASH || command == COMMAND_ABANDON)) {
    report_error (ERROR_CONFIRMATION_MISSING,
                  "with --json nobody is asked: give --confirm (or --dry-run, to "
                  "look first)");
    return -1;
  }
  for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++)
    if ((given & contradictions[i].given) == contradictions[i].given) {
      report_error (ERROR_OPTION_CONFLICT, "%s", contradictions[i].sentence);
      return -1;
    }
  return check_wait (given, given | set) == -1 ? -1 : check_many (o, given);
}
