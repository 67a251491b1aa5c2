/* SPDX-License-Identifier: MIT */
/* The session side as the tests of the data side need it: instead of say.c,
 * tunnel.c and freeze.c.
 *
 * Records go to stdout.  The Nth tunnel that is taken leads to
 * `sh -c "$TEST_SERVER_N"', or else `sh -c "$TEST_SERVER"', with one socket as
 * its stdin and stdout.  TEST_AFTER_COPY is run by sh when the read-back
 * begins. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "freeze.h"
#include "report.h"
#include "say.h"
#include "tunnel.h"

const char *ram_root = "";

static const char *written = "no";
static pid_t server = -1;
static unsigned nr_tunnels;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

void
say (const char *type, ...)
{
  va_list args;
  const char *key;

  pthread_mutex_lock (&output);
  printf ("%s", type);
  va_start (args, type);
  while ((key = va_arg (args, const char *)) != NULL)
    printf (" %s=%s", key, va_arg (args, const char *));
  va_end (args);
  printf ("\n");
  fflush (stdout);
  pthread_mutex_unlock (&output);
}

void
say_phase (const char *name)
{
  const char *command = getenv ("TEST_AFTER_COPY");

  say ("phase", "name", name, NULL);
  if (strcmp (name, "read-back") == 0 && command && system (command) != 0)
    say ("test", "text", "TEST_AFTER_COPY failed", NULL);
}

void
say_set_written (const char *w)
{
  written = w;
}

const char *
say_written (void)
{
  return written;
}

void
report_error (enum error_code code, const char *fmt, ...)
{
  int saved = errno;
  char text[2048];
  va_list args;

  va_start (args, fmt);
  vsnprintf (text, sizeof text, fmt, args);
  va_end (args);
  say ("error", "written", written, "text", text, "code", error_code_name (code),
       NULL);
  errno = saved;
}

int
freeze_others (void)
{
  say ("test", "text", "freeze", NULL);
  return 0;
}

int
freeze_network (void)
{
  say ("test", "text", "freeze-network", NULL);
  return 0;
}

void
thaw_network (void)
{
  say ("test", "text", "thaw-network", NULL);
}

static const char *
server_command (void)
{
  char name[32];

  snprintf (name, sizeof name, "TEST_SERVER_%u", nr_tunnels);
  const char *command = getenv (name);
  return command ? command : getenv ("TEST_SERVER");
}

int
tunnel_take (struct tunnel *t)
{
  int sockets[2];

  nr_tunnels++;
  const char *command = server_command ();
  if (!command || socketpair (AF_UNIX, SOCK_STREAM, 0, sockets) == -1)
    return -1;
  server = fork ();
  if (server == 0) {
    dup2 (sockets[1], STDIN_FILENO);
    dup2 (sockets[1], STDOUT_FILENO);
    close (sockets[0]);
    close (sockets[1]);
    execl ("/bin/sh", "sh", "-c", command, (char *) NULL);
    _exit (127);
  }
  close (sockets[1]);
  t->in = sockets[0];
  t->out = dup (sockets[0]);
  t->control = -1;
  say ("test", "text", "tunnel", NULL);
  return 0;
}

void
tunnel_give_back (struct tunnel *t)
{
  if (t->in < 0)
    return;
  close (t->in);
  close (t->out);
  t->in = t->out = -1;
  waitpid (server, NULL, 0);
}
