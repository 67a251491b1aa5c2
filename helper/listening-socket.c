/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listening-socket.h"

#define LISTENERS_MAX 256
#define TCP_LISTEN 0x0a

struct listeners
{
  unsigned long inodes[LISTENERS_MAX];
  size_t nr;
};

/* "  0: LOCAL REMOTE STATE TX:RX TIMER RETRANSMITS UID TIMEOUT INODE ..." */
static void
read_listeners (pid_t pid, const char *table, struct listeners *found)
{
  char path[64], line[512];
  unsigned state;
  unsigned long inode;

  snprintf (path, sizeof path, "/proc/%ld/net/%s", (long) pid, table);
  FILE *file = fopen (path, "re");
  if (!file)
    return;
  while (found->nr < LISTENERS_MAX && fgets (line, sizeof line, file))
    if (sscanf (line, " %*u: %*s %*s %x %*s %*s %*s %*u %*u %lu", &state,
                &inode) == 2
        && state == TCP_LISTEN)
      found->inodes[found->nr++] = inode;
  fclose (file);
}

static bool
is_listener (const struct listeners *listeners, const char *link)
{
  unsigned long inode;

  if (sscanf (link, "socket:[%lu]", &inode) != 1)
    return false;
  for (size_t i = 0; i < listeners->nr; i++)
    if (listeners->inodes[i] == inode)
      return true;
  return false;
}

size_t
listening_sockets_list (pid_t pid, int fds[], size_t max)
{
  struct listeners listeners = { .nr = 0 };
  char path[64];
  size_t found = 0;

  read_listeners (pid, "tcp", &listeners);
  read_listeners (pid, "tcp6", &listeners);
  snprintf (path, sizeof path, "/proc/%ld/fd", (long) pid);
  DIR *dir = listeners.nr > 0 ? opendir (path) : NULL;
  if (!dir)
    return 0;
  for (struct dirent *entry = readdir (dir); entry; entry = readdir (dir)) {
    char link[64];
    ssize_t len = readlinkat (dirfd (dir), entry->d_name, link,
                              sizeof link - 1);

    if (len <= 0)
      continue;
    link[len] = '\0';
    if (!is_listener (&listeners, link))
      continue;
    if (found < max)
      fds[found] = atoi (entry->d_name);
    found++;
  }
  closedir (dir);
  return found;
}

bool
listening_socket_of (pid_t pid)
{
  return listening_sockets_list (pid, NULL, 0) > 0;
}
