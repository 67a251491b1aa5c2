/* SPDX-License-Identifier: MIT */
/* The keywords of ssh_config, and what becomes of those that only the system's ssh
 * goes by. */

#ifndef FLASH_SSH_CONFIG_KEYWORDS_H
#define FLASH_SSH_CONFIG_KEYWORDS_H

#include "ssh-config-lines.h"

enum config_keyword config_keyword_find (const char *name);

/* NAME is KEY_UNSUPPORTED; REST is what stands behind it, and is changed; PLACE
 * names the line.  Where its value matters it is named with a way out: a warning
 * and 0, or -1 after a report where it must not be left out. */
int config_keyword_judge (const char *name, char *rest, const char *place);

#endif
