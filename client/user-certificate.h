/* SPDX-License-Identifier: MIT */
/* OpenSSH certificates of users' keys. */

#ifndef FLASH_USER_CERTIFICATE_H
#define FLASH_USER_CERTIFICATE_H

#include <stdbool.h>
#include <libssh/libssh.h>

/* Whether CERTIFICATE is about the key PUBLIC (which libssh's own comparison does
 * not tell). */
bool user_certificate_is_of (ssh_key certificate, ssh_key public);

#endif
