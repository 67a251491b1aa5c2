/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "fault.h"
#include "file-io.h"
#include "scan-folder.h"

/* "scan-DEVICE-INODE", and while it is written "scan-DEVICE-INODE.XXXXXX". */
#define PREFIX "scan-"
#define TEMPORARY ".XXXXXX"
#define HEX_DIGITS "0123456789abcdef"

/* From this size on a file is read into huge pages: a first read waits for it, and
 * the page faults take longer than the reading. */
#define HUGE_MIN (UINT64_C (8) << 20)
#define HUGE_PAGE (UINT64_C (2) << 20)

/* A temporary file this old was left behind by a crash. */
#define TEMPORARY_AGE (60 * 60)

char *
scan_folder_path (const char *folder, uint64_t device, uint64_t inode)
{
  const size_t size = strlen (folder) + sizeof PREFIX + 2 * 16 + 3;
  char *path = malloc (size);

  if (path)
    snprintf (path, size, "%s/" PREFIX "%" PRIx64 "-%" PRIx64, folder, device,
              inode);
  return path;
}

/* -- Reading ---------------------------------------------------------------- */

static int
examine (int fd, const char *path, uint64_t *size, struct fault *fault)
{
  struct stat st;

  if (fstat (fd, &st) == -1)
    return fault_set (fault, errno, "%s: %s", path, strerror (errno));
  if (!S_ISREG (st.st_mode) || st.st_uid != geteuid ()
      || (st.st_mode & (S_IWGRP | S_IWOTH)))
    return fault_set (fault, EPERM, "%s: not a file that only this user can have "
                      "written", path);
  *size = (uint64_t) st.st_size;
  if (*size > SCAN_FILE_MAX)
    return fault_set (fault, EFBIG, "%s: too large", path);
  return 0;
}

/* Memory for SIZE bytes, to be freed with free(), or NULL. */
static unsigned char *
make_buffer (uint64_t size)
{
  const size_t room = (size_t) ((size + HUGE_PAGE) / HUGE_PAGE * HUGE_PAGE);

  if (size < HUGE_MIN)
    return malloc ((size_t) size + 1);
  unsigned char *buf = aligned_alloc (HUGE_PAGE, room);
  if (buf)
    madvise (buf, room, MADV_HUGEPAGE);         /* a wish */
  return buf;
}

/* Read, not mapped: a file that someone truncates may not kill the program. */
int
scan_folder_read (const char *path, unsigned char **data, size_t *len,
                  struct fault *fault)
{
  CLEANUP_CLOSE int fd =
    open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
  uint64_t size = 0;

  if (fd == -1)
    return fault_set (fault, errno, "%s: %s", path, strerror (errno));
  if (examine (fd, path, &size, fault) == -1)
    return -1;
  CLEANUP_FREE unsigned char *buf = make_buffer (size);
  if (!buf)
    return fault_no_memory (fault, "a remembered scan");
  ssize_t r = full_read (fd, buf, (size_t) size);
  if (r == -1 || (uint64_t) r != size)
    return fault_set (fault, EIO, "%s: read error", path);
  futimens (fd, NULL);          /* only makes it the last one to be pruned */
  *data = buf;
  *len = (size_t) size;
  buf = NULL;
  return 0;
}

/* -- Pruning ---------------------------------------------------------------- */

struct folder_entry
{
  char name[64];                /* is_scan_name is true of it, so that it fits */
  uint64_t size;
  struct timespec mtime;
};

struct folder_list
{
  struct folder_entry *entries;
  size_t nr, room;
  uint64_t bytes;
};

/* Nothing else is ever deleted. */
static bool
is_scan_name (const char *name, bool *temporary)
{
  if (strncmp (name, PREFIX, strlen (PREFIX)) != 0)
    return false;
  name += strlen (PREFIX);
  size_t device = strspn (name, HEX_DIGITS);
  if (device == 0 || device > 16 || name[device] != '-')
    return false;
  name += device + 1;
  size_t inode = strspn (name, HEX_DIGITS);
  if (inode == 0 || inode > 16)
    return false;
  name += inode;
  *temporary = *name != '\0';
  return !*temporary
         || (*name == '.' && strlen (name) == strlen (TEMPORARY)
             && !strchr (name + 1, '.'));
}

