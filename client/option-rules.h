/* SPDX-License-Identifier: MIT */
/* Which options go with which command, and with each other. */

#ifndef FLASH_OPTION_RULES_H
#define FLASH_OPTION_RULES_H

#include "options.h"

/* A bit for each option that a rule is about. */
enum
{
  GIVEN_RAMFS = 1 << 0, GIVEN_STREAM = 1 << 1, GIVEN_CONFIRM = 1 << 2,
  GIVEN_DRY_RUN = 1 << 3, GIVEN_RESCAN = 1 << 4, GIVEN_REHEARSE = 1 << 5,
  GIVEN_VERIFY = 1 << 6, GIVEN_SAMPLE = 1 << 7, GIVEN_LIFEBOAT_PORT = 1 << 8,
  GIVEN_SESSION_KEY = 1 << 9, GIVEN_DEVICE = 1 << 10, GIVEN_NO_REBOOT = 1 << 11,
  GIVEN_STOP_SERVICES = 1 << 12, GIVEN_QUIET = 1 << 13, GIVEN_VERBOSE = 1 << 14,
  GIVEN_WAIT = 1 << 15, GIVEN_RUN = 1 << 16, GIVEN_HOST_KEY = 1 << 17,
  GIVEN_ACCEPT_NEW_HOST_KEY = 1 << 18, GIVEN_NO_WAIT = 1 << 19,
  GIVEN_JSON = 1 << 20, GIVEN_JOBS = 1 << 21, GIVEN_SSH = 1 << 22,
  GIVEN_LOCAL = 1 << 23, GIVEN_CONNECTION = 1 << 24, GIVEN_KEEP = 1 << 25,
  GIVEN_CONFIG = 1 << 26, GIVEN_BUSYBOX = 1 << 27, GIVEN_DEBUG = 1 << 28, GIVEN_MAP = 1 << 29
};

/* O->given: the options that the command line had; SET: what the settings file says.
 * 0; -1 after a report: the command of O does not take one of the former, or two of them
 * contradict each other. */
int option_rules_check (const struct options *o, unsigned set);

/* Whether COMMAND takes the options MORE, beside those that are GIVEN. */
bool option_rules_fit (enum command command, unsigned given, unsigned more);

#endif
