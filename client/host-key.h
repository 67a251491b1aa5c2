/* SPDX-License-Identifier: MIT */
/* Whether the key that a host has shown may be trusted (libssh's connections; the
 * system's ssh decides by itself). */

#ifndef FLASH_HOST_KEY_H
#define FLASH_HOST_KEY_H

#include <libssh/libssh.h>

#include "ssh-config.h"

/* KEY, whose fingerprint is FINGERPRINT, against what CONFIG and its files know; an
 * unknown one is asked about, and remembered, as ssh does.  0, or -1 after a
 * report. */
int host_key_judge (const struct ssh_config *config, ssh_key key,
                    const char *fingerprint);

/* Ask QUESTION until the answer is yes or FINGERPRINT: 0; or no, or none: -1. */
int host_key_ask (const char *question, const char *fingerprint);

#endif
