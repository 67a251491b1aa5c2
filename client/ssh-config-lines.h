/* SPDX-License-Identifier: MIT */
/* The lines of ssh_config that apply to one host: Host, Match and Include are
 * decided, the first value of each keyword is kept. */

#ifndef FLASH_SSH_CONFIG_LINES_H
#define FLASH_SSH_CONFIG_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"
#include "ssh-config.h"

#define SYSTEM_CONFIG_DIR "/etc/ssh"

/* Single-valued keywords: the first value seen is kept. */
enum config_keyword
{
  KEY_HOSTNAME, KEY_USER, KEY_PORT, KEY_IDENTITIES_ONLY, KEY_KNOWN_HOSTS,
  KEY_GLOBAL_KNOWN_HOSTS, KEY_STRICT, KEY_HOST_KEY_ALIAS, KEY_IDENTITY_AGENT,
  KEY_CONNECT_TIMEOUT, KEY_ALIVE_INTERVAL, KEY_ADDRESS_FAMILY,
  KEY_BIND_ADDRESS, KEY_BATCH_MODE, KEY_HASH_KNOWN_HOSTS, KEY_PREFERRED,
  KEY_PASSWORD_PROMPTS, KEY_PUBKEY_AUTH, KEY_PASSWORD_AUTH, KEY_KBDINT_AUTH,
  KEY_PROXY,                    /* ProxyJump and ProxyCommand exclude each other */
  KEY_CIPHERS, KEY_MACS, KEY_KEX, KEY_HOST_KEY_ALGORITHMS, KEY_PUBKEY_ALGORITHMS,
  KEY_COMPRESSION, KEY_REKEY_LIMIT,
  NR_KEYWORDS,
  KEY_IDENTITY_FILE, KEY_CERTIFICATE_FILE, KEY_HOST, KEY_MATCH, KEY_INCLUDE,
  KEY_NOT_FOR_US,               /* it has nothing to say about a flash */
  KEY_UNSUPPORTED,              /* ssh-config-keywords.h judges */
  KEY_UNKNOWN
};

struct config_lines
{
  const char *alias;            /* the host as given */
  const char *user;             /* as given, or NULL */
  char *values[NR_KEYWORDS];
  char *proxy_keyword;          /* which of the two KEY_PROXY is */
  char *identities[SSH_CONFIG_LIST_MAX];
  size_t nr_identities;
  char *certificates[SSH_CONFIG_LIST_MAX];
  size_t nr_certificates;
};

/* Read the -o lines, then the files, for the host of OPTIONS; with --ssh=openssh,
 * what the system's ssh makes of them; with --local, nothing.  0, or -1 after
 * a report; LINES must be released either way. */
int config_lines_read (struct config_lines *lines, const struct options *options);
void config_lines_release (struct config_lines *lines);

/* Take one more line, which is changed; PLACE names it in messages. */
int config_lines_take (struct config_lines *lines, char *line, const char *place);

/* Cut the next word off *CURSOR: blanks around it, quotes removed.  NULL at the
 * end of the line or at a comment. */
char *config_next_word (char **cursor);

/* The name of the user who runs this program. */
const char *config_local_user (void);

#endif
