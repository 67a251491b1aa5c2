/* SPDX-License-Identifier: MIT */
/* The settings for one host: -o lines, then the user's and the system's
 * ssh_config, the first value wins, as with ssh.
 *
 * libssh reads ssh_config too, but matches Host against the HostName that it
 * has already put in its place, lets the file win over -p, and knows neither
 * "accept-new", several known_hosts files, HostKeyAlias nor IdentitiesOnly.  So
 * Host, Match and Include are decided here; what libssh does well with (ciphers
 * and the like) is handed to it as one flat list.  With --ssh=openssh, ssh itself
 * tells what it has resolved, and reads its files again when it logs in. */

#ifndef FLASH_SSH_CONFIG_H
#define FLASH_SSH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

enum strict_checking { STRICT_ASK, STRICT_YES, STRICT_ACCEPT_NEW, STRICT_NO };

#define SSH_CONFIG_LIST_MAX 64

struct ssh_config
{
  const struct options *options;        /* not owned; what it was read for */
  char *alias;                  /* the host as given */
  char *host, *user;            /* resolved; never NULL */
  unsigned port;
  char *identities[SSH_CONFIG_LIST_MAX + 1];    /* expanded, NULL ends it */
  bool identities_given;        /* false: the usual file names */
  bool identities_only;
  char *certificates[SSH_CONFIG_LIST_MAX + 1];  /* CertificateFile, likewise */
  char *known_hosts[SSH_CONFIG_LIST_MAX + 1];   /* the user's files */
  char *global_known_hosts[SSH_CONFIG_LIST_MAX + 1];
  char *host_key_alias;         /* or NULL */
  enum strict_checking strict;
  bool host_key_algorithms;     /* the user set them */
  char *identity_agent;         /* or NULL */
  bool batch_mode;
  bool hash_known_hosts;        /* in lines that are added */
  /* For a shell, with ssh's %-tokens; also made of ProxyJump.  NULL: none. */
  char *proxy_command;
  bool pubkey_auth, password_auth, kbdint_auth;
  unsigned password_prompts;
  unsigned connect_timeout;     /* seconds, and again until the keys are exchanged */
  unsigned tcp_timeout;         /* of TCP alone: never more than connect_timeout */
  unsigned alive_interval;      /* seconds of silence before we ask, never 0 */
  int address_family;           /* AF_... */
  char *bind_address;           /* or NULL */
  char *for_libssh;             /* lines of ssh_config, maybe empty */

  /* Of a lifeboat's login (ssh_config_for_lifeboat): */
  bool lifeboat;
  /* Fingerprints that count as known where the known_hosts files know none. */
  char *host_keys[SSH_CONFIG_LIST_MAX + 1];
  char *only_host_key;          /* the one that must be shown, or NULL */
};

/* Read it all; what is wrong is reported.  The caller must free the result. */
struct ssh_config *ssh_config_read (const struct options *options);
void ssh_config_free (struct ssh_config *config);       /* NULL is allowed */

/* The same way to the same host, for a login as root with KEYS (paths, NULL ends
 * them) and nothing else, where nobody is asked anything: to PORT, but known_hosts
 * is asked about the host's ordinary port.  The caller must free the result, and may
 * add host keys (malloc'ed).  NULL after a report. */
struct ssh_config *ssh_config_for_lifeboat (const struct ssh_config *ordinary,
                                            unsigned port,
                                            const char *const keys[]);

/* TEXT with its %-tokens expanded for CONFIG, to be freed; NULL after a report. */
char *ssh_config_expand (const struct ssh_config *config, const char *text);
/* Of a file name ~/ and ${VARIABLES}, too. */
char *ssh_config_expand_path (const struct ssh_config *config, const char *path);

/* The home directory: $HOME, else the password database's. */
const char *ssh_config_home (void);

/* Whether NAME matches the ssh_config PATTERN ('*' and '?'). */
bool ssh_config_match (const char *name, const char *pattern);
/* Whether it matches one of PATTERNS, with blanks between them, and none of those that
 * begin with '!'. */
bool ssh_config_match_list (const char *name, const char *patterns);

#endif
