/* SPDX-License-Identifier: MIT */
/* Lines of known_hosts whose host names nobody can read (HashKnownHosts). */

#ifndef FLASH_KNOWN_HOSTS_HASH_H
#define FLASH_KNOWN_HOSTS_HASH_H

/* LINE, which ends in a newline, with its names hashed by ssh-keygen; the caller
 * must free it.  NULL without a report: it cannot be done here. */
char *known_hosts_hash (const char *line);

#endif
