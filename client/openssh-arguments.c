/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "openssh-arguments.h"

#define ALIVE_COUNT 3           /* intervals of silence; then the host is lost */

/* NAME=VALUE, before the person's own: the first one counts. */
static void
set (struct argument_list *a, const char *name, const char *value)
{
  argument_list_add (a, "-o");
  argument_list_add (a, "%s=%s", name, value);
}

static void
set_number (struct argument_list *a, const char *name, unsigned value)
{
  argument_list_add (a, "-o");
  argument_list_add (a, "%s=%u", name, value);
}

/* TEXT as ssh takes it for itself and not for %-tokens. */
static const char *
escape (const char *text, char *out, size_t size)
{
  size_t len = 0;

  for (; *text && len + 2 < size; text++) {
    if (*text == '%')
      out[len++] = '%';
    out[len++] = *text;
  }
  out[len] = '\0';
  return out;
}

/* Several file names as the value of one setting, which may have blanks. */
static void
set_files (struct argument_list *a, const char *name, char *const files[])
{
  char value[8192] = "", file[4096];
  size_t len = 0;

  for (size_t i = 0; files[i]; i++) {
    escape (files[i], file, sizeof file);
    if (len + strlen (file) + 4 < sizeof value)
      len += (size_t) sprintf (value + len, "\"%s\" ", file);
  }
  set (a, name, *value ? value : "none");
}

/* -- The ordinary login ---------------------------------------------------- */

static void
add_host (struct argument_list *a, const struct options *o)
{
  if (o->config_file) {
    argument_list_add (a, "-F");
    argument_list_add (a, "%s", o->config_file);
  }
  if (o->port) {
    argument_list_add (a, "-p");
    argument_list_add (a, "%u", o->port);
  }
  for (size_t i = 0; i < o->nr_identities; i++) {
    argument_list_add (a, "-i");
    argument_list_add (a, "%s", o->identities[i]);
  }
  for (size_t i = 0; i < o->nr_settings; i++) {
    argument_list_add (a, "-o");
    argument_list_add (a, "%s", o->settings[i]);
  }
  if (o->user) {
    argument_list_add (a, "-l");
    argument_list_add (a, "%s", o->user);
  }
  argument_list_add (a, "--");
  argument_list_add (a, "%s", o->host);
}

/* -- The lifeboat's -------------------------------------------------------- */

