/* SPDX-License-Identifier: MIT */
/* The file with the settings: where it is, and whether it can be trusted. */
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
#include "settings-file.h"
#include "ssh-config.h"

#define USUAL_NAME "flash-live-remote/config"

/* As the XDG specification says, a relative path is ignored. */
static char *
usual_path (void)
{
  const char *folder = getenv ("XDG_CONFIG_HOME");
  char *path;
  const int n = folder && *folder == '/'
                ? asprintf (&path, "%s/" USUAL_NAME, folder)
                : asprintf (&path, "%s/.config/" USUAL_NAME, ssh_config_home ());

  if (n != -1)
    return path;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return NULL;
}

static int
refuse (const char *path, const char *why)
{
  report_error (ERROR_SETTINGS_FILE, "%s: %s", path, why);
  return -1;
}

/* What it says becomes what is done to boards, so only who runs this program may have
 * written it. */
static int
check_file (const char *path, int fd)
{
  struct stat st;

  if (fstat (fd, &st) == -1)
    return refuse (path, strerror (errno));
  if (!S_ISREG (st.st_mode))
    return refuse (path, "the file with the settings is no regular file (--settings "
                   SETTINGS_NONE " does without)");
  if (st.st_uid != geteuid () && st.st_uid != 0)
    return refuse (path, "the file with the settings belongs to another user, who could "
                   "change what is done to boards: chown it, or give --settings "
                   SETTINGS_NONE);
  if (st.st_mode & (S_IWGRP | S_IWOTH))
    return refuse (path, "others can write to the file with the settings, and so change "
                   "what is done to boards: chmod go-w it");
  return 0;
}

static int
read_file (struct settings *s, const char *path, int fd)
{
  CLEANUP_FREE char *text = malloc (SETTINGS_FILE_MAX + 1);
  ssize_t n;

  if (!text)
    return refuse (path, strerror (errno));
  n = full_read (fd, text, SETTINGS_FILE_MAX + 1);
  if (n == -1)
    return refuse (path, strerror (errno));
  if (n > SETTINGS_FILE_MAX)
    return refuse (path, "the file with the settings is larger than 64 KiB");
  return settings_parse (s, path, ssh_config_home (), text, (size_t) n);
}

int
settings_read (struct settings *s, const char *path)
{
  CLEANUP_FREE char *usual = NULL;
  /* O_NONBLOCK: a FIFO of that name must not make us wait. */
  CLEANUP_CLOSE int fd = -1;

  memset (s, 0, sizeof *s);
  if (!path && !(path = usual = usual_path ()))
    return -1;
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd == -1 && usual && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  if (fd == -1)
    return refuse (path, strerror (errno));
  return check_file (path, fd) == -1 ? -1 : read_file (s, path, fd);
}
