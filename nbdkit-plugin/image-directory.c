/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "cleanup.h"
#include "export-name.h"
#include "image-directory.h"
#include "report.h"

/* Folders may be large, too, and full of other things. */
#define ENTRIES_MAX 100000

#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

struct image_directory
{
  int fd;
  bool confined;
  char *path;
};

struct image_directory *
image_directory_open (const char *path, bool confined)
{
  struct image_directory *dir = calloc (1, sizeof *dir);

  if (dir)
    dir->path = strdup (path);
  if (!dir || !dir->path) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    free (dir);
    return NULL;
  }
  dir->confined = confined;
  dir->fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir->fd == -1) {
    report_error (ERROR_IMAGE_UNREADABLE,
                  "cannot open the folder %s: %s", path, strerror (errno));
    image_directory_close (dir);
    return NULL;
  }
  return dir;
}

void
image_directory_close (struct image_directory *dir)
{
  if (!dir)
    return;
  if (dir->fd >= 0)
    close (dir->fd);
  free (dir->path);
  free (dir);
}

/* -- Opening what lies beneath ---------------------------------------------- */

/* Without openat2: each component is opened without following links. */
static int
walk_beneath (int fd, const char *path, int flags)
{
  CLEANUP_FREE char *copy = strdup (path);
  CLEANUP_CLOSE int parent = -1;
  char *rest = copy, *name;

  if (!copy)
    return -1;
  while ((name = strsep (&rest, "/")) != NULL && rest) {
    int next = openat (parent == -1 ? fd : parent, name,
                       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next == -1)
      return -1;
    cleanup_close (&parent);
    parent = next;
  }
  return openat (parent == -1 ? fd : parent, name, flags | O_NOFOLLOW);
}

static int
open_beneath (int fd, const char *path, int flags)
{
  struct open_how how = {
    .flags = (unsigned) flags,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
  };
  long r;

  /* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether
   * ".." was safe. */
  for (int i = 0; i < 100; i++) {
    r = syscall (SYS_openat2, fd, path, &how, sizeof how);
    if (r != -1 || errno != EAGAIN)
      break;
  }
  /* EPERM is what sandboxes answer that do not know the call. */
  if (r == -1 && (errno == ENOSYS || errno == EPERM))
    return walk_beneath (fd, path, flags);
  return (int) r;
}

static int
check_regular (int fd)
{
  struct stat st;

  if (fstat (fd, &st) == -1)
    return -1;
  if (S_ISREG (st.st_mode))
    return 0;
  errno = S_ISLNK (st.st_mode) ? ELOOP : EINVAL;
  return -1;
}

int
image_directory_open_file (const struct image_directory *dir, const char *path)
{
  CLEANUP_CLOSE int found = -1, fd = -1;
  int result;

  if (!dir->confined)
    return openat (dir->fd, path, FILE_FLAGS);
  /* To open a device may set it going: look first. */
  found = open_beneath (dir->fd, path, O_PATH | O_CLOEXEC);
  if (found == -1 || check_regular (found) == -1)
    return -1;
  fd = open_beneath (dir->fd, path, FILE_FLAGS);
  if (fd == -1 || check_regular (fd) == -1)
    return -1;
  result = fd;
  fd = -1;
  return result;
}

/* -- Listing ------------------------------------------------------------------ */

struct listing
{
  const struct image_directory *dir;
  struct image_list *list;
  size_t room;
  unsigned entries;
  bool full;            /* enough was listed, or looked at */
};

static int list_folder (struct listing *listing, int fd, const char *prefix,
                        unsigned depth);

static int
add_path (struct listing *listing, const char *path)
{
  struct image_list *list = listing->list;

  if (list->nr == IMAGE_DIRECTORY_IMAGES_MAX) {
    listing->full = true;
    return 0;
  }
  if (list->nr == listing->room) {
    size_t room = listing->room ? listing->room * 2 : 64;
    char **paths = realloc (list->paths, room * sizeof *paths);

    if (!paths)
      return -1;
    list->paths = paths;
    listing->room = room;
  }
  list->paths[list->nr] = strdup (path);
  return list->paths[list->nr++] ? 0 : -1;
}

/* A file that has gone or may not be read meanwhile is just not listed. */
static int
list_file (struct listing *listing, const char *path)
{
  CLEANUP_CLOSE int fd = -1;

  if (image_path_fault (path))
    return 0;
  fd = open_beneath (listing->dir->fd, path, O_PATH | O_CLOEXEC);
  if (fd == -1 || check_regular (fd) == -1)
    return 0;
  return add_path (listing, path);
}

/* False: not a folder (or one that may not be read). */
static bool
list_subfolder (struct listing *listing, int parent, const char *name,
                const char *path, unsigned depth, int *result)
{
  CLEANUP_FREE char *prefix = NULL;
  int fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                   | O_NONBLOCK);

  if (fd == -1)
    return false;
  if (depth == IMAGE_DIRECTORY_DEPTH_MAX) {
    listing->list->cut = true;
    close (fd);
  }
  else if (asprintf (&prefix, "%s/", path) == -1) {
    prefix = NULL;
    close (fd);
    *result = -1;
  }
  else
    *result = list_folder (listing, fd, prefix, depth + 1);
  return true;
}

static int
list_entry (struct listing *listing, int parent, const struct dirent *entry,
            const char *prefix, unsigned depth)
{
  CLEANUP_FREE char *path = NULL;
  int result = 0;

  if (!image_path_component_ok (entry->d_name))
    return 0;
  if (asprintf (&path, "%s%s", prefix, entry->d_name) == -1) {
    path = NULL;
    return -1;
  }
  if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
      && list_subfolder (listing, parent, entry->d_name, path, depth, &result))
    return result;
  return list_file (listing, path);
}

/* Takes FD over. */
static int
list_folder (struct listing *listing, int fd, const char *prefix,
             unsigned depth)
{
  DIR *stream = fdopendir (fd);
  const struct dirent *entry;
  int result = 0;

  if (!stream) {
    close (fd);
    return -1;
  }
  while (result == 0 && !listing->full) {
    errno = 0;
    entry = readdir (stream);
    if (!entry) {
      result = errno == 0 ? 0 : -1;
      break;
    }
    if (++listing->entries > ENTRIES_MAX)
      listing->full = true;
    else
      result = list_entry (listing, dirfd (stream), entry, prefix, depth);
  }
  int saved = errno;
  closedir (stream);
  errno = saved;
  return result;
}

static int
compare_paths (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

int
image_directory_list (const struct image_directory *dir,
                      struct image_list *list)
{
  struct listing listing = { .dir = dir, .list = list };
  int fd = openat (dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  memset (list, 0, sizeof *list);
  if (fd == -1) {
    report_error (ERROR_IMAGE_UNREADABLE,
                  "cannot list the folder %s: %s", dir->path, strerror (errno));
    return -1;
  }
  if (list_folder (&listing, fd, "", 1) == -1) {
    int saved = errno;
    report_error (ERROR_IMAGE_UNREADABLE,
                  "cannot list the folder %s: %s", dir->path, strerror (saved));
    image_list_free (list);
    errno = saved;
    return -1;
  }
  list->cut = list->cut || listing.full;
  if (list->nr > 0)
    qsort (list->paths, list->nr, sizeof *list->paths, compare_paths);
  return 0;
}

void
image_list_free (struct image_list *list)
{
  for (size_t i = 0; i < list->nr; i++)
    free (list->paths[i]);
  free (list->paths);
  memset (list, 0, sizeof *list);
}
