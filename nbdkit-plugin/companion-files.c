/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "bmap-file.h"
#include "cleanup.h"
#include "companion-files.h"
#include "export-name.h"
#include "file-io.h"
#include "image-directory.h"
#include "report.h"

#define OWN_CHECKSUM_SIZE_MAX (64 * 1024)
#define CHECKSUMS_SIZE_MAX (1024 * 1024)

static const struct
{
  const char *name;     /* with OWN: what follows the image's name */
  bool own;
} checksum_files[] = {
  { ".sha256", true }, { ".sha256sum", true },
  { "SHA256SUMS", false }, { "sha256sums.txt", false },
  { "SHA256SUMS.txt", false }
};
#define NR_CHECKSUM_FILES (sizeof checksum_files / sizeof checksum_files[0])

static const char *const compressions[] = {
  ".xz", ".gz", ".zst", ".bz2", ".zip"
};

struct checksum
{
  char *file;
  unsigned char hash[CHECKSUM_SIZE];
};

struct companion_files
{
  const struct image_directory *dir;
  const char *path;             /* of the image; NULL when all is read */
  size_t folder_len;            /* of PATH's folders, with the last "/" */
  struct checksum checksums[NR_CHECKSUM_FILES];
  size_t nr_checksums;
  char *bmap_file;
  struct bmap *bmap;
  char notes[512];
  char fault[COMPANION_FAULT_SIZE];     /* "": none */
};

static int set_fault (char fault[COMPANION_FAULT_SIZE], const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

static int
set_fault (char fault[COMPANION_FAULT_SIZE], const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  if (vsnprintf (fault, COMPANION_FAULT_SIZE, fmt, args) < 0)
    fault[0] = '\0';
  va_end (args);
  return -1;
}

static void
add_note (struct companion_files *files, const char *fmt, const char *name)
{
  char escaped[EXPORT_NAME_ESCAPED_SIZE];
  const size_t used = strlen (files->notes);
  const size_t room = sizeof files->notes - used;

  export_name_escape (name, escaped);
  int n = snprintf (files->notes + used, room, fmt, escaped);
  if (n < 0 || (size_t) n >= room)
    files->notes[used] = '\0';
}

/* FAULT about the companion file NAME. */
static int
file_fault (struct companion_files *files, const char *name, const char *text)
{
  char escaped[EXPORT_NAME_ESCAPED_SIZE];

  return set_fault (files->fault, "%.200s: %s",
                    export_name_escape (name, escaped), text);
}

/* The whole file FD of at most MAX bytes into *TEXT: its length, or -1. */
static ssize_t
read_text (struct companion_files *files, int fd, const char *name, size_t max,
           char **text)
{
  struct stat st;
  ssize_t len;

  if (fstat (fd, &st) == -1)
    return file_fault (files, name, strerror (errno));
  if (!S_ISREG (st.st_mode))
    return file_fault (files, name, "not a regular file");
  if (st.st_size > (off_t) max)
    return file_fault (files, name, "too large for what its name says");
  *text = malloc ((size_t) st.st_size + 1);
  if (!*text)
    return file_fault (files, name, "out of memory");
  len = full_pread (fd, *text, (size_t) st.st_size, 0);
  if (len == -1)
    return file_fault (files, name, strerror (errno));
  return len;
}

/* The file NAME beside the image: the length of *TEXT; -1 with a fault; or, with
 * *TEXT NULL, 0: it is not there. */
static ssize_t
read_beside (struct companion_files *files, const char *name, size_t max,
             char **text)
{
  CLEANUP_FREE char *path = NULL;
  CLEANUP_CLOSE int fd = -1;

  *text = NULL;
  if (asprintf (&path, "%.*s%s", (int) files->folder_len, files->path,
                name) == -1) {
    path = NULL;
    return file_fault (files, name, "out of memory");
  }
  fd = image_directory_open_file (files->dir, path);
  if (fd == -1 && (errno == ENOENT || errno == ENAMETOOLONG))
    return 0;
  if (fd == -1)
    return file_fault (files, name, strerror (errno));
  return read_text (files, fd, name, max, text);
}

static int
take_checksum (struct companion_files *files, char **name, bool own,
               const char *text, size_t len)
{
  struct checksum *sum = &files->checksums[files->nr_checksums];

  switch (checksum_file_find (text, len, files->path + files->folder_len, own,
                              sum->hash)) {
  case CHECKSUM_FOUND:
    sum->file = *name;
    *name = NULL;
    files->nr_checksums++;
    add_note (files, "sha256 verified: %s\n", sum->file);
    return 0;
  case CHECKSUM_CONTRADICTORY:
    return file_fault (files, *name, "it has two different checksums for the "
                       "image");
  case CHECKSUM_ABSENT:
    break;
  }
  if (own)
    add_note (files, "%s has no SHA-256 for this file: not used\n", *name);
  return 0;
}

static int
read_checksum (struct companion_files *files, const char *kind, bool own)
{
  CLEANUP_FREE char *name = NULL, *text = NULL;
  ssize_t len;

  if (asprintf (&name, "%s%s", own ? files->path + files->folder_len : "",
                kind) == -1) {
    name = NULL;
    return file_fault (files, kind, "out of memory");
  }
  len = read_beside (files, name,
                     own ? OWN_CHECKSUM_SIZE_MAX : CHECKSUMS_SIZE_MAX, &text);
  if (len == -1)
    return -1;
  return text ? take_checksum (files, &name, own, text, (size_t) len) : 0;
}

/* 1: there is one of that name; 0: there is none. */
static int
read_bmap (struct companion_files *files, const char *image_name, size_t len)
{
  CLEANUP_FREE char *name = NULL, *text = NULL;
  char error[200];
  ssize_t size;

  if (asprintf (&name, "%.*s.bmap", (int) len, image_name) == -1) {
    name = NULL;
    return file_fault (files, image_name, "out of memory");
  }
  size = read_beside (files, name, BMAP_FILE_SIZE_MAX, &text);
  if (size == -1)
    return -1;
  if (!text)
    return 0;
  files->bmap = bmap_file_parse (text, (size_t) size, error, sizeof error);
  if (!files->bmap)
    return file_fault (files, name, error);
  files->bmap_file = name;
  name = NULL;
  return 1;
}

/* The length of NAME without the suffix of a compression. */
static size_t
without_compression (const char *name)
{
  const size_t len = strlen (name);

  for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++) {
    size_t n = strlen (compressions[i]);

    if (len > n && strcasecmp (name + len - n, compressions[i]) == 0)
      return len - n;
  }
  return len;
}

