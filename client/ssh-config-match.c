/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-process.h"
#include "cleanup.h"
#include "messages.h"
#include "ssh-config-match.h"

bool
config_match_patterns (const char *name, char **cursor, const char *separator)
{
  bool matched = false, forbidden = false;
  char *word;

  while ((word = config_next_word (cursor)) != NULL) {
    char *rest = word, *pattern;
    while ((pattern = strsep (&rest, separator)) != NULL) {
      if (*pattern == '!')
        forbidden = forbidden || ssh_config_match (name, pattern + 1);
      else if (*pattern)
        matched = matched || ssh_config_match (name, pattern);
    }
    if (*separator)             /* Match: a list is one word */
      break;
  }
  return matched && !forbidden;
}

/* What a criterion is about. */
static const char *
subject_of (const struct config_lines *r, const char *criterion)
{
  const char *host = r->values[KEY_HOSTNAME];
  const char *user = r->values[KEY_USER];

  if (strcasecmp (criterion, "host") == 0)
    return host ? host : r->alias;
  if (strcasecmp (criterion, "originalhost") == 0)
    return r->alias;
  if (strcasecmp (criterion, "user") == 0)
    return r->user ? r->user : user ? user : config_local_user ();
  if (strcasecmp (criterion, "localuser") == 0)
    return config_local_user ();
  return NULL;
}

/* -- Match exec ------------------------------------------------------------ */

static const char *
token_value (const struct config_lines *r, char token)
{
  switch (token) {
  case '%': return "%";
  case 'd': return ssh_config_home ();
  case 'h': return subject_of (r, "host");
  case 'n': return r->alias;
  case 'p': return r->values[KEY_PORT] ? r->values[KEY_PORT] : "22";
  case 'r': return subject_of (r, "user");
  case 'u': return config_local_user ();
  }
  return NULL;
}

/* COMMAND with its tokens expanded, to be freed; NULL: it has others, or there is no
 * memory. */
static char *
expand (const struct config_lines *r, const char *command)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);
  bool good = f != NULL;

  for (const char *p = command; good && *p; p++)
    if (*p != '%')
      fputc (*p, f);
    else {
      const char *value = token_value (r, *++p);

      good = value != NULL;
      fputs (good ? value : "", f);
      p -= !good;               /* it may be the end */
    }
  if (f && fclose (f) == EOF)
    good = false;
  if (good)
    return text;
  free (text);
  return NULL;
}

/* Whether COMMAND succeeds; -1: it cannot be run. */
static int
run (const struct config_lines *r, const char *command)
{
  CLEANUP_FREE char *expanded = expand (r, command);
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  const int fds[3] = { null, null, -1 };
  char *const argv[] = { (char *) "/bin/sh", (char *) "-c", expanded, NULL };
  pid_t pid = expanded && null >= 0 ? child_process_start (argv, fds, CHILD_APART)
                                    : -1;
  int status;

  if (pid == -1)
    return -1;
  while (waitpid (pid, &status, 0) == -1)
    if (errno != EINTR)
      return -1;
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* -- The line -------------------------------------------------------------- */

enum match { MATCH_NO, MATCH_YES, MATCH_UNDECIDED };

/* SO_FAR: as ssh, a command is run only where everything before it matches. */
static enum match
match_criterion (const struct config_lines *r, const char *criterion,
                 char **cursor, bool so_far)
{
  const char *subject = subject_of (r, criterion), *command;

  if (strcasecmp (criterion, "all") == 0)
    return MATCH_YES;
  if (subject)
    return config_match_patterns (subject, cursor, ",");
  /* Names are never made canonical here, as with ssh unless it is told to. */
  if (strcasecmp (criterion, "canonical") == 0)
    return MATCH_NO;
  if (strcasecmp (criterion, "exec") != 0)
    return MATCH_UNDECIDED;
  command = config_next_word (cursor);
  const int result = command && so_far ? run (r, command) : 0;
  return result == -1 ? MATCH_UNDECIDED : result ? MATCH_YES : MATCH_NO;
}

bool
config_match_criteria (const struct config_lines *r, char **cursor,
                       const char *place)
{
  bool result = true;
  char *word;

  while ((word = config_next_word (cursor)) != NULL) {
    const bool negated = *word == '!';
    const char *criterion = word + negated;

    switch (match_criterion (r, criterion, cursor, result)) {
    case MATCH_YES:
      result = result && !negated;
      break;
    case MATCH_NO:
      result = result && negated;
      break;
    case MATCH_UNDECIDED:
      if (result)
        message_warning ("%s: \"Match %s\" cannot be decided by the ssh that is "
                         "built in: its block is left out; --ssh=openssh goes by "
                         "it", place, criterion);
      return false;
    }
  }
  return result;
}
