/* SPDX-License-Identifier: MIT */
/* The command line, then the board's section of the settings file, then its defaults:
 * the first that says something counts.  What the file says and the command has no use
 * for, or the command line excludes, is left out. */

#ifndef FLASH_SETTING_MERGE_H
#define FLASH_SETTING_MERGE_H

#include <stdbool.h>

#include "options.h"

#define SETTING_PLACE_MAX 4200

/* Read the file, and complete O, which has the command line: for its board, or where
 * there are several with the defaults.  What will be of each board is proven, too.  0,
 * or -1 after a report. */
int setting_merge (struct options *o);

/* Complete the options of one of several boards. */
int setting_merge_board (struct options *o);

/* Whether the command line says something of KEY. */
bool setting_is_given (const struct options *o, enum setting_key key);

/* What to call KEY in a message: "--wait", or "wait (set in FILE:3)". */
const char *setting_place (const struct options *o, enum setting_key key,
                           char place[SETTING_PLACE_MAX]);

#endif
