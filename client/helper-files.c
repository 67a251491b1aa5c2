/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "helper-files.h"
#include "messages.h"
#include "report.h"

#define DIRECTORY_VARIABLE "FLASH_LIVE_REMOTE_HELPER_DIR"
#define FILE_MAX (64 * 1024 * 1024)

const char *
helper_files_directory (void)
{
  const char *directory = getenv (DIRECTORY_VARIABLE);

  return directory && *directory ? directory
                                 : LIBEXECDIR "/flash-live-remote";
}

static int
read_open_file (int fd, const char *path, struct helper_file *file)
{
  struct stat st;
  ssize_t n;

  if (fstat (fd, &st) == -1) {
    report_error (ERROR_INSTALLATION_INCOMPLETE, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode) || st.st_size == 0 || st.st_size > FILE_MAX) {
    report_error (ERROR_INSTALLATION_INCOMPLETE, "%s: not a file of the helper", path);
    return -1;
  }
  file->size = (size_t) st.st_size;
  file->data = malloc (file->size + 1);
  n = file->data ? full_read (fd, file->data, file->size) : -1;
  if (n != (ssize_t) file->size) {
    report_error (ERROR_INSTALLATION_INCOMPLETE,
                  "%s: %s", path, n == -1 ? strerror (errno) : "it got shorter");
    helper_file_release (file);
    return -1;
  }
  file->data[file->size] = '\0';
  return 0;
}

int
helper_file_read_path (const char *path, struct helper_file *file)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);

  file->data = NULL;
  file->size = 0;
  if (fd != -1)
    return read_open_file (fd, path, file);
  report_error (ERROR_INSTALLATION_INCOMPLETE, "%s: %s", path, strerror (errno));
  return -1;
}

/* The path of the file PREFIX with NAME behind it; the caller must free it.  NULL
 * after a report. */
static char *
path_of (const char *prefix, const char *name)
{
  char *path;

  if (asprintf (&path, "%s/%s%s", helper_files_directory (), prefix, name) >= 0)
    return path;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return NULL;
}

int
helper_file_read (const char *name, struct helper_file *file)
{
  return helper_file_read_arch ("", name, file);
}

int
helper_file_read_arch (const char *prefix, const char *arch,
                       struct helper_file *file)
{
  CLEANUP_FREE char *path = path_of (prefix, arch);

  file->data = NULL;
  file->size = 0;
  if (!path)
    return -1;
  if (helper_file_read_path (path, file) == 0)
    return 0;
  message_always ("%s belongs to the installation of this program.", path);
  return -1;
}

bool
helper_file_exists (const char *prefix, const char *arch)
{
  CLEANUP_FREE char *path = path_of (prefix, arch);

  return path && access (path, F_OK) == 0;
}

void
helper_file_release (struct helper_file *file)
{
  free (file->data);
  file->data = NULL;
  file->size = 0;
}

void
helper_files_list (const char *prefix, char *list, size_t size)
{
  DIR *dir = opendir (helper_files_directory ());
  const size_t length = strlen (prefix);
  const struct dirent *entry;
  size_t n = 0;

  *list = '\0';
  while (dir && (entry = readdir (dir)) != NULL) {
    if (strncmp (entry->d_name, prefix, length) != 0)
      continue;
    int r = snprintf (list + n, size - n, " %s", entry->d_name + length);
    if (r < 0 || (size_t) r >= size - n)
      break;
    n += (size_t) r;
  }
  if (dir)
    closedir (dir);
}
