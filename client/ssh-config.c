/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "known-hosts.h"
#include "proxy.h"
#include "report.h"
#include "ssh-config-lines.h"
#include "ssh-config.h"

#define DEFAULT_CONNECT_TIMEOUT 15      /* seconds */
#define DEFAULT_ALIVE_INTERVAL 10       /* seconds */
/* A board that writes its disk with a small CPU takes 25 s for a login. */
#define LIFEBOAT_CONNECT_TIMEOUT 30
/* libssh reads lines of at most this many bytes. */
#define LIBSSH_LINE_MAX 1000

static int
no_memory (void)
{
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

/* The words of VALUES, expanded, into LIST; "none" empties it. */
static int
expand_list (const struct ssh_config *c, const char *values, char *list[])
{
  CLEANUP_FREE char *copy = strdup (values);
  char *cursor = copy, *word;
  size_t n = 0;

  while (copy && (word = config_next_word (&cursor)) && n < SSH_CONFIG_LIST_MAX) {
    if (strcasecmp (word, "none") == 0)
      continue;
    list[n] = ssh_config_expand_path (c, word);
    if (!list[n++])
      return -1;
  }
  return copy ? 0 : no_memory ();
}

static int
take_identities (struct ssh_config *c, const struct config_lines *r)
{
  static const char *const usual[] = {
    "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa",
    "~/.ssh/id_ed25519_sk", "~/.ssh/id_ecdsa_sk"
  };
  size_t n = 0, nr_certificates = 0;

  c->identities_given = r->nr_identities > 0;
  for (size_t i = 0; i < r->nr_identities; i++) {
    if (strcasecmp (r->identities[i], "none") == 0)
      continue;
    c->identities[n] = ssh_config_expand_path (c, r->identities[i]);
    if (!c->identities[n++])
      return -1;
  }
  for (size_t i = 0; i < r->nr_certificates; i++)
    if (strcasecmp (r->certificates[i], "none") != 0
        && !(c->certificates[nr_certificates++] = ssh_config_expand_path (c, r->certificates[i])))
      return -1;
  for (size_t i = 0; !c->identities_given && i < 5; i++) {
    c->identities[n] = ssh_config_expand_path (c, usual[i]);
    if (!c->identities[n++])
      return -1;
  }
  return 0;
}

static bool
is_yes (const char *value, bool otherwise)
{
  if (!value)
    return otherwise;
  return strcasecmp (value, "yes") == 0 || strcasecmp (value, "true") == 0;
}

static int
take_number (const char *name, const char *value, unsigned smallest,
             unsigned largest, unsigned *number)
{
  char *end;

  if (!value)
    return 0;
  unsigned long n = strtoul (value, &end, 10);
  if (!isdigit ((unsigned char) *value) || *end || n < smallest || n > largest) {
    report_error (ERROR_SSH_CONFIG_INVALID,
                  "ssh configuration: %s %s is not a number from %u to %u",
                  name, value, smallest, largest);
    return -1;
  }
  *number = (unsigned) n;
  return 0;
}

static int
take_strict (struct ssh_config *c, const char *value)
{
  static const struct { const char *name; enum strict_checking strict; } names[] = {
    { "ask", STRICT_ASK }, { "yes", STRICT_YES }, { "true", STRICT_YES },
    { "accept-new", STRICT_ACCEPT_NEW },
    { "no", STRICT_NO }, { "false", STRICT_NO }, { "off", STRICT_NO }
  };

  c->strict = STRICT_ASK;
  if (!value)
    return 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp (value, names[i].name) == 0) {
      c->strict = names[i].strict;
      return 0;
    }
  report_error (ERROR_SSH_CONFIG_INVALID,
                "ssh configuration: StrictHostKeyChecking %s is neither yes, "
                "ask, accept-new nor no", value);
  return -1;
}

static int
take_connect_timeout (struct ssh_config *c, const char *value)
{
  if (!(value && strcasecmp (value, "none") == 0)
      && take_number ("ConnectTimeout", value, 1, 86400, &c->connect_timeout) == -1)
    return -1;
  c->tcp_timeout = c->connect_timeout;
  return 0;
}

/* 0 is ssh's way to say never, which would leave a flash hanging. */
static int
take_alive_interval (struct ssh_config *c, const char *value)
{
  if (take_number ("ServerAliveInterval", value, 0, 86400,
                   &c->alive_interval) == -1)
    return -1;
  if (c->alive_interval == 0)
    c->alive_interval = DEFAULT_ALIVE_INTERVAL;
  return 0;
}

/* HostName may contain %h, the name as given; what ssh has resolved does not: a % in
 * it leads to an interface. */
