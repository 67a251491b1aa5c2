/* SPDX-License-Identifier: MIT */
/* The settings as the system's ssh resolves them (ssh -G). */

#ifndef FLASH_SSH_CONFIG_RESOLVED_H
#define FLASH_SSH_CONFIG_RESOLVED_H

#include "ssh-config-lines.h"

/* Fill LINES for the host of OPTIONS.  0, or -1 after a report. */
int config_resolved_read (struct config_lines *lines,
                          const struct options *options);

#endif
