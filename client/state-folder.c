/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "report.h"
#include "ssh-config.h"
#include "state-folder.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0600

char *
state_folder_home (void)
{
  const char *state = getenv ("XDG_STATE_HOME");
  const char *home = ssh_config_home ();
  char *path = NULL;

  /* As the XDG specification says, a relative path is ignored. */
  if (state && *state == '/')
    path = strdup (state);
  else if (!home || *home != '/') {
    report_error (ERROR_STATE_FOLDER,
                  "there is no home directory to keep this flash's key in");
    return NULL;
  }
  else if (asprintf (&path, "%s/.local/state", home) == -1)
    path = NULL;
  if (!path)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return path;
}

int
state_folder_open_path (const char *path, bool make)
{
  CLEANUP_FREE char *part = strdup (path);

  if (!part) {
    errno = ENOMEM;
    return -1;
  }
  for (char *slash = part + strspn (part, "/"); make && *slash;) {
    slash += strcspn (slash, "/");
    const char end = *slash;
    *slash = '\0';
    if (mkdir (part, FOLDER_MODE) == -1 && errno != EEXIST && errno != EROFS
        && errno != EACCES)
      return -1;                /* others are told by what follows */
    *slash = end;
    slash += strspn (slash, "/");
  }
  return open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
state_folder_open (int parent, const char *name, bool make)
{
  CLEANUP_CLOSE int fd = -1;
  struct stat st;

  if (make && mkdirat (parent, name, FOLDER_MODE) == -1 && errno != EEXIST)
    return -1;
  fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd == -1) {
    if (errno == ELOOP || errno == ENOTDIR)
      errno = EPERM;
    return -1;
  }
  if (fstat (fd, &st) == -1)
    return -1;
  if (st.st_uid != geteuid () || (st.st_mode & (S_IWGRP | S_IWOTH))) {
    errno = EPERM;
    return -1;
  }
  const int result = fd;
  fd = -1;
  return result;
}

int
state_folder_write (int folder, const char *name, const char *text)
{
  int fd = openat (folder, name,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   FILE_MODE);
  int result;

  if (fd == -1)
    return -1;
  result = full_write (fd, text, strlen (text));
  if (result == 0)
    result = fsync (fd);
  const int error = errno;
  if (close (fd) == -1 && result == 0)
    return -1;
  errno = error;
  return result;
}

int
state_folder_read (int folder, const char *name, bool secret, char *text,
                   size_t size)
{
  const mode_t others = secret ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;
  /* O_NONBLOCK: a FIFO of that name must not make us wait. */
  CLEANUP_CLOSE int fd = openat (folder, name, O_RDONLY | O_NOFOLLOW | O_NOCTTY
                                               | O_NONBLOCK | O_CLOEXEC);
  struct stat st;

  if (fd == -1) {
    if (errno == ELOOP)
      errno = EPERM;
    return -1;
  }
  if (fstat (fd, &st) == -1)
    return -1;
  if (!S_ISREG (st.st_mode) || st.st_uid != geteuid ()
      || (st.st_mode & others)) {
    errno = EPERM;
    return -1;
  }
  const ssize_t n = full_read (fd, text, size);
  if (n == -1)
    return -1;
  if ((size_t) n == size) {
    errno = EFBIG;
    return -1;
  }
  text[n] = '\0';
  if (strlen (text) != (size_t) n) {
    errno = EINVAL;
    return -1;
  }
  return 0;
}