static int
take_host (struct ssh_config *c, const char *host_name)
{
  const bool given = host_name && *host_name;
  const bool resolved = given && c->options->transport == TRANSPORT_OPENSSH;

  c->host = strdup (resolved ? host_name : c->alias);   /* what %h stands for */
  if (!c->host || !given || resolved)
    return c->host ? 0 : no_memory ();
  char *expanded = ssh_config_expand_path (c, host_name);
  if (!expanded)
    return -1;
  free (c->host);
  c->host = expanded;
  return 0;
}

static int
take_address_family (struct ssh_config *c, const char *value)
{
  c->address_family = AF_UNSPEC;
  if (value && strcasecmp (value, "inet") == 0)
    c->address_family = AF_INET;
  else if (value && strcasecmp (value, "inet6") == 0)
    c->address_family = AF_INET6;
  return 0;
}

static int
take_for_libssh (struct ssh_config *c, const struct config_lines *r)
{
  static const struct { enum config_keyword keyword; const char *name; } handed_on[] = {
    { KEY_CIPHERS, "Ciphers" }, { KEY_MACS, "MACs" },
    { KEY_KEX, "KexAlgorithms" },
    { KEY_HOST_KEY_ALGORITHMS, "HostKeyAlgorithms" },
    { KEY_PUBKEY_ALGORITHMS, "PubkeyAcceptedAlgorithms" },
    { KEY_COMPRESSION, "Compression" }, { KEY_REKEY_LIMIT, "RekeyLimit" }
  };

  size_t size;
  FILE *f = open_memstream (&c->for_libssh, &size);
  const char *too_long = NULL;

  if (!f)
    return no_memory ();
  for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++) {
    const char *value = r->values[handed_on[i].keyword];

    if (value && *value
        && fprintf (f, "%s %s\n", handed_on[i].name, value) > LIBSSH_LINE_MAX)
      too_long = handed_on[i].name;
  }
  if (fclose (f) == EOF || !c->for_libssh)
    return no_memory ();
  if (too_long) {
    report_error (ERROR_SSH_CONFIG_INVALID,
                  "ssh configuration: %s is too long", too_long);
    return -1;
  }
  c->host_key_algorithms = r->values[KEY_HOST_KEY_ALGORITHMS] != NULL;
  return 0;
}

/* 0, or -1 after a report. */
static int
take_proxy (struct ssh_config *c, const struct config_lines *r)
{
  const char *value = r->values[KEY_PROXY];

  if (!value || !*value || strcasecmp (value, "none") == 0)
    return 0;
  if (strcasecmp (r->proxy_keyword, "ProxyJump") == 0)
    c->proxy_command = proxy_jump_command (value, c->options->config_file);
  else
    c->proxy_command = strdup (value);
  return c->proxy_command ? 0 : no_memory ();
}

/* Methods that PreferredAuthentications does not have are not tried. */
static void
take_preferred (struct ssh_config *c, const char *list)
{
  if (!list || !*list)
    return;
  c->pubkey_auth = c->pubkey_auth && strstr (list, "publickey");
  c->kbdint_auth = c->kbdint_auth && strstr (list, "keyboard-interactive");
  c->password_auth = c->password_auth && strstr (list, "password");
}

static char *
copy_or_null (const char *text)
{
  return text && *text ? strdup (text) : NULL;
}

static int
take_settings (struct ssh_config *c, const struct config_lines *r,
               const struct options *o)
{
  char *const *v = r->values;
  const char *user = o->transport == TRANSPORT_LOCAL ? "root"
                     : o->user ? o->user
                     : v[KEY_USER] ? v[KEY_USER] : config_local_user ();

  c->port = o->port ? o->port : 22;
  c->connect_timeout = DEFAULT_CONNECT_TIMEOUT;
  c->alive_interval = DEFAULT_ALIVE_INTERVAL;
  c->password_prompts = 3;
  c->user = strdup (user);
  c->host_key_alias = copy_or_null (v[KEY_HOST_KEY_ALIAS]);
  c->bind_address = copy_or_null (v[KEY_BIND_ADDRESS]);
  c->identities_only = is_yes (v[KEY_IDENTITIES_ONLY], false);
  c->batch_mode = is_yes (v[KEY_BATCH_MODE], false);
  c->pubkey_auth = is_yes (v[KEY_PUBKEY_AUTH], true);
  c->password_auth = is_yes (v[KEY_PASSWORD_AUTH], true);
  c->kbdint_auth = is_yes (v[KEY_KBDINT_AUTH], true);
  c->hash_known_hosts = is_yes (v[KEY_HASH_KNOWN_HOSTS], false);
  take_preferred (c, v[KEY_PREFERRED]);
  if (!c->user)
    return no_memory ();
  if (take_host (c, v[KEY_HOSTNAME]) == -1
      || (!o->port && take_number ("Port", v[KEY_PORT], 1, 65535, &c->port) == -1)
      || take_connect_timeout (c, v[KEY_CONNECT_TIMEOUT]) == -1
      || take_alive_interval (c, v[KEY_ALIVE_INTERVAL]) == -1
      || take_number ("NumberOfPasswordPrompts", v[KEY_PASSWORD_PROMPTS], 0, 100,
                      &c->password_prompts) == -1
      || take_strict (c, v[KEY_STRICT]) == -1
      || take_address_family (c, v[KEY_ADDRESS_FAMILY]) == -1
      || take_identities (c, r) == -1
      || take_for_libssh (c, r) == -1 || take_proxy (c, r) == -1)
    return -1;
  if (v[KEY_IDENTITY_AGENT]
      && !(c->identity_agent = ssh_config_expand_path (c, v[KEY_IDENTITY_AGENT])))
    return -1;
  if (expand_list (c, v[KEY_KNOWN_HOSTS] ? v[KEY_KNOWN_HOSTS]
                   : "~/.ssh/known_hosts ~/.ssh/known_hosts2",
                   c->known_hosts) == -1)
    return -1;
  return expand_list (c, v[KEY_GLOBAL_KNOWN_HOSTS] ? v[KEY_GLOBAL_KNOWN_HOSTS]
                      : SYSTEM_CONFIG_DIR "/ssh_known_hosts "
                        SYSTEM_CONFIG_DIR "/ssh_known_hosts2",
                      c->global_known_hosts);
}

