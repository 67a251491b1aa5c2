/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <libssh/callbacks.h>
#include <libssh/server.h>

#include "child-process.h"
#include "cleanup.h"
#include "clock.h"
#include "file-io.h"
#include "host-key.h"
#include "known-hosts.h"
#include "libssh-connection.h"
#include "libssh-login.h"
#include "messages.h"
#include "proxy.h"
#include "report.h"
#include "tcp-connect.h"

/* A host that has been silent for this many intervals is lost. */
#define ALIVE_COUNT 3
/* Without a call for this long we were stopped: that tells nothing of the host. */
#define PAUSE_SECONDS 5

struct libssh_connection
{
  struct board_connection head;
  ssh_session session;
  ssh_event event;
  struct ssh_counter_struct received;
  pid_t proxy;                  /* 0: none */

  /* Whether the host still lives; all in seconds. */
  unsigned alive_interval;
  uint64_t packets;             /* when it was last heard */
  long heard, serviced, asked;
  bool silent;                  /* given up */
};

/* libssh reads configuration only from files: the flat list goes through a
 * private one. */
static int
set_lines (ssh_session session, const char *lines)
{
  char path[] = "/tmp/flash-live-remote-XXXXXX";
  CLEANUP_CLOSE int fd = -1;
  int result = -1;

  if (!*lines)
    return 0;
  fd = mkstemp (path);
  if (fd == -1) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (full_write (fd, lines, strlen (lines)) == -1)
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", path, strerror (errno));
  else if (ssh_options_parse_config (session, path) != SSH_OK)
    report_error (ERROR_SSH_CONFIG_INVALID,
                  "ssh configuration: %s", ssh_get_error (session));
  else
    result = 0;
  unlink (path);
  return result;
}

static int
set_option (ssh_session session, enum ssh_options_e option, const void *value,
            const char *what)
{
  if (ssh_options_set (session, option, value) == SSH_OK)
    return 0;
  report_error (ERROR_SSH_FAILED, "ssh: %s: %s", what, ssh_get_error (session));
  return -1;
}

static int
set_agent (ssh_session session, const char *agent)
{
  const char *from_environment = agent[0] == '$' ? getenv (agent + 1) : NULL;

  if (strcasecmp (agent, "SSH_AUTH_SOCK") == 0)
    return 0;
  if (strcasecmp (agent, "none") == 0)
    return unsetenv ("SSH_AUTH_SOCK");
  return set_option (session, SSH_OPTIONS_IDENTITY_AGENT,
                     from_environment ? from_environment : agent,
                     "IdentityAgent");
}

