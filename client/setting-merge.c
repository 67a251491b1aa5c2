/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image-location.h"
#include "option-rules.h"
#include "report.h"
#include "server-image.h"
#include "setting-merge.h"
#include "setting-value.h"
#include "settings-file.h"

static const unsigned options_of[SETTING_KEYS] = {
  [SETTING_MODE] = GIVEN_RAMFS | GIVEN_STREAM,
  [SETTING_DEVICE] = GIVEN_DEVICE,
  [SETTING_STOP_SERVICES] = GIVEN_STOP_SERVICES,
  [SETTING_KEEP] = GIVEN_KEEP,
  [SETTING_CONFIG] = GIVEN_CONFIG,
  [SETTING_VERIFY] = GIVEN_VERIFY,
  [SETTING_WAIT] = GIVEN_WAIT | GIVEN_NO_WAIT,
  [SETTING_RUN] = GIVEN_RUN,
  [SETTING_HOST_KEY] = GIVEN_HOST_KEY,
  [SETTING_SSH] = GIVEN_SSH | GIVEN_LOCAL,
  [SETTING_LIFEBOAT_PORT] = GIVEN_LIFEBOAT_PORT,
  [SETTING_BUSYBOX] = GIVEN_BUSYBOX,
  [SETTING_RESCAN] = GIVEN_RESCAN,
  [SETTING_JOBS] = GIVEN_JOBS,
  [SETTING_VERBOSITY] = GIVEN_QUIET | GIVEN_VERBOSE | GIVEN_DEBUG,
  [SETTING_MAP] = GIVEN_MAP,
};

bool
setting_is_given (const struct options *o, enum setting_key key)
{
  return o->given & options_of[key];
}

const char *
setting_place (const struct options *o, enum setting_key key,
               char place[SETTING_PLACE_MAX])
{
  const char *name = setting_key_name (key);

  if (o->setting_lines[key])
    snprintf (place, SETTING_PLACE_MAX, "%s (set in %.4096s:%u)", name, o->file->name,
              o->setting_lines[key]);
  else
    snprintf (place, SETTING_PLACE_MAX, "--%s", name);
  return place;
}

/* -- One after the other --------------------------------------------------- */

/* The bits of what O has of KEY now. */
static unsigned
bits_of (const struct options *o, enum setting_key key)
{
  switch (key) {
  case SETTING_MODE: return o->mode == FLASH_STREAM ? GIVEN_STREAM : GIVEN_RAMFS;
  case SETTING_SSH: return GIVEN_SSH;
  case SETTING_WAIT: return o->wait_seconds ? GIVEN_WAIT : GIVEN_NO_WAIT;
  case SETTING_RUN: return GIVEN_RUN | GIVEN_WAIT;
  case SETTING_RESCAN: return o->rescan ? GIVEN_RESCAN : 0;
  case SETTING_MAP: return o->map ? GIVEN_MAP : 0;
  case SETTING_VERBOSITY: return o->verbosity == VERBOSITY_QUIET ? GIVEN_QUIET : 0;
  default: return options_of[key];
  }
}

/* Whether KEY goes with all that is said besides, by TAKEN. */
static bool
is_of_use (const struct options *o, enum setting_key key, unsigned taken)
{
  if (key == SETTING_MAP && o->nr_boards > 1)
    return false;
  if (key == SETTING_HOST_KEY && o->wait_seconds == 0)
    return false;
  return option_rules_fit (o->command, taken, bits_of (o, key));
}

/* A key that was pinned is not given up for an option that takes any. */
static int
check_host_key (const struct options *o)
{
  char place[SETTING_PLACE_MAX];

  if (!o->setting_lines[SETTING_HOST_KEY]
      || !(o->given & GIVEN_ACCEPT_NEW_HOST_KEY))
    return 0;
  report_error (ERROR_OPTION_CONFLICT,
                "%s names the only key that is right, --accept-new-host-key takes any: "
                "leave one of them out", setting_place (o, SETTING_HOST_KEY, place));
  return -1;
}

/* TAKEN gets the bits of what is taken. */
static int
apply_one (struct options *o, const struct setting *s, unsigned *taken)
{
  char what[SETTING_PLACE_MAX];
  unsigned besides = *taken;

  o->setting_lines[s->key] = s->line;
  if (strcmp (s->value, SETTING_DEFAULT) == 0)
    return 0;
  setting_place (o, s->key, what);
  if (setting_take (o, s->key, s->value, what) == -1)
    return -1;
  if (s->key == SETTING_HOST_KEY)
    besides &= ~(unsigned) GIVEN_ACCEPT_NEW_HOST_KEY;
  if (is_of_use (o, s->key, besides)) {
    *taken |= bits_of (o, s->key);
    return 0;
  }
  o->setting_lines[s->key] = 0;
  return setting_take (o, s->key, NULL, what);
}