/* It comes into a shell's script. */
static bool
is_fingerprint (const char *text)
{
  return *text && !text[strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789:+/="
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* The board's host key is known by its fingerprint only: ssh asks a command for the
 * keys that it may take, which repeats the one that is shown if it is the one.
 * (OpenSSH before 8.5 has no such command, and known_hosts must do.) */
static void
set_known_keys (struct argument_list *a, const struct ssh_config *c)
{
  const char *const only[] = { c->only_host_key, NULL };
  const char *const *keys = c->only_host_key ? only
                            : (const char *const *) c->host_keys;
  char words[2048] = "";
  size_t len = 0;

  for (size_t i = 0; keys[i] && len + strlen (keys[i]) + 2 < sizeof words; i++)
    if (is_fingerprint (keys[i]))
      len += (size_t) sprintf (words + len, "%s%s", len > 0 ? "|" : "", keys[i]);
  if (!*words)
    return;
  set (a, "IgnoreUnknown", "KnownHostsCommand");
  argument_list_add (a, "-o");
  argument_list_add (a, "KnownHostsCommand=/bin/sh -c \"case %%f in %s) "
                     "echo '%%H %%t %%K' ;; esac\"", words);
}

static void
add_lines (struct argument_list *a, const char *lines)
{
  while (*lines) {
    const size_t len = strcspn (lines, "\n");

    argument_list_add (a, "-o");
    argument_list_add (a, "%.*s", (int) len, lines);
    lines += len + (lines[len] != '\0');
  }
}

/* No other key than the flash's may get in, so nothing of the person's
 * configuration is read that has not been taken over. */
static void
add_lifeboat (struct argument_list *a, const struct ssh_config *c)
{
  char buf[4096];

  argument_list_add (a, "-F");
  argument_list_add (a, "none");
  set (a, "HostName", escape (c->host, buf, sizeof buf));
  set (a, "HostKeyAlias", c->host_key_alias);
  set (a, "StrictHostKeyChecking", "yes");
  set (a, "CheckHostIP", "no");
  set (a, "UpdateHostKeys", "no");
  set_files (a, "UserKnownHostsFile", c->known_hosts);
  set_files (a, "GlobalKnownHostsFile", c->global_known_hosts);
  set_known_keys (a, c);
  set (a, "IdentitiesOnly", "yes");
  set (a, "IdentityAgent", "none");
  set (a, "PreferredAuthentications", "publickey");
  set (a, "AddressFamily", c->address_family == AF_INET ? "inet"
                           : c->address_family == AF_INET6 ? "inet6" : "any");
  if (c->bind_address)
    set (a, "BindAddress", c->bind_address);
  if (c->proxy_command)
    set (a, "ProxyCommand", c->proxy_command);
  add_lines (a, c->for_libssh);
  for (size_t i = 0; c->identities[i]; i++) {
    argument_list_add (a, "-i");
    argument_list_add (a, "%s", escape (c->identities[i], buf, sizeof buf));
  }
  argument_list_add (a, "-p");
  argument_list_add (a, "%u", c->port);
  argument_list_add (a, "-l");
  argument_list_add (a, "%s", c->user);
  argument_list_add (a, "--");
  argument_list_add (a, "%s", c->alias);
}

/* -- All ------------------------------------------------------------------- */

struct argument_list *
openssh_arguments_master (const struct ssh_config *c, const char *folder)
{
  struct argument_list *a = argument_list_new ();

  argument_list_add (a, "ssh");
  argument_list_add (a, "-MNTv");
  argument_list_add (a, "-E");
  argument_list_add (a, "%s/" OPENSSH_LOG, folder);
  argument_list_add (a, "-S");
  argument_list_add (a, "%s/" OPENSSH_SOCKET, folder);
  set (a, "ControlPersist", "no");
  set (a, "FingerprintHash", "sha256"); /* that of the key which it tells */
  set (a, "ClearAllForwardings", "yes");
  set (a, "ForwardAgent", "no");
  set (a, "ForwardX11", "no");
  set (a, "RemoteCommand", "none");
  set_number (a, "ConnectTimeout", c->connect_timeout);
  set_number (a, "ServerAliveInterval", c->alive_interval);
  set_number (a, "ServerAliveCountMax", ALIVE_COUNT);
  if (c->batch_mode)
    set (a, "BatchMode", "yes");
  if (c->lifeboat)
    add_lifeboat (a, c);
  else
    add_host (a, c->options);
  return argument_list_finish (a);
}

struct argument_list *
openssh_arguments_command (const char *folder, const char *command)
{
  struct argument_list *a = argument_list_new ();

  argument_list_add (a, "ssh");
  argument_list_add (a, "-T");
  argument_list_add (a, "-F");
  argument_list_add (a, "none");
  argument_list_add (a, "-S");
  argument_list_add (a, "%s/" OPENSSH_SOCKET, folder);
  set (a, "ControlMaster", "no");
  /* Should the master be gone, ssh would try to connect by itself. */
  set (a, "ProxyCommand", "false");
  set (a, "BatchMode", "yes");
  set (a, "LogLevel", "ERROR");
  argument_list_add (a, "--");
  argument_list_add (a, "board");
  argument_list_add (a, "%s", command);
  return argument_list_finish (a);
}

struct argument_list *
openssh_arguments_settings (const struct options *o)
{
  struct argument_list *a = argument_list_new ();

  argument_list_add (a, "ssh");
  argument_list_add (a, "-TG");
  if (o)
    add_host (a, o);
  else {
    argument_list_add (a, "-F");
    argument_list_add (a, "none");
    argument_list_add (a, "--");
    argument_list_add (a, "board");
  }
  return argument_list_finish (a);
}
