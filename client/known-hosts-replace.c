/* SPDX-License-Identifier: MIT */
/* Taking the lines of a host out of known_hosts. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "known-hosts.h"
#include "report.h"

/* Copy what is not about NAME.  The number of lines left out, or -1 with errno. */
static long
copy_others (FILE *from, FILE *to, const char *name)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  ssize_t len;
  long left_out = 0;

  while ((len = getline (&line, &size, from)) != -1)
    if (known_hosts_line_is_of (line, (size_t) len, name))
      left_out++;
    else if (fwrite (line, 1, (size_t) len, to) != (size_t) len)
      return -1;
  return ferror (from) ? -1 : left_out;
}

/* PATH is replaced as a whole, or stays as it is.  0, or -1 with errno. */
static int
rewrite (const char *path, const struct stat *st, const char *name)
{
  CLEANUP_FREE char *new = NULL;
  FILE *from = fopen (path, "re"), *to = NULL;
  long left_out = -1;
  int fd = -1;

  if (from && asprintf (&new, "%s.XXXXXX", path) == -1)
    new = NULL;
  if (from && new)
    fd = mkstemp (new);
  if (fd >= 0 && !(to = fdopen (fd, "w")))
    close (fd);
  if (to)
    left_out = copy_others (from, to, name);
  if (to && (fflush (to) == EOF || fchmod (fd, st->st_mode & 0777) == -1
             || fsync (fd) == -1))
    left_out = -1;
  if (to && fclose (to) == EOF)
    left_out = -1;
  if (from)
    fclose (from);
  if (left_out > 0 && rename (new, path) == 0)
    return 0;
  const int error = errno;
  if (fd >= 0)
    unlink (new);
  errno = error;
  return left_out == 0 ? 0 : -1;
}

/* Only a regular file has lines to lose; a link stays one. */
static int
forget (const char *file, const char *name)
{
  CLEANUP_FREE char *path = realpath (file, NULL);
  struct stat st;

  if (!path && errno != ENOENT && errno != ENOTDIR) {
    report_error (ERROR_KNOWN_HOSTS, "%s: %s", file, strerror (errno));
    return -1;
  }
  if (!path || stat (path, &st) == -1 || !S_ISREG (st.st_mode))
    return 0;
  if (rewrite (path, &st, name) == 0)
    return 0;
  report_error (ERROR_KNOWN_HOSTS,
                "%s: the old host key cannot be taken out: %s", path,
                strerror (errno));
  return -1;
}

int
known_hosts_replace (const struct ssh_config *c, ssh_key key)
{
  CLEANUP_FREE char *name = known_hosts_name (c);

  if (!name) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  for (size_t i = 0; c->known_hosts[i]; i++)
    if (forget (c->known_hosts[i], name) == -1)
      return -1;
  return known_hosts_add (c, key);
}