/* All keys for HOST (NULL: the defaults alone).  O may have been completed already, with
 * the defaults. */
static int
apply (struct options *o, const char *host)
{
  unsigned taken = o->given;

  for (int k = 0; k < SETTING_KEYS; k++) {
    const enum setting_key key = (enum setting_key) k;
    const struct setting *s = o->file ? settings_find (o->file, host, key) : NULL;

    o->setting_lines[key] = 0;
    if (setting_is_given (o, key))
      continue;
    if (setting_take (o, key, NULL, "") == -1
        || (s && apply_one (o, s, &taken) == -1))
      return -1;
    /* As on the command line. */
    if (key == SETTING_RUN && o->run && o->wait_seconds == 0) {
      o->wait_seconds = DEFAULT_WAIT;
      o->setting_lines[SETTING_WAIT] = o->setting_lines[SETTING_RUN];
    }
  }
  return check_host_key (o);
}

int
setting_merge_board (struct options *o)
{
  return apply (o, o->host);
}

/* The bits of what the file has set. */
static unsigned
bits_set (const struct options *o)
{
  unsigned bits = 0;

  for (int key = 0; key < SETTING_KEYS; key++)
    if (o->setting_lines[key])
      bits |= bits_of (o, (enum setting_key) key);
  return bits;
}

/* -- The image ------------------------------------------------------------- */

static int
refuse_server_image (const struct options *o, const char *why)
{
  report_error (ERROR_IMAGE_LOCATION, "IMAGE %s: %s", o->image ? o->image : "", why);
  return -1;
}

static int
set_image (struct options *o, const char *name)
{
  struct image_location location;
  int result;

  o->image_uri = server_image_uri (o->image_server, name);
  if (!o->image_uri) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  o->image = o->image_uri;
  result = image_location_parse (o->image, &location);
  image_location_release (&location);
  return result;
}

/* "server:NAME", and the server of the command images. */
static int
find_image (struct options *o)
{
  const bool asks = o->command == COMMAND_IMAGES;
  const char *name = o->image ? server_image_name (o->image) : asks ? "" : NULL;

  if (!name)
    return 0;
  if (o->image && access (o->image, F_OK) == 0)
    return refuse_server_image (o, "there is a file of that name, too.  Write ./ in "
                                "front for the file, or the whole URI for the image of "
                                "the server");
  if (!o->image_server && !o->image) {
    report_error (ERROR_IMAGE_LOCATION,
                  "the URI of an image server is missing, and no image-server is set; "
                  "see flash-live-remote-settings(5)");
    return -1;
  }
  if (!o->image_server)
    return refuse_server_image (o, "no image-server is set; see "
                                "flash-live-remote-settings(5) (a file of that name is "
                                "written with ./ in front)");
  if (!*name && !asks)
    return refuse_server_image (o, "the name of an image is missing; flash-live-remote "
                                "images lists them");
  return set_image (o, name);
}

static bool
is_same_text (const char *a, const char *b)
{
  return a && b ? strcmp (a, b) == 0 : a == b;
}

/* All boards get one image. */
static int
share_server (struct options *o, const struct options *board, bool first)
{
  if (first)
    o->image_server = board->image_server;
  if (!server_image_name (o->image)
      || is_same_text (o->image_server, board->image_server))
    return 0;
  return refuse_server_image (o, "these boards have different image servers in the file "
                              "with the settings; give the whole URI");
}

/* -- All boards ------------------------------------------------------------ */

/* What is wrong with one is wrong before the first is looked at.  Adds what the file
 * says of any to SET. */
static int
check_boards (struct options *o, unsigned *set)
{
  for (size_t i = 0; i < o->nr_boards; i++) {
    struct options board;
    const int result = options_for_board (o, i, &board) == -1
                       || share_server (o, &board, i == 0) == -1 ? -1 : 0;

    *set |= bits_set (&board);
    options_release (&board);
    if (result == -1)
      return -1;
  }
  return 0;
}

static int
read_file (struct options *o)
{
  if (o->settings_file && strcmp (o->settings_file, SETTINGS_NONE) == 0)
    return 0;
  o->file = calloc (1, sizeof *o->file);
  if (!o->file) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (settings_read (o->file, o->settings_file) == -1)
    return -1;
  if (!o->file->name) {
    free (o->file);
    o->file = NULL;
  }
  return 0;
}

int
setting_merge (struct options *o)
{
  const bool many = o->nr_boards > 1;
  unsigned set;

  if (read_file (o) == -1 || apply (o, many ? NULL : o->host) == -1)
    return -1;
  set = bits_set (o);
  if ((many && check_boards (o, &set) == -1) || option_rules_check (o, set) == -1)
    return -1;
  return find_image (o);
}
