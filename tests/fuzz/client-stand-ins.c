/* SPDX-License-Identifier: MIT */
/* What the client's parsers call besides: no input starts a program, reaches a board
 * or is said to anybody. */

#include <config.h>

#include <errno.h>

#include "child-process.h"
#include "helper-files.h"
#include "known-hosts-hash.h"
#include "messages.h"
#include "ssh-config-resolved.h"
#include "ssh-exec.h"

void
message_detail (const char *fmt, ...)
{
  (void) fmt;
}

void
message_warning (const char *fmt, ...)
{
  (void) fmt;
}

void
message_verbatim (const char *prefix, const char *text)
{
  (void) prefix;
  (void) text;
}

pid_t
child_process_start (char *const argv[], const int fds[3], enum child_kind kind)
{
  (void) argv;
  (void) fds;
  (void) kind;
  errno = EPERM;
  return -1;
}

char *
known_hosts_hash (const char *line)
{
  (void) line;
  return NULL;
}

int
config_resolved_read (struct config_lines *lines, const struct options *options)
{
  (void) lines;
  (void) options;
  return -1;
}

int
helper_file_read (const char *name, struct helper_file *file)
{
  (void) name;
  (void) file;
  return -1;
}

void
helper_file_release (struct helper_file *file)
{
  (void) file;
}

struct ssh_exec *
ssh_exec_new (struct board_connection *c, const char *command,
              const struct exec_input *inputs, size_t nr)
{
  (void) c;
  (void) command;
  (void) inputs;
  (void) nr;
  return NULL;
}

void
ssh_exec_free (struct ssh_exec *e)
{
  (void) e;
}

int
ssh_exec_wait (struct ssh_exec *e, unsigned timeout, bool interruptible)
{
  (void) e;
  (void) timeout;
  (void) interruptible;
  return -1;
}

const char *
ssh_exec_stdout (const struct ssh_exec *e)
{
  (void) e;
  return "";
}

const char *
ssh_exec_stderr (const struct ssh_exec *e)
{
  (void) e;
  return "";
}

int
ssh_exec_status (const struct ssh_exec *e)
{
  (void) e;
  return -1;
}
