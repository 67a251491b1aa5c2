/* SPDX-License-Identifier: MIT */
/* Whether the key that a host shows is the key that is known of it. */

#ifndef FLASH_KNOWN_HOSTS_H
#define FLASH_KNOWN_HOSTS_H

#include <stdbool.h>

#include <libssh/libssh.h>

#include "ssh-config.h"

enum known_host
{
  KNOWN_HOST_SAME,
  KNOWN_HOST_NEW,               /* no key of this host is known */
  /* Nor here, but an authority for its certificate is, which libssh cannot check. */
  KNOWN_HOST_BY_AUTHORITY,
  KNOWN_HOST_CHANGED,           /* other keys are known, not this one */
  KNOWN_HOST_REVOKED,           /* this key is marked @revoked */
  KNOWN_HOST_ERROR              /* reported */
};

/* The name under which known_hosts files know the host: alias, name or
 * [name]:port.  The caller must free it; NULL: no memory. */
char *known_hosts_name (const struct ssh_config *config);

/* Look KEY up in the files of CONFIG.  PLACE (PLACE_SIZE bytes) gets the "file,
 * line N" that decided, or an empty string. */
enum known_host known_hosts_check (const struct ssh_config *config, ssh_key key,
                                   char *place, size_t place_size);

/* The host key algorithms to ask for, those of known keys first, so that the
 * host shows the key that is known.  The caller must free it; NULL: no memory. */
char *known_hosts_algorithms (const struct ssh_config *config);

/* Add KEY to the user's first file; 0, or -1 after a report. */
int known_hosts_add (const struct ssh_config *config, ssh_key key);

/* Take all other keys of the host out of the user's files, and add KEY.  Marked lines
 * and the system's files stay as they are.  0, or -1 after a report. */
int known_hosts_replace (const struct ssh_config *config, ssh_key key);

/* Whether LINE, LEN bytes, has a key, without a mark, of the host NAME (as
 * known_hosts_name has it). */
bool known_hosts_line_is_of (const char *line, size_t len, const char *name);

/* "SHA256:..." of KEY, to be freed with ssh_string_free_char; NULL: no memory. */
char *known_hosts_fingerprint (ssh_key key);

#endif
