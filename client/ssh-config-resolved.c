/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-process.h"
#include "cleanup.h"
#include "file-io.h"
#include "openssh-arguments.h"
#include "report.h"
#include "ssh-config-resolved.h"

#define ANSWER_MAX 65536        /* bytes of `ssh -G` */

/* What ssh tells on stdout, to be freed; NULL after a report, or after its own words
 * on stderr. */
static char *
ask_ssh (struct argument_list *arguments)
{
  char *answer = calloc (1, ANSWER_MAX + 1);
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int out[2], status = 0;
  ssize_t n = -1;

  if (!arguments || !answer || null == -1 || pipe2 (out, O_CLOEXEC) == -1) {
    report_error (ERROR_SSH_MISSING, "cannot ask ssh for its settings");
    free (answer);
    return NULL;
  }
  const int fds[3] = { null, out[1], -1 };
  const pid_t pid = child_process_start (arguments->argv, fds, CHILD_APART);

  if (pid == -1)
    report_error (ERROR_SSH_MISSING,
                  "ssh, which --ssh=openssh needs, cannot be started: %s",
                  strerror (errno));
  close (out[1]);
  if (pid > 0)
    n = full_read (out[0], answer, ANSWER_MAX);
  close (out[0]);
  while (pid > 0 && waitpid (pid, &status, 0) == -1 && errno == EINTR)
    ;
  if (n > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return answer;
  if (pid > 0)
    report_error (ERROR_SSH_CONFIG_INVALID, "ssh does not take these settings");
  free (answer);
  return NULL;
}

/* Whether one of the lines of TEXT is LINE. */
static bool
has_line (const char *text, const char *line)
{
  const size_t len = strlen (line);

  for (; *text; text += strcspn (text, "\n"), text += *text == '\n')
    if (strncmp (text, line, len) == 0 && (text[len] == '\n' || !text[len]))
      return true;
  return false;
}

/* The person has said nothing about what is as ever: known_hosts decides the order
 * of host keys then, for instance. */
static int
take_lines (struct config_lines *lines, char *answer, const char *defaults)
{
  char *line;

  while ((line = strsep (&answer, "\n")) != NULL)
    if (!has_line (defaults, line)
        && config_lines_take (lines, line, "ssh -G") == -1)
      return -1;
  return 0;
}

int
config_resolved_read (struct config_lines *lines, const struct options *o)
{
  struct argument_list *arguments = openssh_arguments_settings (o);
  struct argument_list *none = openssh_arguments_settings (NULL);
  CLEANUP_FREE char *answer = arguments ? ask_ssh (arguments) : NULL;
  CLEANUP_FREE char *defaults = answer && none ? ask_ssh (none) : NULL;

  argument_list_free (arguments);
  argument_list_free (none);
  return defaults ? take_lines (lines, answer, defaults) : -1;
}