struct ssh_config *
ssh_config_read (const struct options *o)
{
  struct ssh_config *c = calloc (1, sizeof *c);
  struct config_lines lines;
  int result = -1;

  if (!c || !(c->alias = strdup (o->host))) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    free (c);
    return NULL;
  }
  c->options = o;
  if (config_lines_read (&lines, o) == 0)
    result = take_settings (c, &lines, o);
  config_lines_release (&lines);
  if (result == -1) {
    ssh_config_free (c);
    return NULL;
  }
  return c;
}

/* -- The lifeboat's ------------------------------------------------------- */

/* A copy of TEXT, NULL for NULL; *FAILED becomes true without memory. */
static char *
copy_text (const char *text, bool *failed)
{
  char *copy = text ? strdup (text) : NULL;

  *failed = *failed || (text && !copy);
  return copy;
}

static void
copy_list (char *to[], const char *const from[], bool *failed)
{
  for (size_t i = 0; i < SSH_CONFIG_LIST_MAX && from[i]; i++)
    if (!(to[i] = copy_text (from[i], failed)))
      return;
}

struct ssh_config *
ssh_config_for_lifeboat (const struct ssh_config *ordinary, unsigned port,
                         const char *const keys[])
{
  struct ssh_config *c = calloc (1, sizeof *c);
  CLEANUP_FREE char *known_as = known_hosts_name (ordinary);
  bool failed = !c || !known_as;

  if (!failed) {
    c->options = ordinary->options;
    c->alias = copy_text (ordinary->alias, &failed);
    c->host = copy_text (ordinary->host, &failed);
    c->user = copy_text ("root", &failed);
    c->host_key_alias = copy_text (known_as, &failed);
    c->bind_address = copy_text (ordinary->bind_address, &failed);
    c->for_libssh = copy_text (ordinary->for_libssh, &failed);
    copy_list (c->identities, keys, &failed);
    copy_list (c->known_hosts, (const char *const *) ordinary->known_hosts,
               &failed);
    copy_list (c->global_known_hosts,
               (const char *const *) ordinary->global_known_hosts, &failed);
    c->port = port;
    c->identities_given = c->identities_only = true;
    c->strict = STRICT_YES;
    c->host_key_algorithms = ordinary->host_key_algorithms;
    c->batch_mode = c->pubkey_auth = c->lifeboat = true;
    c->proxy_command = copy_text (ordinary->proxy_command, &failed);
    c->connect_timeout = ordinary->connect_timeout > LIFEBOAT_CONNECT_TIMEOUT
                         ? ordinary->connect_timeout : LIFEBOAT_CONNECT_TIMEOUT;
    c->tcp_timeout = c->connect_timeout;
    c->alive_interval = ordinary->alive_interval;
    c->address_family = ordinary->address_family;
  }
  if (failed) {
    no_memory ();
    ssh_config_free (c);
    return NULL;
  }
  return c;
}

static void
free_list (char *list[])
{
  for (size_t i = 0; list[i]; i++)
    free (list[i]);
}

void
ssh_config_free (struct ssh_config *c)
{
  if (!c)
    return;
  free_list (c->identities);
  free_list (c->certificates);
  free_list (c->known_hosts);
  free_list (c->global_known_hosts);
  free_list (c->host_keys);
  free (c->only_host_key);
  free (c->alias);
  free (c->host);
  free (c->user);
  free (c->host_key_alias);
  free (c->identity_agent);
  free (c->bind_address);
  free (c->for_libssh);
  free (c->proxy_command);
  free (c);
}
