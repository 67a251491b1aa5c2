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
#include "report.h"

#define DIRECTORY_VARIABLE "FLASH_LIVE_REMOTE_HELPER_DIR"
#define PROGRAM_PREFIX "flash-helper-"
#define FILE_MAX (64 * 1024 * 1024)

static const char *
helper_directory (void)
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
    report_error ("%s: %s", path, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode) || st.st_size == 0 || st.st_size > FILE_MAX) {
    report_error ("%s: not a file of the helper", path);
    return -1;
  }
  file->size = (size_t) st.st_size;
  file->data = malloc (file->size + 1);
  n = file->data ? full_read (fd, file->data, file->size) : -1;
  if (n != (ssize_t) file->size) {
    report_error ("%s: %s", path, n == -1 ? strerror (errno) : "it got shorter");
    helper_file_release (file);
    return -1;
  }
  file->data[file->size] = '\0';
  return 0;
}

int
helper_file_read (const char *name, struct helper_file *file)
{
  CLEANUP_FREE char *path = NULL;
  CLEANUP_CLOSE int fd = -1;

  file->data = NULL;
  file->size = 0;
  if (asprintf (&path, "%s/%s", helper_directory (), name) == -1) {
    path = NULL;
    report_error ("out of memory");
    return -1;
  }
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) {
    report_error ("%s: %s\nIt belongs to the installation of this program.",
                  path, strerror (errno));
    return -1;
  }
  return read_open_file (fd, path, file);
}

void
helper_file_release (struct helper_file *file)
{
  free (file->data);
  file->data = NULL;
  file->size = 0;
}

/* "aarch64 x86_64": what there is a program for. */
static void
list_machines (char *list, size_t size)
{
  DIR *dir = opendir (helper_directory ());
  const size_t prefix = strlen (PROGRAM_PREFIX);
  const struct dirent *entry;
  size_t n = 0;

  *list = '\0';
  while (dir && (entry = readdir (dir)) != NULL) {
    if (strncmp (entry->d_name, PROGRAM_PREFIX, prefix) != 0)
      continue;
    int r = snprintf (list + n, size - n, " %s", entry->d_name + prefix);
    if (r < 0 || (size_t) r >= size - n)
      break;
    n += (size_t) r;
  }
  if (dir)
    closedir (dir);
}

int
helper_file_read_program (const char *machine, struct helper_file *file)
{
  CLEANUP_FREE char *name = NULL, *path = NULL;
  char available[256];

  file->data = NULL;
  file->size = 0;
  list_machines (available, sizeof available);
  if (!*machine || strchr (machine, '/')
      || asprintf (&name, PROGRAM_PREFIX "%s", machine) == -1) {
    name = NULL;
    report_error ("the board does not say what machine it is");
    return -1;
  }
  if (asprintf (&path, "%s/%s", helper_directory (), name) == -1) {
    path = NULL;
    report_error ("out of memory");
    return -1;
  }
  if (access (path, F_OK) == 0)
    return helper_file_read (name, file);
  report_error ("the board is a %s machine, and there is no %s in %s; this "
                "installation has helpers for:%s", machine, name,
                helper_directory (), *available ? available : " none");
  return -1;
}
