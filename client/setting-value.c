/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "image-location.h"
#include "keep.h"
#include "messages.h"
#include "option-values.h"
#include "report.h"
#include "server-image.h"
#include "setting-value.h"
#include "settings-file.h"

static const char *const verbosities[] = {
  [VERBOSITY_QUIET] = "quiet", [VERBOSITY_NORMAL] = "normal",
  [VERBOSITY_VERBOSE] = "verbose", [VERBOSITY_DEBUG] = "debug", NULL
};
static const char *const no_yes[] = { "no", "yes", NULL };

/* -- Taking ---------------------------------------------------------------- */

static int
take_mode (struct options *o, const char *value, const char *what)
{
  o->mode = FLASH_RAMFS;
  return value ? option_mode (what, value, &o->mode) : 0;
}

static int
take_verbosity (struct options *o, const char *value, const char *what)
{
  const int verbosity = value ? option_word (what, value, verbosities)
                              : VERBOSITY_NORMAL;

  if (verbosity == -1)
    return -1;
  o->verbosity = (enum verbosity) verbosity;
  return 0;
}

static int
take_switch (bool *on, const char *value, const char *what)
{
  const int place = value ? option_word (what, value, no_yes) : 0;

  *on = place == 1;
  return place == -1 ? -1 : 0;
}

/* Not to read back at all is said for each flash, or not at all. */
static int
take_verification (struct options *o, const char *value, const char *what)
{
  const char *const words[] = {
    verification_name (VERIFY_FULL), verification_name (VERIFY_SAMPLE), NULL
  };
  int place;

  o->verification = VERIFY_FULL;
  if (!value)
    return 0;
  if (strcmp (value, verification_name (VERIFY_OFF)) == 0) {
    report_error (ERROR_OPTION_VALUE,
                  "%s %s: full or sample.  That nothing is read back must be said for "
                  "each flash: --verify off", what, value);
    return -1;
  }
  place = option_word (what, value, words);
  if (place == 1)
    o->verification = VERIFY_SAMPLE;
  return place == -1 ? -1 : 0;
}

static int
take_wait (struct options *o, const char *value, const char *what)
{
  o->wait_seconds = 0;
  if (!value || strcmp (value, "no") == 0)
    return 0;
  o->wait_seconds = DEFAULT_WAIT;
  return strcmp (value, "yes") == 0
         ? 0 : option_number (what, value, 1, OPTIONS_WAIT_MAX, &o->wait_seconds);
}

static int
take_device (struct options *o, const char *value, const char *what)
{
  o->device = value;
  if (!value || option_check_device (what, value) == -1)
    return value ? -1 : 0;
  if (!strpbrk (value, " \t"))
    return 0;
  report_error (ERROR_OPTION_VALUE,
                "%s %s: the path of a device has no blanks", what, value);
  return -1;
}

static int
take_keep (struct options *o, const char *value, const char *what)
{
  o->keep = 0;
  return value ? keep_parse (what, value, &o->keep) : 0;
}

static int
take_lifeboat_port (struct options *o, const char *value, const char *what)
{
  o->lifeboat_port = 0;
  o->lifeboat_given = value != NULL;
  return value ? option_number (what, value, 0, 65535, &o->lifeboat_port) : 0;
}

static int
take_host_key (struct options *o, const char *value, const char *what)
{
  o->host_key = value;
  return value && option_is_fingerprint (value)
         ? option_check_fingerprint (what, value) : 0;
}

static int
take_jobs (struct options *o, const char *value, const char *what)
{
  o->jobs = 0;
  return value ? option_number (what, value, 1, OPTIONS_BOARDS_MAX, &o->jobs) : 0;
}

static int
take_ssh (struct options *o, const char *value, const char *what)
{
  o->transport = TRANSPORT_LIBSSH;
  return value ? option_transport (what, value, &o->transport) : 0;
}

