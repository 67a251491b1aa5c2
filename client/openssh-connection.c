/* SPDX-License-Identifier: MIT */
/* The transport of --ssh=openssh: the system's ssh.  One of them, the master, logs
 * in, asks the person on the terminal what it has to ask, and listens on a socket in
 * a private folder; a command is another ssh that hands its descriptors over to it.
 * So there is one login a connection, as with libssh. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-command.h"
#include "child-process.h"
#include "cleanup.h"
#include "clock.h"
#include "host-hint.h"
#include "interrupt.h"
#include "messages.h"
#include "openssh-arguments.h"
#include "openssh-words.h"
#include "report.h"

#define LOGIN_PAUSE 50          /* ms between two looks for the master's socket */
#define SSH_LOST 255            /* exit status of an ssh whose connection is gone */

struct openssh_connection
{
  struct child_connection base;
  enum interrupt_owner owner;   /* of the folder */
  pid_t master;                 /* 0: it has ended, and was waited for */
  int wait_status;
  char folder[64], socket[80], log[80];
  struct openssh_words log_words;       /* the master's */
  struct openssh_words words;   /* its stderr: banners, and those of hops */
  long looked;                  /* seconds; when the log was read */
  char why[320];
};

/* -- The folder ------------------------------------------------------------ */

/* 0700, on a path that is short enough for a socket in it. */
static int
make_folder (struct openssh_connection *c)
{
  const char *tmp = getenv ("TMPDIR");
  int log;

  if (!tmp || *tmp != '/' || strlen (tmp) > 32)
    tmp = "/tmp";
  snprintf (c->folder, sizeof c->folder, "%s/flr-ssh-XXXXXX", tmp);
  if (!mkdtemp (c->folder)) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", c->folder, strerror (errno));
    *c->folder = '\0';
    return -1;
  }
  snprintf (c->socket, sizeof c->socket, "%s/" OPENSSH_SOCKET, c->folder);
  snprintf (c->log, sizeof c->log, "%s/" OPENSSH_LOG, c->folder);
  log = open (c->log, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  c->log_words.fd = log;
  if (log >= 0
      && interrupt_set_files (c->owner, c->socket, c->log, c->folder) == 0)
    return 0;
  report_error (ERROR_TEMPORARY_FILE, "%s: %s", c->log, strerror (errno));
  return -1;
}

static void
remove_folder (struct openssh_connection *c)
{
  if (!*c->folder)
    return;
  unlink (c->socket);
  unlink (c->log);
  if (rmdir (c->folder) == -1)
    message_warning ("%s: %s", c->folder, strerror (errno));
  interrupt_set_files (c->owner, "", "", "");
}

/* -- The master ------------------------------------------------------------ */

/* Whether it still runs. */
static bool
is_alive (struct openssh_connection *c)
{
  pid_t ended = c->master ? waitpid (c->master, &c->wait_status, WNOHANG) : 0;

  if (ended != 0 && !(ended == -1 && errno == EINTR))
    c->master = 0;
  return c->master != 0;
}

static void
read_words (struct openssh_connection *c)
{
  openssh_words_read (&c->words);
  openssh_words_read (&c->log_words);
}

/* It has ended: why, as a part of a sentence. */
static void
find_out_why (struct openssh_connection *c)
{
  char fate[96];

  openssh_words_end (&c->words);
  openssh_words_end (&c->log_words);
  if (*c->log_words.last)
    snprintf (c->why, sizeof c->why, "%s", c->log_words.last);
  else if (*c->words.last)
    snprintf (c->why, sizeof c->why, "%s", c->words.last);
  else
    snprintf (c->why, sizeof c->why, "ssh %s",
              child_process_fate (c->wait_status, fate, sizeof fate));
}

static void
report_no_ssh (int error)
{
  if (error == ENOENT)
    report_error (ERROR_SSH_MISSING,
                  "there is no ssh on this machine, which --ssh=openssh needs (on "
                  "Debian and Ubuntu: apt install openssh-client)");
  else
    report_error (ERROR_SSH_MISSING, "cannot start ssh: %s", strerror (error));
}

static int
start_master (struct openssh_connection *c, const struct ssh_config *config)
{
  struct argument_list *arguments = openssh_arguments_master (config, c->folder);
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int words[2];

  if (!arguments || null == -1 || pipe2 (words, O_CLOEXEC) == -1) {
    if (arguments)
      report_error (ERROR_SSH_MISSING, "cannot start ssh: %s", strerror (errno));
    argument_list_free (arguments);
    return -1;
  }
  const int fds[3] = { null, words[1], words[1] };
  const pid_t pid = child_process_start (arguments->argv, fds, CHILD_ON_TERMINAL);
  const int error = errno;

  close (words[1]);
  argument_list_free (arguments);
  c->words.fd = words[0];
  if (pid == -1) {
    report_no_ssh (error);
    return -1;
  }
  c->master = pid;
  return fcntl (words[0], F_SETFL, O_NONBLOCK);
}