static bool
add_entry (struct folder_list *list, const char *name, const struct stat *st)
{
  if (list->nr == list->room) {
    size_t room = list->room ? 2 * list->room : 64;
    struct folder_entry *p = realloc (list->entries, room * sizeof *p);

    if (!p)
      return false;
    list->entries = p;
    list->room = room;
  }
  struct folder_entry *e = &list->entries[list->nr++];
  memcpy (e->name, name, strlen (name) + 1);
  e->size = (uint64_t) st->st_size;
  e->mtime = st->st_mtim;
  list->bytes += e->size;
  return true;
}

static int
compare_age (const void *a, const void *b)
{
  const struct timespec *x = &((const struct folder_entry *) a)->mtime;
  const struct timespec *y = &((const struct folder_entry *) b)->mtime;

  if (x->tv_sec != y->tv_sec)
    return x->tv_sec < y->tv_sec ? -1 : 1;
  return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* List the scans in DIR, and delete what crashed writers left. */
static void
list_folder (DIR *dir, struct folder_list *list)
{
  const time_t now = time (NULL);
  struct dirent *d;

  while ((d = readdir (dir))) {
    bool temporary;
    struct stat st;

    if (!is_scan_name (d->d_name, &temporary)
        || fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1
        || !S_ISREG (st.st_mode))
      continue;
    if (!temporary) {
      if (!add_entry (list, d->d_name, &st))
        return;
    }
    else if (st.st_mtim.tv_sec + TEMPORARY_AGE < now)
      unlinkat (dirfd (dir), d->d_name, 0);
  }
}

/* Failures leave the folder larger than it should be, until the next time. */
static void
prune (const char *folder)
{
  struct folder_list list = { .nr = 0 };
  DIR *dir = opendir (folder);

  if (!dir)
    return;
  list_folder (dir, &list);
  if (list.nr > 0)
    qsort (list.entries, list.nr, sizeof *list.entries, compare_age);
  for (size_t i = 0; i + 1 < list.nr
                     && (list.nr - i > SCAN_FOLDER_FILES
                         || list.bytes > SCAN_FOLDER_BYTES); i++) {
    unlinkat (dirfd (dir), list.entries[i].name, 0);
    list.bytes -= list.entries[i].size;
  }
  free (list.entries);
  closedir (dir);
}

/* -- Writing ---------------------------------------------------------------- */

static int
make_folder (const char *folder, struct fault *fault)
{
  CLEANUP_FREE char *path = strdup (folder);

  if (!path)
    return fault_no_memory (fault, "the name of a directory");
  for (char *slash = strchr (path + 1, '/'); *path && slash;
       slash = strchr (slash + 1, '/')) {
    *slash = '\0';
    mkdir (path, 0700);         /* the last mkdir tells what is wrong */
    *slash = '/';
  }
  if (mkdir (path, 0700) == -1 && errno != EEXIST)
    return fault_set (fault, errno, "mkdir %s: %s", folder, strerror (errno));
  return 0;
}

/* There is no fsync: what a crash of the machine leaves of the file has a wrong
 * checksum, and then the image is scanned once more. */
static int
write_temporary (char *temporary, const void *data, size_t len,
                 struct fault *fault)
{
  int fd = mkostemp (temporary, O_CLOEXEC);     /* 0600 */
  int r = 0;

  if (fd == -1)
    return fault_set (fault, errno, "%s: %s", temporary, strerror (errno));
  if (full_write (fd, data, len) == -1)
    r = fault_set (fault, errno, "%s: %s", temporary, strerror (errno));
  if (close (fd) == -1 && r == 0)
    r = fault_set (fault, errno, "%s: %s", temporary, strerror (errno));
  if (r == -1)
    unlink (temporary);
  return r;
}

int
scan_folder_write (const char *folder, const char *path, const void *data,
                   size_t len, struct fault *fault)
{
  const size_t size = strlen (path) + sizeof TEMPORARY;
  CLEANUP_FREE char *temporary = malloc (size);

  if (!temporary)
    return fault_no_memory (fault, "a file name");
  snprintf (temporary, size, "%s" TEMPORARY, path);
  if (make_folder (folder, fault) == -1
      || write_temporary (temporary, data, len, fault) == -1)
    return -1;
  if (rename (temporary, path) == -1) {
    fault_set (fault, errno, "%s: %s", path, strerror (errno));
    unlink (temporary);
    return -1;
  }
  prune (folder);
  return 0;
}
