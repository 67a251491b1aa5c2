/* SPDX-License-Identifier: MIT */
/* Whether a Host or a Match line of ssh_config applies. */

#ifndef FLASH_SSH_CONFIG_MATCH_H
#define FLASH_SSH_CONFIG_MATCH_H

#include "ssh-config-lines.h"

/* Whether NAME matches one of the patterns at *CURSOR and none of the negated ones.
 * With a SEPARATOR they are one word, else all words of the line. */
bool config_match_patterns (const char *name, char **cursor,
                            const char *separator);

/* The criteria of a Match line, which PLACE names, against what is known so far.
 * One that cannot be decided is named, and does not match. */
bool config_match_criteria (const struct config_lines *lines, char **cursor,
                            const char *place);

#endif
