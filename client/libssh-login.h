/* SPDX-License-Identifier: MIT */
/* Logging in: agent, keys, keyboard-interactive, password, in this order. */

#ifndef FLASH_LIBSSH_LOGIN_H
#define FLASH_LIBSSH_LOGIN_H

#include <libssh/libssh.h>

#include "ssh-config.h"

/* Log in on the connected, blocking SESSION.  0, or -1 after a report. */
int libssh_login (ssh_session session, const struct ssh_config *config);

#endif