static int
set_options (ssh_session session, const struct ssh_config *c)
{
  CLEANUP_FREE char *ssh_dir = NULL;
  CLEANUP_FREE char *algorithms = known_hosts_algorithms (c);
  bool no = false;
  int yes = 1, log = message_debugs () ? SSH_LOG_PROTOCOL : SSH_LOG_NONE;
  unsigned port = c->port;
  long timeout = (long) c->connect_timeout;

  if (!algorithms || asprintf (&ssh_dir, "%s/.ssh", ssh_config_home ()) == -1) {
    ssh_dir = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (set_option (session, SSH_OPTIONS_PROCESS_CONFIG, &no, "configuration") == -1
      || set_option (session, SSH_OPTIONS_LOG_VERBOSITY, &log, "log") == -1
      || set_option (session, SSH_OPTIONS_SSH_DIR, ssh_dir, ssh_dir) == -1
      || set_option (session, SSH_OPTIONS_HOST, c->host, c->host) == -1
      || set_option (session, SSH_OPTIONS_PORT, &port, "port") == -1
      || set_option (session, SSH_OPTIONS_USER, c->user, c->user) == -1
      || set_option (session, SSH_OPTIONS_TIMEOUT, &timeout, "timeout") == -1
      || set_option (session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &yes, "strict") == -1
      /* known-hosts.c looks them up; libssh shall not reorder by its own look */
      || set_option (session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null", "") == -1
      || set_option (session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null", "") == -1
      || set_option (session, SSH_OPTIONS_HOSTKEYS, algorithms, algorithms) == -1
      || (c->identity_agent && set_agent (session, c->identity_agent) == -1))
    return -1;
  return set_lines (session, c->for_libssh);
}

/* -- The host key --------------------------------------------------------- */

static int
check_host_key (struct libssh_connection *c, const struct ssh_config *config)
{
  ssh_key key = NULL;
  int result = -1;

  if (ssh_get_server_publickey (c->session, &key) != SSH_OK
      || !(c->head.host_key = known_hosts_fingerprint (key)))
    report_error (ERROR_SSH_FAILED,
                  "%s: the host key cannot be read: %s", config->host,
                  ssh_get_error (c->session));
  else
    result = host_key_judge (config, key, c->head.host_key);
  ssh_key_free (key);
  return result;
}

/* -- Opening and closing -------------------------------------------------- */

static int
open_socket (struct libssh_connection *c, const struct ssh_config *config)
{
  if (!config->proxy_command)
    return tcp_connect (config->host, config->port, config->address_family,
                        config->bind_address, config->tcp_timeout);
  CLEANUP_FREE char *command = ssh_config_expand (config, config->proxy_command);

  return command ? proxy_start (command, &c->proxy) : -1;
}

/* 0, or -1 after a report. */
static int
connect_session (struct libssh_connection *c, const struct ssh_config *config)
{
  socket_t fd = open_socket (c, config);
  if (fd == -1)
    return -1;
  if (ssh_options_set (c->session, SSH_OPTIONS_FD, &fd) != SSH_OK) {
    close (fd);
    report_error (ERROR_SSH_FAILED, "ssh: %s", ssh_get_error (c->session));
    return -1;
  }
  if (ssh_connect (c->session) != SSH_OK) {
    report_error (ERROR_HOST_UNREACHABLE,
                  "cannot connect to %s port %u: %s", config->host,
                  config->port, ssh_get_error (c->session));
    return -1;
  }
  return 0;
}

static int
connect_and_login (struct libssh_connection *c, const struct ssh_config *config,
                   enum connection_failure *why)
{
  *why = CONNECTION_UNREACHABLE;
  if (connect_session (c, config) == -1)
    return -1;
  tcp_detect_dead_peer (ssh_get_fd (c->session),
                        ALIVE_COUNT * config->alive_interval);
  *why = CONNECTION_HOST_KEY;
  if (check_host_key (c, config) == -1)
    return -1;
  *why = CONNECTION_REFUSED;
  return libssh_login (c->session, config);
}

static const struct libssh_connection *
const_self (const struct board_connection *c)
{
  return (const struct libssh_connection *) c;
}

static void
close_connection (struct board_connection *connection)
{
  struct libssh_connection *c = (struct libssh_connection *) connection;

  if (!c)
    return;
  if (c->event && c->session)
    ssh_event_remove_session (c->event, c->session);
  ssh_event_free (c->event);
  if (c->session && ssh_is_connected (c->session))
    ssh_disconnect (c->session);
  ssh_free (c->session);
  child_process_end (c->proxy);
  ssh_string_free_char (c->head.host_key);
  free (c);
}

ssh_session
libssh_connection_session (const struct board_connection *c)
{
  return const_self (c)->session;
}

static int
connection_fd (const struct board_connection *c)
{
  return ssh_get_fd (const_self (c)->session);
}

bool
libssh_connection_is_drained (const struct board_connection *c)
{
  return !(ssh_get_status (const_self (c)->session) & SSH_WRITE_PENDING);
}

static uint64_t
count_arrivals (const struct board_connection *c)
{
  return const_self (c)->received.in_packets;
}

static short
poll_events (const struct board_connection *c)
{
  return libssh_connection_is_drained (c) ? POLLIN : POLLIN | POLLOUT;
}

/* The kernel finds out about a host that is gone, not about an sshd that hangs, nor
 * what lies behind a proxy.  libssh asks every other time only: the call between two
 * questions takes the answer. */
static bool
is_silent (struct libssh_connection *c)
{
  const long now = clock_seconds ();

  if (c->received.in_packets != c->packets
      || now - c->serviced > PAUSE_SECONDS) {
    c->packets = c->received.in_packets;
    c->heard = c->asked = now;
  }
  c->serviced = now;
  if (now - c->asked >= (long) c->alive_interval) {
    c->asked = now;
    ssh_send_keepalive (c->session);
    ssh_send_keepalive (c->session);
  }
  c->silent = now - c->heard > (long) (ALIVE_COUNT * c->alive_interval);
  return c->silent;
}

static int
service (struct board_connection *connection)
{
  struct libssh_connection *c = (struct libssh_connection *) connection;

  if (ssh_event_dopoll (c->event, 0) == SSH_ERROR || is_silent (c))
    return -1;
  return ssh_is_connected (c->session)
         && !(ssh_get_status (c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR))
         ? 0 : -1;
}

static const char *
last_error (const struct board_connection *connection)
{
  const struct libssh_connection *c = const_self (connection);
  const char *text = ssh_get_error (c->session);

  if (c->silent)
    return "the board is silent";
  return *text ? text : "the connection was closed";
}

static const struct transport_operations operations = {
  .close = close_connection, .fd = connection_fd, .events = poll_events,
  .service = service, .error = last_error, .arrivals = count_arrivals,
  .start = libssh_channel_start, .free = libssh_channel_free,
  .step = libssh_channel_step, .read = libssh_channel_read,
  .eof = libssh_channel_eof, .writable = libssh_channel_writable,
  .write = libssh_channel_write, .send_eof = libssh_channel_send_eof,
};

/* Of libssh's words those about the protocol: passwords and keys are in none. */
static void
take_libssh_words (int priority, const char *function, const char *text, void *opaque)
{
  (void) priority;
  (void) function;
  (void) opaque;
  message_debug ("libssh: %s", text);
}

static void
listen_to_libssh (void)
{
  if (message_debugs ())
    ssh_set_log_callback (take_libssh_words);
}

/* Not connected yet; NULL after a report. */
static struct libssh_connection *
new_connection (const struct ssh_config *config)
{
  struct libssh_connection *c = calloc (1, sizeof *c);

  listen_to_libssh ();
  if (!c || !(c->session = ssh_new ()) || !(c->event = ssh_event_new ())) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    close_connection (c ? &c->head : NULL);
    return NULL;
  }
  c->head.operations = &operations;
  if (set_options (c->session, config) == 0)
    return c;
  close_connection (&c->head);
  return NULL;
}

ssh_key
libssh_connection_scan (const struct ssh_config *config)
{
  struct libssh_connection *c = new_connection (config);
  ssh_key key = NULL;

  if (c && connect_session (c, config) == 0
      && ssh_get_server_publickey (c->session, &key) != SSH_OK)
    report_error (ERROR_SSH_FAILED,
                  "%s: the host key cannot be read: %s", config->host,
                  ssh_get_error (c->session));
  close_connection (c ? &c->head : NULL);
  return key;
}

struct board_connection *
libssh_connection_open (const struct ssh_config *config,
                        enum connection_failure *why)
{
  struct libssh_connection *c = new_connection (config);

  if (!c)
    return NULL;
  if (connect_and_login (c, config, why) == -1) {
    close_connection (&c->head);
    return NULL;
  }
  ssh_set_blocking (c->session, 0);
  ssh_set_counters (c->session, NULL, &c->received);
  if (ssh_event_add_session (c->event, c->session) != SSH_OK) {
    report_error (ERROR_SSH_FAILED, "ssh: %s", ssh_get_error (c->session));
    close_connection (&c->head);
    return NULL;
  }
  c->alive_interval = config->alive_interval;
  c->heard = c->serviced = c->asked = clock_seconds ();
  return &c->head;
}
