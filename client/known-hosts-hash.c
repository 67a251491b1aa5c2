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
#include "known-hosts-hash.h"

#define LINE_MAX_BYTES 16384

/* Whether ssh-keygen has hashed the names in the file PATH. */
static bool
run_ssh_keygen (const char *path)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  const int fds[3] = { null, null, null };
  char *const argv[] = {
    (char *) "ssh-keygen", (char *) "-q", (char *) "-H", (char *) "-f",
    (char *) path, NULL
  };
  const pid_t pid = null >= 0 ? child_process_start (argv, fds, CHILD_APART) : -1;
  int status = -1;

  while (pid > 0 && waitpid (pid, &status, 0) == -1 && errno == EINTR)
    ;
  return pid > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* The one line of PATH, or NULL. */
static char *
read_line (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  char *line = calloc (1, LINE_MAX_BYTES + 1);
  const ssize_t n = fd >= 0 && line ? full_read (fd, line, LINE_MAX_BYTES) : -1;

  if (n > 0 && *line == '|' && strchr (line, '\n') == line + n - 1)
    return line;
  free (line);
  return NULL;
}

char *
known_hosts_hash (const char *line)
{
  char folder[] = "/tmp/flr-hash-XXXXXX", path[sizeof folder + 16];
  char old[sizeof path + 8], *hashed = NULL;
  int fd;

  if (!mkdtemp (folder))
    return NULL;
  snprintf (path, sizeof path, "%s/line", folder);
  snprintf (old, sizeof old, "%s.old", path);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0 && full_write (fd, line, strlen (line)) == 0
      && run_ssh_keygen (path))
    hashed = read_line (path);
  if (fd >= 0)
    close (fd);
  unlink (path);
  unlink (old);                 /* ssh-keygen's copy */
  rmdir (folder);
  return hashed;
}