/* Its names must be images; whether it is there is not asked. */
static int
take_image_server (struct options *o, const char *value, const char *what)
{
  const bool held = message_holds_errors ();
  char why[1024];

  o->image_server = value;
  if (!value)
    return 0;
  message_hold_errors ();
  const int result = server_image_check (value);
  snprintf (why, sizeof why, "%s", message_last_error ());
  if (!held)
    message_release_errors ();
  if (result == -1)
    report_error (ERROR_IMAGE_LOCATION, "%s: %s", what, why);
  return result;
}

int
setting_take (struct options *o, enum setting_key key, const char *value,
              const char *what)
{
  switch (key) {
  case SETTING_IMAGE_SERVER: return take_image_server (o, value, what);
  case SETTING_MODE: return take_mode (o, value, what);
  case SETTING_DEVICE: return take_device (o, value, what);
  case SETTING_STOP_SERVICES:
    o->stop_services = value;
    return value ? option_check_services (what, value) : 0;
  case SETTING_KEEP: return take_keep (o, value, what);
  case SETTING_CONFIG: o->first_boot_file = value; return 0;
  case SETTING_VERIFY: return take_verification (o, value, what);
  case SETTING_WAIT: return take_wait (o, value, what);
  case SETTING_RUN: o->run = value; return 0;
  case SETTING_HOST_KEY: return take_host_key (o, value, what);
  case SETTING_SSH: return take_ssh (o, value, what);
  case SETTING_LIFEBOAT_PORT: return take_lifeboat_port (o, value, what);
  case SETTING_BUSYBOX: o->busybox = value; return 0;
  case SETTING_RESCAN: return take_switch (&o->rescan, value, what);
  case SETTING_JOBS: return take_jobs (o, value, what);
  case SETTING_VERBOSITY: return take_verbosity (o, value, what);
  case SETTING_MAP: return take_switch (&o->map, value, what);
  case SETTING_KEYS: break;
  }
  return -1;
}

int
setting_check (enum setting_key key, const char *value, const char *what)
{
  struct options scratch = { .verbosity = VERBOSITY_NORMAL };

  return setting_take (&scratch, key, value, what);
}

/* -- Telling --------------------------------------------------------------- */

static const char *
number_text (unsigned number, char text[SETTING_TEXT_MAX])
{
  snprintf (text, SETTING_TEXT_MAX, "%u", number);
  return text;
}

static const char *
or_default (const char *value)
{
  return value ? value : SETTING_DEFAULT;
}

static const char *
keep_text (const struct options *o, char text[SETTING_TEXT_MAX])
{
  if (o->keep == 0)
    return SETTING_DEFAULT;
  keep_list (o->keep, text);
  return text;
}

const char *
setting_text (const struct options *o, enum setting_key key,
              char text[SETTING_TEXT_MAX])
{
  switch (key) {
  case SETTING_IMAGE_SERVER: return or_default (o->image_server);
  case SETTING_MODE: return flash_mode_name (o->mode);
  case SETTING_DEVICE: return or_default (o->device);
  case SETTING_STOP_SERVICES: return or_default (o->stop_services);
  case SETTING_KEEP: return keep_text (o, text);
  case SETTING_CONFIG: return or_default (o->first_boot_file);
  case SETTING_VERIFY: return verification_name (o->verification);
  case SETTING_WAIT: return o->wait_seconds ? number_text (o->wait_seconds, text) : "no";
  case SETTING_RUN: return or_default (o->run);
  case SETTING_HOST_KEY: return or_default (o->host_key);
  case SETTING_SSH: return transport_name (o->transport);
  case SETTING_LIFEBOAT_PORT:
    return o->lifeboat_given ? number_text (o->lifeboat_port, text) : SETTING_DEFAULT;
  case SETTING_BUSYBOX: return or_default (o->busybox);
  case SETTING_RESCAN: return no_yes[o->rescan];
  case SETTING_JOBS: return o->jobs ? number_text (o->jobs, text) : SETTING_DEFAULT;
  case SETTING_VERBOSITY: return verbosities[o->verbosity];
  case SETTING_MAP: return no_yes[o->map];
  case SETTING_KEYS: break;
  }
  return "";
}
