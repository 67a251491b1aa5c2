/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image-location.h"
#include "keep.h"
#include "near-word.h"
#include "option-rules.h"
#include "options.h"
#include "report.h"
#include "uri-parts.h"

enum
{
  OPT_RAMFS = 256, OPT_STREAM, OPT_CONFIRM, OPT_DRY_RUN, OPT_RESCAN,
  OPT_NO_REBOOT, OPT_KEEP, OPT_CONFIG, OPT_DEVICE, OPT_STOP_SERVICES,
  OPT_REHEARSE,
  OPT_VERIFY, OPT_SAMPLE, OPT_BUSYBOX, OPT_LIFEBOAT_PORT, OPT_SESSION_KEY,
  OPT_QUIET, OPT_JSON, OPT_JOBS, OPT_SSH, OPT_LOCAL,
  OPT_VERBOSE, OPT_HELP, OPT_VERSION
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
    "       flash-live-remote images URI\n"
    "Replaces the boot disk of the running board HOST by IMAGE (raw or compressed; a\n"
    "file, nbds://HOST/NAME or https://HOST/NAME) and reboots it into the new system.\n"
    "Or: tells how far that is; gives it up; compares a disk of the board with IMAGE\n"
    "and changes nothing; lists the images of a server (nbds://HOST).\n"
    "\n"
    "  --ramfs              copy the image into the board's memory first (default)\n"
    "  --stream             write while receiving, for boards with little memory\n"
    "  --confirm HOST       do not ask; HOST must be the host as given, or with\n"
    "                       several boards their number\n"
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
    "  --stop-services LIST patterns of the units to stop before the write; \"\": none\n"
    "                       [" DEFAULT_STOP_SERVICES "]\n"
    "  --busybox FILE       a static busybox for a board without one\n"
    "  --lifeboat-port PORT a port of its own for the sshd in memory\n"
    "  --session-key KEY    the key of a flash that another machine began\n"
    "  --local              this machine is the board: no HOST, no ssh, run as root\n"
    "  --ssh PROGRAM        libssh (default, built in) or openssh, the system's ssh\n"
    "  -p PORT              ssh port\n"
    "  -i IDENTITY          private key file (may be given several times)\n"
    "  -F CONFIG            ssh configuration file, instead of the usual ones\n"
    "  -o KEY=VALUE         a setting of ssh_config (may be given several times)\n"
    "  --json               a JSON record a line on stdout; needs --confirm\n"
    "  --quiet, --verbose   say less, say more\n"
    "  --help, --version    show this, show the version\n"
    "\n"
    "Exit status: 0 done, 2 usage, 3 nothing was written, 4 interrupted (run it\n"
    "again), 5 failed with the disk partly written, 6 verify: the disk differs,\n"
    "7 some boards are done, nothing was written to the others.\n"
    "See flash-live-remote(1).\n";
}

const char *
transport_name (enum transport transport)
{
  return transport == TRANSPORT_OPENSSH ? "openssh" : "libssh";
}

const char *
flash_mode_name (enum flash_mode mode)
{
  return mode == FLASH_STREAM ? "stream" : "ramfs";
}

