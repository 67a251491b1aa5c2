/* SPDX-License-Identifier: MIT */
/* Commands of this program that a person can copy into a shell. */

#ifndef FLASH_COMMAND_HINT_H
#define FLASH_COMMAND_HINT_H

#include <stdio.h>

#include "options.h"

/* " OPTION WORD", WORD quoted where it needs that; OPTION may be "". */
void command_hint_word (FILE *f, const char *option, const char *word);

/* " OPTIONS [USER@]HOST": whatever leads to the same board. */
void command_hint_connection (FILE *f, const struct options *o);

/* A line "PURPOSE: flash-live-remote COMMAND OPTIONS [USER@]HOST". */
void command_hint_say (const char *purpose, const char *command,
                       const struct options *o);

#endif