/* a.img.xz: a.img.xz.bmap, a.img.bmap, a.bmap; the first that is there. */
static int
read_bmaps (struct companion_files *files)
{
  const char *name = files->path + files->folder_len;
  const size_t whole = strlen (name), bare = without_compression (name);
  const char *dot = memrchr (name, '.', bare);
  int r = read_bmap (files, name, whole);

  if (r == 0 && bare < whole)
    r = read_bmap (files, name, bare);
  if (r == 0 && dot && dot > name)
    r = read_bmap (files, name, (size_t) (dot - name));
  return r == -1 ? -1 : 0;
}

struct companion_files *
companion_files_none (void)
{
  struct companion_files *files = calloc (1, sizeof *files);

  if (files)
    return files;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  errno = ENOMEM;
  return NULL;
}

struct companion_files *
companion_files_read (const struct image_directory *dir, const char *path)
{
  struct companion_files *files = companion_files_none ();
  const char *slash = strrchr (path, '/');
  int r = 0;

  if (!files)
    return NULL;
  files->dir = dir;
  files->path = path;
  files->folder_len = slash ? (size_t) (slash + 1 - path) : 0;
  for (size_t i = 0; i < NR_CHECKSUM_FILES && r == 0; i++)
    r = read_checksum (files, checksum_files[i].name, checksum_files[i].own);
  if (r == 0)
    read_bmaps (files);
  files->path = NULL;
  return files;
}

void
companion_files_free (struct companion_files *files)
{
  if (!files)
    return;
  for (size_t i = 0; i < files->nr_checksums; i++)
    free (files->checksums[i].file);
  free (files->bmap_file);
  bmap_free (files->bmap);
  free (files);
}

const char *
companion_files_fault (const struct companion_files *files)
{
  return *files->fault ? files->fault : NULL;
}

bool
companion_files_have_checksum (const struct companion_files *files)
{
  return files->nr_checksums > 0;
}

int
companion_files_check_stored (const struct companion_files *files,
                              const unsigned char hash[CHECKSUM_SIZE],
                              char fault[COMPANION_FAULT_SIZE])
{
  for (size_t i = 0; i < files->nr_checksums; i++) {
    const struct checksum *sum = &files->checksums[i];
    char want[CHECKSUM_HEX_SIZE], is[CHECKSUM_HEX_SIZE];
    char name[EXPORT_NAME_ESCAPED_SIZE];

    if (memcmp (sum->hash, hash, CHECKSUM_SIZE) == 0)
      continue;
    checksum_to_hex (sum->hash, want);
    checksum_to_hex (hash, is);
    return set_fault (fault, "the SHA-256 in %.200s is another one: expected "
                      "%s, actual %s", export_name_escape (sum->file, name),
                      want, is);
  }
  return 0;
}

uint64_t
companion_files_disk_size (const struct companion_files *files)
{
  return files->bmap ? files->bmap->image_size : 0;
}

int
companion_files_check_disk_size (const struct companion_files *files,
                                 uint64_t disk_size,
                                 char fault[COMPANION_FAULT_SIZE])
{
  char name[EXPORT_NAME_ESCAPED_SIZE];

  if (!files->bmap || files->bmap->image_size == disk_size)
    return 0;
  return set_fault (fault, "%.200s is of another image: it says that the disk "
                    "has %" PRIu64 " bytes, and it has %" PRIu64,
                    export_name_escape (files->bmap_file, name),
                    files->bmap->image_size, disk_size);
}

void
companion_files_promise_holes (const struct companion_files *files,
                               struct image *im)
{
  for (size_t i = 0; files->bmap && i < files->bmap->nr_holes; i++)
    image_promise_hole (im, files->bmap->holes[i].offset,
                        files->bmap->holes[i].length);
}

const char *
companion_files_notes (const struct companion_files *files)
{
  return files->notes;
}