static void
report_failure (struct openssh_connection *c, const struct ssh_config *config,
                enum connection_failure *why)
{
  find_out_why (c);
  *why = c->log_words.failure;
  report_error (c->log_words.code, "ssh cannot log in at %s: %s%s", config->alias,
                c->why, strstr (c->why, "resolve")
                ? host_hint (config->host) : "");
}

/* Until the master is logged in.  It waits for the person as long as it takes; its
 * own ConnectTimeout ends what does not answer. */
static int
await_login (struct openssh_connection *c, const struct ssh_config *config,
             enum connection_failure *why)
{
  while (access (c->socket, F_OK) == -1) {
    struct pollfd p[2] = {
      { .fd = c->words.fd, .events = POLLIN },
      { .fd = interrupt_fd (), .events = POLLIN }
    };

    read_words (c);
    if (!is_alive (c)) {
      report_failure (c, config, why);
      return -1;
    }
    if (poll (p, 2, LOGIN_PAUSE) > 0 && p[1].revents) {
      report_error (ERROR_INTERRUPTED,
                    "the login at %s was interrupted", config->alias);
      return -1;
    }
    if (p[0].revents & POLLHUP) /* then poll would not wait */
      poll (NULL, 0, LOGIN_PAUSE);
  }
  read_words (c);
  return 0;
}

static int
check_host_key (struct openssh_connection *c, const struct ssh_config *config)
{
  const char *shown = c->log_words.host_key;

  if (!*shown) {
    report_error (ERROR_SSH_FAILED,
                  "ssh does not tell which host key %s has shown", config->alias);
    return -1;
  }
  if (config->only_host_key && strcmp (config->only_host_key, shown) != 0) {
    report_error (ERROR_HOST_KEY_CHANGED,
                  "%s shows another host key than a moment ago: %s, not %s",
                  config->host, shown, config->only_host_key);
    return -1;
  }
  c->base.head.host_key = c->log_words.host_key;
  return 0;
}

/* -- The operations -------------------------------------------------------- */

static void
close_connection (struct board_connection *connection)
{
  struct openssh_connection *c = (struct openssh_connection *) connection;
  int *const fds[] = { &c->words.fd, &c->log_words.fd };

  child_process_end (c->master);
  for (size_t i = 0; i < 2; i++)
    if (*fds[i] >= 0)
      close (*fds[i]);
  remove_folder (c);
  child_connection_release (&c->base);
  free (c);
}

static int
service (struct board_connection *connection)
{
  struct openssh_connection *c = (struct openssh_connection *) connection;
  const long now = clock_seconds ();

  child_connection_service (&c->base);
  if (is_alive (c)) {
    if (now != c->looked)
      read_words (c);
    c->looked = now;
    return 0;
  }
  find_out_why (c);
  return -1;
}

static const char *
last_error (const struct board_connection *c)
{
  const char *why = ((const struct openssh_connection *) c)->why;

  return *why ? why : "ssh runs no further command";
}

static struct remote_command *
start (struct board_connection *connection, const char *command)
{
  struct openssh_connection *c = (struct openssh_connection *) connection;
  struct argument_list *arguments = openssh_arguments_command (c->folder, command);
  struct remote_command *rc = NULL;

  if (arguments)
    rc = child_command_start (&c->base, arguments->argv);
  argument_list_free (arguments);
  return rc;
}

static const struct transport_operations operations = {
  .close = close_connection, .service = service, .error = last_error,
  .start = start, CHILD_COMMAND_OPERATIONS
};

struct board_connection *
openssh_connection_open (const struct ssh_config *config,
                         enum connection_failure *why)
{
  struct openssh_connection *c = calloc (1, sizeof *c);

  if (!c) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  c->base.epoll = c->words.fd = c->log_words.fd = -1;
  c->log_words.code = ERROR_HOST_UNREACHABLE;
  c->owner = config->lifeboat ? INTERRUPT_LIFEBOAT : INTERRUPT_SSH;
  if (child_connection_init (&c->base, &operations) == 0
      && make_folder (c) == 0 && start_master (c, config) == 0
      && await_login (c, config, why) == 0) {
    *why = CONNECTION_HOST_KEY;
    if (check_host_key (c, config) == 0) {
      c->base.lost_status = SSH_LOST;
      return &c->base.head;
    }
  }
  close_connection (&c->base.head);
  return NULL;
}
