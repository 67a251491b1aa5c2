/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep.h"
#include "near-word.h"
#include "operands.h"
#include "option-rules.h"
#include "option-values.h"
#include "options.h"
#include "report.h"
#include "setting-merge.h"
#include "settings-file.h"

enum
{
  OPT_RAMFS = 256, OPT_STREAM, OPT_CONFIRM, OPT_DRY_RUN, OPT_RESCAN,
  OPT_NO_REBOOT, OPT_KEEP, OPT_CONFIG, OPT_DEVICE, OPT_STOP_SERVICES,
  OPT_REHEARSE, OPT_WAIT, OPT_RUN, OPT_HOST_KEY, OPT_ACCEPT_NEW_HOST_KEY,
  OPT_VERIFY, OPT_SAMPLE, OPT_BUSYBOX, OPT_LIFEBOAT_PORT, OPT_SESSION_KEY,
  OPT_QUIET, OPT_JSON, OPT_JOBS, OPT_SSH, OPT_LOCAL,
  OPT_VERBOSE, OPT_DEBUG, OPT_MAP, OPT_SETTINGS, OPT_PRINT_CONFIG, OPT_HELP,
  OPT_VERSION
};

static const char short_options[] = ":p:i:F:o:";
static const struct option long_options[] = {
  { "ramfs", no_argument, NULL, OPT_RAMFS },
  { "stream", no_argument, NULL, OPT_STREAM },
  { "confirm", required_argument, NULL, OPT_CONFIRM },
  { "dry-run", no_argument, NULL, OPT_DRY_RUN },
  { "rescan", no_argument, NULL, OPT_RESCAN },
  { "rehearse", no_argument, NULL, OPT_REHEARSE },
  { "verify", required_argument, NULL, OPT_VERIFY },
  { "sample", required_argument, NULL, OPT_SAMPLE },
  { "busybox", required_argument, NULL, OPT_BUSYBOX },
  { "lifeboat-port", required_argument, NULL, OPT_LIFEBOAT_PORT },
  { "session-key", required_argument, NULL, OPT_SESSION_KEY },
  { "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
  { "wait", optional_argument, NULL, OPT_WAIT },
  { "run", required_argument, NULL, OPT_RUN },
  { "host-key", required_argument, NULL, OPT_HOST_KEY },
  { "accept-new-host-key", no_argument, NULL, OPT_ACCEPT_NEW_HOST_KEY },
  { "device", required_argument, NULL, OPT_DEVICE },
  { "stop-services", required_argument, NULL, OPT_STOP_SERVICES },
  { "keep", required_argument, NULL, OPT_KEEP },
  { "config", required_argument, NULL, OPT_CONFIG },
  { "jobs", required_argument, NULL, OPT_JOBS },
  { "ssh", required_argument, NULL, OPT_SSH },
  { "local", no_argument, NULL, OPT_LOCAL },
  { "json", no_argument, NULL, OPT_JSON },
  { "quiet", no_argument, NULL, OPT_QUIET },
  { "verbose", no_argument, NULL, OPT_VERBOSE },
  { "map", no_argument, NULL, OPT_MAP },
  { "debug", no_argument, NULL, OPT_DEBUG },
  { "settings", required_argument, NULL, OPT_SETTINGS },
  { "print-config", no_argument, NULL, OPT_PRINT_CONFIG },
  { "help", no_argument, NULL, OPT_HELP },
  { "version", no_argument, NULL, OPT_VERSION },
  { NULL, 0, NULL, 0 }
};

const char *
options_help (void)
{
  return
    "Usage: flash-live-remote [--ramfs|--stream] [options] [user@]HOST... IMAGE\n"
    "       flash-live-remote --local [options] IMAGE\n"
    "       flash-live-remote status|abandon [options] [user@]HOST\n"
    "       flash-live-remote verify [--sample N] [options] [user@]HOST IMAGE\n"
    "       flash-live-remote images [URI] | --print-config [options] [HOST]\n"
    "Replaces the boot disk of the running board HOST by IMAGE (raw or compressed; a\n"
    "file, nbds://HOST/NAME or https://HOST/NAME) and reboots it into the new system.\n"
    "\n"
    "  --ramfs              copy the image into the board's memory first (default)\n"
    "  --stream             write while receiving, for boards with little memory\n"
    "  --confirm HOST       do not ask; the host as given, or the number of boards\n"
    "  --jobs N             of several boards, so many at once (default: all)\n"
    "  --dry-run            look, check, show the plan, change nothing\n"
    "  --rehearse           prove everything on the board, write nothing, clean up\n"
    "  --rescan             read all of the image, even if it was proven before\n"
    "  --verify HOW         what is read back: full (default), sample, off\n"
    "  --sample N           verify: look at N chunks of 1 MiB only, by chance\n"
    "  --device DEV         this disk of the board, not its root disk\n"
    "  --keep LIST          what of the board the new system gets, of ssh-host-keys,\n"
    "                       hostname, network, authorized-keys, machine-id\n"
    "  --config FILE        settings for its first boot: flash-live-remote-config(5)\n"
    "  --no-reboot          leave the board running when the disk is verified\n"
    "  --wait[=SECONDS]     until the new system answers, and prove that it does\n"
    "  --run COMMAND        run it there then, and end with its status\n"
    "  --host-key KEY, --accept-new-host-key   the new system's host key; or take any\n"
    "  --stop-services LIST patterns of the units to stop before the write; \"\": none\n"
    "                       [" DEFAULT_STOP_SERVICES "]\n"
    "  --busybox FILE       a static busybox for a board without one\n"
    "  --lifeboat-port PORT a port of its own for the sshd in memory\n"
    "  --session-key KEY    the key of a flash that another machine began\n"
    "  --local              this machine is the board: no HOST, no ssh, run as root\n"
    "  --ssh PROGRAM        libssh (default, built in) or openssh, the system's ssh\n"
    "  -p PORT, -i IDENTITY, -F CONFIG, -o KEY=VALUE   as for ssh\n"
    "  --json               a JSON record a line on stdout; needs --confirm\n"
    "  --quiet, --verbose, --debug, --map   say less, more, all; draw the disk\n"
    "  --settings FILE      defaults (or: none) [~/.config/flash-live-remote/config]\n"
    "  --help, --version, --print-config   show this, versions, what holds for HOST\n"
    "\n"
    "Exit status: 0 done, 2 usage, 3 nothing was written, 4 interrupted, 5 partly\n"
    "written, 6 differs, 7 some boards, 8 not back, 9 --run failed; see the manual.\n";
}

const char *
options_suggest (const char *unknown)
{
  char word[32];
  size_t len = strcspn (unknown, "=");
  const char *nearest = NULL;
  unsigned nearest_distance = 31;

  if (len >= sizeof word)
    return NULL;
  memcpy (word, unknown, len);
  word[len] = '\0';
  for (const struct option *o = long_options; o->name; o++) {
    unsigned distance = word_distance (word, o->name);
    if (distance < nearest_distance && word_is_near (o->name, distance)) {
      nearest = o->name;
      nearest_distance = distance;
    }
  }
  return nearest;
}

/* An option that is not known, optopt, in ARGUMENT, where it is not the last letter:
 * "-stream" is probably meant to be "--stream". */
static const char *
suggest_for_letters (const char *argument)
{
  return argument && *argument == '-' && strchr (argument, optopt)
         ? options_suggest (argument + 1) : NULL;
}

/* ARGUMENT is what getopt_long stumbled over, optopt what it made of it; NEXT, or NULL,
 * is what it goes on with. */
static void
report_unknown (const char *argument, const char *next)
{
  const char *near = optopt >= OPT_RAMFS ? NULL
                     : optopt ? suggest_for_letters (next)
                     : options_suggest (argument + 2);

  if (optopt >= OPT_RAMFS)
    report_error (ERROR_OPTION_VALUE, "%s: this option takes no value", argument);
  else if (near)
    report_error (ERROR_OPTION_UNKNOWN, "unknown option %s; did you mean --%s?",
                  optopt ? next : argument, near);
  else if (optopt)
    report_error (ERROR_OPTION_UNKNOWN,
                  "unknown option -%c; --help lists the options", optopt);
  else
    report_error (ERROR_OPTION_UNKNOWN,
                  "unknown or ambiguous option %s; --help lists the options",
                  argument);
}

static int
add_to_list (const char *list[], size_t *n, const char *value, const char *what)
{
  if (*n == OPTIONS_LIST_MAX) {
    report_error (ERROR_OPTION_VALUE,
                  "%s: given more than %d times", what, OPTIONS_LIST_MAX);
    return -1;
  }
  list[(*n)++] = value;
  return 0;
}

/* The last one counts. */
static int
take_wait (struct options *o, unsigned *given)
{
  const bool no = optarg && strcmp (optarg, "no") == 0;

  *given &= ~(unsigned) (GIVEN_WAIT | GIVEN_NO_WAIT);
  *given |= no ? GIVEN_NO_WAIT : GIVEN_WAIT;
  o->wait_seconds = no ? 0 : DEFAULT_WAIT;
  return !optarg || no ? 0 : option_number ("--wait", optarg, 1, OPTIONS_WAIT_MAX,
                                            &o->wait_seconds);
}

/* What is about the board after its reboot. */
static int
take_return_option (struct options *o, int c, unsigned *given)
{
  switch (c) {
  case OPT_WAIT: return take_wait (o, given);
  case OPT_RUN:
    *given |= GIVEN_RUN | GIVEN_WAIT;
    o->run = optarg;
    if (o->wait_seconds == 0)
      o->wait_seconds = DEFAULT_WAIT;
    if (*optarg)
      return 0;
    report_error (ERROR_OPTION_VALUE, "--run: the command is empty");
    return -1;
  case OPT_HOST_KEY: *given |= GIVEN_HOST_KEY; o->host_key = optarg; return 0;
  case OPT_ACCEPT_NEW_HOST_KEY:
    *given |= GIVEN_ACCEPT_NEW_HOST_KEY;
    o->accept_new_host_key = true;
    return 0;
  }
  return -1;
}

/* ssh's own options. */
static int
take_ssh_option (struct options *o, int c, unsigned *given)
{
  *given |= GIVEN_CONNECTION;
  switch (c) {
  case 'p': return option_number ("-p", optarg, 1, 65535, &o->port);
  case 'F': o->config_file = optarg; return 0;
  case 'i': return add_to_list (o->identities, &o->nr_identities, optarg, "-i");
  case 'o': return add_to_list (o->settings, &o->nr_settings, optarg, "-o");
  }
  return -1;
}

static int
take_option (struct options *o, int c, unsigned *given)
{
  switch (c) {
  case OPT_RAMFS: *given |= GIVEN_RAMFS; o->mode = FLASH_RAMFS; return 0;
  case OPT_STREAM: *given |= GIVEN_STREAM; o->mode = FLASH_STREAM; return 0;
  case OPT_CONFIRM: *given |= GIVEN_CONFIRM; o->confirm = optarg; return 0;
  case OPT_DRY_RUN: *given |= GIVEN_DRY_RUN; o->dry_run = true; return 0;
  case OPT_RESCAN: *given |= GIVEN_RESCAN; o->rescan = true; return 0;
  case OPT_REHEARSE: *given |= GIVEN_REHEARSE; o->rehearse = true; return 0;
  case OPT_VERIFY:
    *given |= GIVEN_VERIFY;
    return option_verification ("--verify", optarg, &o->verification);
  case OPT_SAMPLE:
    *given |= GIVEN_SAMPLE;
    return option_number ("--sample", optarg, 1, 1000000000, &o->sample);
  case OPT_BUSYBOX: *given |= GIVEN_BUSYBOX; o->busybox = optarg; return 0;
  case OPT_LIFEBOAT_PORT:
    *given |= GIVEN_LIFEBOAT_PORT;
    o->lifeboat_given = true;
    return option_number ("--lifeboat-port", optarg, 0, 65535,
                         &o->lifeboat_port);
  case OPT_SESSION_KEY:
    *given |= GIVEN_SESSION_KEY;
    o->session_key = optarg;
    return 0;
  case OPT_NO_REBOOT: *given |= GIVEN_NO_REBOOT; o->reboot = false; return 0;
  case OPT_DEVICE:
    *given |= GIVEN_DEVICE;
    o->device = optarg;
    return option_check_device ("--device", optarg);
  case OPT_STOP_SERVICES:
    *given |= GIVEN_STOP_SERVICES;
    o->stop_services = optarg;
    return option_check_services ("--stop-services", optarg);
  case OPT_KEEP:
    *given |= GIVEN_KEEP;
    return keep_parse ("--keep", optarg, &o->keep);
  case OPT_CONFIG:
    *given |= GIVEN_CONFIG;
    o->first_boot_file = optarg;
    return 0;
  case OPT_JOBS:
    *given |= GIVEN_JOBS;
    return option_number ("--jobs", optarg, 1, OPTIONS_BOARDS_MAX, &o->jobs);
  case OPT_SSH:
    *given |= GIVEN_SSH;
    return option_transport ("--ssh", optarg, &o->transport);
  case OPT_WAIT:
  case OPT_RUN:
  case OPT_HOST_KEY:
  case OPT_ACCEPT_NEW_HOST_KEY:
    return take_return_option (o, c, given);
  case OPT_SETTINGS: o->settings_file = optarg; return 0;
  case OPT_PRINT_CONFIG: o->command = COMMAND_PRINT_CONFIG; return 0;
  case OPT_LOCAL: *given |= GIVEN_LOCAL; return 0;
  case OPT_JSON: *given |= GIVEN_JSON; o->json = true; return 0;
  case OPT_MAP: *given |= GIVEN_MAP; o->map = true; return 0;
  case OPT_QUIET:
    *given |= GIVEN_QUIET;
    o->verbosity = VERBOSITY_QUIET;
    return 0;
  case OPT_VERBOSE:
    *given |= GIVEN_VERBOSE;
    o->verbosity = VERBOSITY_VERBOSE;
    return 0;
  case OPT_DEBUG:
    *given |= GIVEN_DEBUG;
    o->verbosity = VERBOSITY_DEBUG;
    return 0;
  }
  return take_ssh_option (o, c, given);
}

enum options_outcome
options_parse (int argc, char *argv[], struct options *o)
{
  int c;

  memset (o, 0, sizeof *o);
  o->verbosity = VERBOSITY_NORMAL;
  o->reboot = true;

  opterr = 0;
  optind = 0;                   /* the tests parse more than once */
  while ((c = getopt_long (argc, argv, short_options, long_options,
                           NULL)) != -1) {
    if (c == OPT_HELP)
      return OPTIONS_HELP;
    if (c == OPT_VERSION)
      return OPTIONS_VERSION;
    if (c == ':') {
      report_error (ERROR_OPTION_VALUE,
                    "%s needs a value; see --help", argv[optind - 1]);
      return OPTIONS_BAD;
    }
    if (c == '?') {
      report_unknown (argv[optind - 1], argv[optind]);
      return OPTIONS_BAD;
    }
    if (take_option (o, c, &o->given) == -1)
      return OPTIONS_BAD;
  }
  return operands_take (o, argc - optind, argv + optind) == -1
         || setting_merge (o) == -1 ? OPTIONS_BAD : OPTIONS_GO_ON;
}

int
options_for_board (const struct options *o, size_t nr, struct options *board)
{
  *board = *o;
  board->user = NULL;
  board->shares_file = true;
  return options_take_board (board, nr) == -1 || setting_merge_board (board) == -1
         ? -1 : 0;
}

void
options_release (struct options *o)
{
  free (o->user);
  o->user = NULL;
  if (o->shares_file)
    return;
  if (o->file)
    settings_release (o->file);
  free (o->file);
  o->file = NULL;
  free (o->image_uri);
  o->image_uri = NULL;
}