const char *
verification_name (enum verification verification)
{
  static const char *const names[] = {
    [VERIFY_FULL] = "full", [VERIFY_SAMPLE] = "sample", [VERIFY_OFF] = "off",
  };

  return names[verification];
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

/* ARGUMENT is what getopt_long stumbled over, optopt what it made of it. */
static void
report_unknown (const char *argument)
{
  const char *near = optopt ? NULL : options_suggest (argument + 2);

  if (optopt >= OPT_RAMFS)
    report_error ("%s: this option takes no value", argument);
  else if (optopt)
    report_error ("unknown option -%c; --help lists the options", optopt);
  else if (near)
    report_error ("unknown option %s; did you mean --%s?", argument, near);
  else
    report_error ("unknown or ambiguous option %s; --help lists the options",
                  argument);
}

static int
parse_number (const char *option, const char *text, unsigned long least,
              unsigned long most, unsigned *number)
{
  char *end;

  errno = 0;
  unsigned long n = strtoul (text, &end, 10);
  if (!isdigit ((unsigned char) *text) || *end || errno || n < least
      || n > most) {
    report_error ("%s %s: a number from %lu to %lu is needed", option, text,
                  least, most);
    return -1;
  }
  *number = (unsigned) n;
  return 0;
}

static int
parse_verification (const char *text, enum verification *verification)
{
  for (int v = VERIFY_FULL; v <= VERIFY_OFF; v++)
    if (strcmp (text, verification_name ((enum verification) v)) == 0) {
      *verification = (enum verification) v;
      return 0;
    }
  report_error ("--verify %s: full, sample or off", text);
  return -1;
}

static int
parse_transport (const char *text, enum transport *transport)
{
  for (int t = TRANSPORT_LIBSSH; t <= TRANSPORT_OPENSSH; t++)
    if (strcmp (text, transport_name ((enum transport) t)) == 0) {
      *transport = (enum transport) t;
      return 0;
    }
  report_error ("--ssh %s: libssh or openssh", text);
  return -1;
}

static int
add_to_list (const char *list[], size_t *n, const char *value, const char *what)
{
  if (*n == OPTIONS_LIST_MAX) {
    report_error ("%s: given more than %d times", what, OPTIONS_LIST_MAX);
    return -1;
  }
  list[(*n)++] = value;
  return 0;
}

/* These words reach systemctl on the board as patterns. */
static int
check_stop_services (const char *list)
{
  static const char allowed[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "@_.:\\*?[]-";

  for (const char *p = list + strspn (list, " "); *p; p += strspn (p, " ")) {
    size_t len = strcspn (p, " ");
    if (*p == '-' || strspn (p, allowed) < len) {
      report_error ("--stop-services: \"%.*s\" is no pattern of unit names",
                    (int) len, p);
      return -1;
    }
    p += len;
  }
  return 0;
}

/* ssh's own options. */
static int
take_ssh_option (struct options *o, int c, unsigned *given)
{
  *given |= GIVEN_CONNECTION;
  switch (c) {
  case 'p': return parse_number ("-p", optarg, 1, 65535, &o->port);
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
    return parse_verification (optarg, &o->verification);
  case OPT_SAMPLE:
    *given |= GIVEN_SAMPLE;
    return parse_number ("--sample", optarg, 1, 1000000000, &o->sample);
  case OPT_BUSYBOX: *given |= GIVEN_BUSYBOX; o->busybox = optarg; return 0;
  case OPT_LIFEBOAT_PORT:
    *given |= GIVEN_LIFEBOAT_PORT;
    o->lifeboat_given = true;
    return parse_number ("--lifeboat-port", optarg, 0, 65535,
                         &o->lifeboat_port);
  case OPT_SESSION_KEY:
    *given |= GIVEN_SESSION_KEY;
    o->session_key = optarg;
    return 0;
  case OPT_NO_REBOOT: *given |= GIVEN_NO_REBOOT; o->reboot = false; return 0;
  case OPT_DEVICE: *given |= GIVEN_DEVICE; o->device = optarg; return 0;
  case OPT_STOP_SERVICES:
    *given |= GIVEN_STOP_SERVICES;
    o->stop_services = optarg;
    return check_stop_services (optarg);
  case OPT_KEEP:
    *given |= GIVEN_KEEP;
    return keep_parse (optarg, &o->keep);
  case OPT_CONFIG:
    *given |= GIVEN_CONFIG;
    o->first_boot_file = optarg;
    return 0;
  case OPT_JOBS:
    *given |= GIVEN_JOBS;
    return parse_number ("--jobs", optarg, 1, OPTIONS_BOARDS_MAX, &o->jobs);
  case OPT_SSH:
    *given |= GIVEN_SSH;
    return parse_transport (optarg, &o->transport);
  case OPT_LOCAL: *given |= GIVEN_LOCAL; return 0;
  case OPT_JSON: *given |= GIVEN_JSON; o->json = true; return 0;
  case OPT_QUIET:
    *given |= GIVEN_QUIET;
    o->verbosity = VERBOSITY_QUIET;
    return 0;
  case OPT_VERBOSE:
    *given |= GIVEN_VERBOSE;
    o->verbosity = VERBOSITY_VERBOSE;
    return 0;
  }
  return take_ssh_option (o, c, given);
}

/* What a host or a user may consist of.  Both reach proxy commands and
 * messages, and neither may look like an option. */
static bool
is_good_name (const char *name, size_t len, const char *also)
{
  if (len == 0 || *name == '-')
    return false;
  for (size_t i = 0; i < len; i++)
    if (!isascii ((unsigned char) name[i])
        || (!isalnum ((unsigned char) name[i]) && !strchr (also, name[i])))
      return false;
  return true;
}

/* "[::1]" is "::1": the brackets are cut off in place. */
static const char *
host_of (const char *word)
{
  char *end = *word == '[' ? strchr (word, ']') : NULL;

  if (end && !end[1])
    *end = '\0';
  return *word == '[' ? word + 1 : word;
}

/* USER and HOST of DESTINATION. */
static int
take_destination (struct options *o, const char *destination)
{
  const char *at = strrchr (destination, '@');

  free (o->user);
  o->user = NULL;
  o->host = host_of (at ? at + 1 : destination);
  if (!is_good_name (o->host, strlen (o->host), "._:%-")) {
    report_error ("\"%s\" is no host name", o->host);
    return -1;
  }
  if (!at)
    return 0;
  if (!is_good_name (destination, (size_t) (at - destination), "._+$@-")) {
    report_error ("\"%.*s\" is no user name",
                  (int) (at - destination), destination);
    return -1;
  }
  o->user = strndup (destination, (size_t) (at - destination));
  if (!o->user) {
    report_error ("out of memory");
    return -1;
  }
  return 0;
}

int
options_take_board (struct options *o, size_t board)
{
  return take_destination (o, o->boards[board]);
}

/* A second image, or a slip of the shell's wildcards, is no board. */
static int
check_board (const struct options *o, size_t nr)
{
  struct stat st;

  if (nr == 1)
    return 0;
  if (stat (o->boards[nr - 1], &st) == 0 && S_ISREG (st.st_mode)) {
    report_error ("%s is a file, and stands in the place of a board; there is one "
                  "IMAGE, and it comes last", o->boards[nr - 1]);
    return -1;
  }
  for (size_t i = 0; i + 1 < nr; i++) {
    const char *at = strrchr (o->boards[i], '@');

    if (strcasecmp (at ? at + 1 : o->boards[i], o->host) == 0) {
      report_error ("%s is named twice; a board is flashed once", o->host);
      return -1;
    }
  }
  return 0;
}

static int
take_boards (struct options *o, size_t nr, char *arguments[])
{
  if (nr > OPTIONS_BOARDS_MAX) {
    report_error ("more than %d boards were given", OPTIONS_BOARDS_MAX);
    return -1;
  }
  for (size_t i = 0; i < nr; i++) {
    o->boards[o->nr_boards++] = arguments[i];
    if (options_take_board (o, i) == -1 || check_board (o, i + 1) == -1)
      return -1;
  }
  return options_take_board (o, 0);
}

/* The board is this machine; its own name is what is confirmed. */
static int
take_this_machine (struct options *o, int nr, bool with_image)
{
  static char name[256];

  if (nr != with_image) {
    report_error (nr < with_image ? "IMAGE is missing; see --help"
                  : "with --local there is no HOST; see --help");
    return -1;
  }
  o->transport = TRANSPORT_LOCAL;
  if (gethostname (name, sizeof name - 1) == -1 || !*name)
    strcpy (name, "localhost");
  o->host = o->boards[o->nr_boards++] = name;
  return 0;
}

static const struct { const char *name; enum command command; } commands[] = {
  { "status", COMMAND_STATUS }, { "abandon", COMMAND_ABANDON },
  { "verify", COMMAND_VERIFY }, { "images", COMMAND_IMAGES },
};
#define NR_COMMANDS (sizeof commands / sizeof *commands)

/* The command's name before its arguments; a host that is called like a command
 * can be given as user@host. */
static bool
take_command (struct options *o, const char *word)
{
  for (size_t i = 0; i < NR_COMMANDS; i++)
    if (strcmp (word, commands[i].name) == 0) {
      o->command = commands[i].command;
      return true;
    }
  return false;
}

/* The command that WORD, which stands in the place of the host, is near to, or
 * NULL. */
static const char *
near_command (const char *word)
{
  for (size_t i = 0; i < NR_COMMANDS; i++)
    if (word_is_near (commands[i].name, word_distance (word, commands[i].name)))
      return commands[i].name;
  return NULL;
}

/* Whether what follows a host that is near to the command NEAR is an image. */
static bool
is_image (const char *argument, const char *near)
{
  return access (argument, F_OK) == 0
         || (uri_scheme_length (argument) > 0 && strcmp (near, "images") != 0);
}

/* "statsu HOST" reads as the host statsu and the image HOST. */
static int
check_for_slip (int nr, char *arguments[])
{
  const char *near = nr < 1 || nr > 3 ? NULL : near_command (arguments[0]);

  if (!near || (nr == 2 && is_image (arguments[1], near)))
    return 0;
  if (nr == 2)
    report_error ("\"%s\" is taken for a host, and there is no image %s; did you "
                  "mean the command %s?", arguments[0], arguments[1], near);
  else
    report_error ("\"%s\" is no command; did you mean %s?", arguments[0], near);
  return -1;
}

static int
check_number (int nr, bool with_image, bool many)
{
  if (nr == 1 + with_image || (many && nr > 1 + with_image))
    return 0;
  report_error (nr < 1 ? with_image ? "HOST and IMAGE are missing; see --help"
                                    : "HOST is missing; see --help"
                : nr < 1 + with_image ? "IMAGE is missing; see --help"
                : with_image ? "more than HOST and IMAGE was given; see --help"
                : "more than HOST was given; see --help");
  return -1;
}

static int
check_image (const char *image)
{
  struct image_location location;
  const int result = image_location_parse (image, &location);

  image_location_release (&location);
  return result;
}

static int
take_server (struct options *o, int nr, char *arguments[])
{
  if (nr != 1) {
    report_error ("%s; see --help", nr < 1 ? "the URI of an image server is missing"
                  : "more than the URI of an image server was given");
    return -1;
  }
  o->image = arguments[0];
  return check_image (o->image);
}

static int
take_arguments (struct options *o, unsigned given, int nr, char *arguments[])
{
  if (nr > 0 && take_command (o, arguments[0])) {
    nr--;
    arguments++;
  }
  else if (!(given & GIVEN_LOCAL) && check_for_slip (nr, arguments) == -1)
    return -1;
  if (o->command == COMMAND_IMAGES)
    return take_server (o, nr, arguments);
  const bool with_image = o->command == COMMAND_FLASH
                          || o->command == COMMAND_VERIFY;
  if (given & GIVEN_LOCAL ? take_this_machine (o, nr, with_image) == -1
      : check_number (nr, with_image, o->command == COMMAND_FLASH) == -1
      || take_boards (o, (size_t) (nr - with_image), arguments) == -1)
    return -1;
  o->image = with_image ? arguments[nr - 1] : NULL;
  if (o->image && *o->image == '\0') {
    report_error ("IMAGE is empty");
    return -1;
  }
  if (o->image && check_image (o->image) == -1)
    return -1;
  if (o->device && *o->device != '/') {
    report_error ("--device %s: an absolute path on the board is needed, "
                  "as in /dev/sda", o->device);
    return -1;
  }
  return 0;
}

enum options_outcome
options_parse (int argc, char *argv[], struct options *o)
{
  unsigned given = 0;
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
      report_error ("%s needs a value; see --help", argv[optind - 1]);
      return OPTIONS_BAD;
    }
    if (c == '?') {
      report_unknown (argv[optind - 1]);
      return OPTIONS_BAD;
    }
    if (take_option (o, c, &given) == -1)
      return OPTIONS_BAD;
  }
  if (take_arguments (o, given, argc - optind, argv + optind) == -1
      || option_rules_check (o, given) == -1)
    return OPTIONS_BAD;
  return OPTIONS_GO_ON;
}

void
options_release (struct options *o)
{
  free (o->user);
  o->user = NULL;
}
