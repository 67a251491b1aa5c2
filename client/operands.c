/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image-location.h"
#include "near-word.h"
#include "operands.h"
#include "option-rules.h"
#include "report.h"
#include "uri-parts.h"

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
    report_error (ERROR_HOST_INVALID, "\"%s\" is no host name", o->host);
    return -1;
  }
  if (!at)
    return 0;
  if (!is_good_name (destination, (size_t) (at - destination), "._+$@-")) {
    report_error (ERROR_HOST_INVALID, "\"%.*s\" is no user name",
                  (int) (at - destination), destination);
    return -1;
  }
  o->user = strndup (destination, (size_t) (at - destination));
  if (!o->user) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
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
    report_error (ERROR_OPERANDS_WRONG,
                  "%s is a file, and stands in the place of a board; there is one "
                  "IMAGE, and it comes last", o->boards[nr - 1]);
    return -1;
  }
  for (size_t i = 0; i + 1 < nr; i++) {
    const char *at = strrchr (o->boards[i], '@');

    if (strcasecmp (at ? at + 1 : o->boards[i], o->host) == 0) {
      report_error (ERROR_BOARD_TWICE,
                    "%s is named twice; a board is flashed once", o->host);
      return -1;
    }
  }
  return 0;
}

static int
take_boards (struct options *o, size_t nr, char *arguments[])
{
  if (nr > OPTIONS_BOARDS_MAX) {
    report_error (ERROR_OPERANDS_WRONG,
                  "more than %d boards were given", OPTIONS_BOARDS_MAX);
    return -1;
  }
  for (size_t i = 0; i < nr; i++) {
    o->boards[o->nr_boards++] = arguments[i];
    if (options_take_board (o, i) == -1 || check_board (o, i + 1) == -1)
      return -1;
  }
  return nr > 0 ? options_take_board (o, 0) : 0;
}

/* The board is this machine; its own name is what is confirmed. */
static int
take_this_machine (struct options *o, int nr, bool with_image)
{
  static char name[256];

  if (nr != with_image) {
    report_error (ERROR_OPERANDS_WRONG,
                  nr < with_image ? "IMAGE is missing; see --help"
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

const char *
operands_near_command (const char *word)
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

/* "statsu HOST" reads as the host statsu and the image HOST.  Two hosts and an image
 * are what they seem to be, but for "verfy HOST IMAGE". */
static int
check_for_slip (int nr, char *arguments[])
{
  const char *near = nr < 1 || nr > 3 ? NULL : operands_near_command (arguments[0]);

  if (!near || (nr > 1 && is_image (arguments[nr - 1], near)
                && (nr == 2 || strcmp (near, "verify") != 0)))
    return 0;
  if (nr == 2)
    report_error (ERROR_COMMAND_UNKNOWN,
                  "\"%s\" is taken for a host, and there is no image %s; did you "
                  "mean the command %s?", arguments[0], arguments[1], near);
  else
    report_error (ERROR_COMMAND_UNKNOWN,
                  "\"%s\" is no command; did you mean %s?", arguments[0], near);
  return -1;
}

static int
check_number (int nr, bool with_image, bool many)
{
  if (nr == 1 + with_image || (many && nr > 1 + with_image))
    return 0;
  report_error (ERROR_OPERANDS_WRONG,
                nr < 1 ? with_image ? "HOST and IMAGE are missing; see --help"
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

/* Without one, it is that of the settings. */
static int
take_server (struct options *o, int nr, char *arguments[])
{
  if (nr > 1) {
    report_error (ERROR_OPERANDS_WRONG,
                  "more than the URI of an image server was given; see --help");
    return -1;
  }
  o->image = nr == 1 ? arguments[0] : NULL;
  return o->image ? check_image (o->image) : 0;
}

/* For --print-config there may be a board. */
static int
take_asked_board (struct options *o, int nr, char *arguments[])
{
  if (nr <= 1)
    return take_boards (o, (size_t) nr, arguments);
  report_error (ERROR_OPERANDS_WRONG,
                "--print-config tells what holds for one board: give one HOST, or none");
  return -1;
}

int
operands_take (struct options *o, int nr, char *arguments[])
{
  const bool local = o->given & GIVEN_LOCAL;

  if (o->command == COMMAND_PRINT_CONFIG)
    return local ? take_this_machine (o, nr, false)
                 : take_asked_board (o, nr, arguments);
  if (nr > 0 && take_command (o, arguments[0])) {
    nr--;
    arguments++;
  }
  else if (!local && check_for_slip (nr, arguments) == -1)
    return -1;
  if (o->command == COMMAND_IMAGES)
    return take_server (o, nr, arguments);
  const bool with_image = o->command == COMMAND_FLASH
                          || o->command == COMMAND_VERIFY;
  if (local ? take_this_machine (o, nr, with_image) == -1
      : check_number (nr, with_image, o->command == COMMAND_FLASH) == -1
      || take_boards (o, (size_t) (nr - with_image), arguments) == -1)
    return -1;
  o->image = with_image ? arguments[nr - 1] : NULL;
  if (o->image && *o->image == '\0') {
    report_error (ERROR_IMAGE_LOCATION, "IMAGE is empty");
    return -1;
  }
  return o->image ? check_image (o->image) : 0;
}
