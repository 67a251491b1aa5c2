/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "process-stat.h"

/* "PID (NAME) STATE PPID ...", where a name may hold anything, parentheses too. */
pid_t
process_stat_parent (pid_t pid)
{
  char path[64], text[1024];
  int parent;

  snprintf (path, sizeof path, "/proc/%ld/stat", (long) pid);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1)
    return -1;
  ssize_t r = full_read (fd, text, sizeof text - 1);
  if (r <= 0)
    return -1;
  text[r] = '\0';
  const char *mark = strrchr (text, ')');
  if (!mark || sscanf (mark + 1, " %*c %d", &parent) != 1)
    return -1;
  return (pid_t) parent;
}

bool
process_stat_program (pid_t pid, char *path, size_t size)
{
  static const char deleted[] = " (deleted)";
  const size_t mark = sizeof deleted - 1;
  char link[64];

  snprintf (link, sizeof link, "/proc/%ld/exe", (long) pid);
  ssize_t len = readlink (link, path, size);
  if (len <= 0 || (size_t) len == size)
    return false;
  path[len] = '\0';
  if ((size_t) len > mark && strcmp (path + len - mark, deleted) == 0)
    path[(size_t) len - mark] = '\0';
  return true;
}
