/* SPDX-License-Identifier: MIT */
/* Boot sector: Microsoft's FAT specification 1.03, "Boot Sector and BPB". */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cleanup.h"
#include "fat-partition.h"
#include "file-io.h"
#include "mtools.h"
#include "report.h"

#define PIECE (1u << 20)
#define BLOCK 4096
#define DATA_MAX (2ull << 30)   /* bytes that are copied */
#define LISTING_MAX (4u << 20)  /* of what mdir may say */

bool
fat_partition_is_fat (const unsigned char sector[512])
{
  return (sector[0] == 0xeb || sector[0] == 0xe9) && sector[510] == 0x55
         && sector[511] == 0xaa
         && (memcmp (sector + 54, "FAT", 3) == 0 || memcmp (sector + 82, "FAT", 3) == 0);
}

/* -- The copy ------------------------------------------------------------- */

static const char *
temporary_folder (void)
{
  const char *folder = getenv ("TMPDIR");

  return folder && *folder ? folder : "/tmp";
}

/* A file of mode 0600 that has no name any more; -1 after a report. */
static int
open_nameless (void)
{
  const char *folder = temporary_folder ();
  CLEANUP_FREE char *path = NULL;
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0)
    return fd;
  /* Not every file system knows such files. */
  if (asprintf (&path, "%s/flash-live-remote.XXXXXX", folder) == -1) {
    path = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  fd = mkostemp (path, O_CLOEXEC);
  if (fd == -1)
    report_error (ERROR_TEMPORARY_FILE,
                  "%s: no temporary file can be made: %s", folder, strerror (errno));
  else if (unlink (path) == -1)
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", path, strerror (errno));
  return fd;
}

static void
report_copy (void)
{
  report_error (ERROR_TEMPORARY_FILE,
                "%s: the image's boot partition cannot be copied there: %s",
                temporary_folder (), strerror (errno));
}

/* LEN bytes at OFFSET of the partition: zeroes stay holes. */
static int
copy_piece (struct fat_partition *fat, unsigned char *piece, size_t len,
            uint64_t offset, uint64_t *copied)
{
  if (image_overlay_read (fat->overlay, piece, len, fat->start + offset) == -1)
    return -1;
  for (size_t at = 0; at < len; at += BLOCK) {
    const size_t n = len - at < BLOCK ? len - at : BLOCK;

    if (is_zero (piece + at, n))
      continue;
    if ((*copied += n) > DATA_MAX) {
      report_error (ERROR_BOOT_PARTITION,
                    "the image's boot partition has more than %llu MiB of data; "
                    "--config does not change one that large", DATA_MAX >> 20);
      return -1;
    }
    if (lseek (fat->fd, (off_t) (offset + at), SEEK_SET) == -1
        || full_write (fat->fd, piece + at, n) == -1) {
      report_copy ();
      return -1;
    }
  }
  return 0;
}

static int
copy_partition (struct fat_partition *fat)
{
  CLEANUP_FREE unsigned char *piece = malloc (PIECE);
  uint64_t copied = 0;

  if (!piece) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (ftruncate (fat->fd, (off_t) fat->size) == -1) {
    report_copy ();
    return -1;
  }
  for (uint64_t offset = 0; offset < fat->size; offset += PIECE) {
    const uint64_t left = fat->size - offset;

    if (copy_piece (fat, piece, left < PIECE ? (size_t) left : PIECE, offset,
                    &copied) == -1)
      return -1;
  }
  return 0;
}

/* -- mtools --------------------------------------------------------------- */

static int
list_root (struct fat_partition *fat)
{
  static const char *const list[] = { "mdir", "-b", "-a", "-i", MTOOLS_IMAGE, "::/",
                                      NULL };
  const struct mtools_job job = { .arguments = list, .image = fat->fd,
                                  .file_max = LISTING_MAX };

  return mtools_run (&job, "the image's boot partition cannot be read", &fat->names,
                     NULL);
}

/* What mlabel says: "Volume label is NAME", blanks, perhaps "(abbr=...)". */
static char *
find_label (const char *said)
{
  static const char mark[] = "label is ", short_name[] = " (abbr=";
  const char *found = strstr (said, mark), *abbreviated;
  size_t len;

  if (!found)
    return strdup ("");
  found += sizeof mark - 1;
  len = strcspn (found, "\r\n");
  abbreviated = strstr (found, short_name);
  if (abbreviated && (size_t) (abbreviated - found) < len)
    len = (size_t) (abbreviated - found);
  while (len > 0 && found[len - 1] == ' ')
    len--;
  return strndup (found, len);
}

static int
read_label (struct fat_partition *fat)
{
  static const char *const show[] = { "mlabel", "-s", "-i", MTOOLS_IMAGE, "::", NULL };
  const struct mtools_job job = { .arguments = show, .image = fat->fd,
                                  .file_max = LISTING_MAX };
  CLEANUP_FREE char *said = NULL;

  if (mtools_run (&job, "the name of the image's boot partition cannot be read", &said,
                  NULL) == -1)
    return -1;
  fat->label = find_label (said);
  if (!fat->label)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return fat->label ? 0 : -1;
}

int
fat_partition_open (struct fat_partition *fat, struct image_overlay *overlay,
                    uint64_t start, uint64_t size)
{
  *fat = (struct fat_partition) { .overlay = overlay, .start = start, .size = size };
  fat->fd = open_nameless ();
  return fat->fd == -1 || copy_partition (fat) == -1 || list_root (fat) == -1
         || read_label (fat) == -1 ? -1 : 0;
}

void
fat_partition_close (struct fat_partition *fat)
{
  if (fat->fd >= 0)
    close (fat->fd);
  fat->fd = -1;
  free (fat->names);
  free (fat->label);
  fat->names = fat->label = NULL;
}

bool
fat_partition_has_like (const struct fat_partition *fat, const char *first,
                        const char *last)
{
  static const char root[] = "::/";
  const size_t first_len = strlen (first), last_len = strlen (last);
  size_t len;

  for (const char *line = fat->names; line && *line; line += len + (line[len] != '\0')) {
    len = strcspn (line, "\r\n");
    const char *name = line;
    size_t n = len;

    if (strncmp (name, root, sizeof root - 1) == 0) {
      name += sizeof root - 1;
      n -= sizeof root - 1;
    }
    if (n >= first_len + last_len && strncasecmp (name, first, first_len) == 0
        && strncasecmp (name + n - last_len, last, last_len) == 0
        && (*last || n == first_len))
      return true;
  }
  return false;
}

bool
fat_partition_has (const struct fat_partition *fat, const char *name)
{
  return fat_partition_has_like (fat, name, "");
}

/* "::/NAME", with what is said when it fails; false after a report. */
static bool
name_file (const char *name, const char *trouble, char **path, char **what)
{
  if (asprintf (path, "::/%s", name) == -1)
    *path = NULL;
  if (asprintf (what, "%s on the image's boot partition cannot be %s", name,
                trouble) == -1)
    *what = NULL;
  if (!*path || !*what)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return *path && *what;
}

char *
fat_partition_read_file (const struct fat_partition *fat, const char *name,
                         size_t *size)
{
  CLEANUP_FREE char *path = NULL, *what = NULL;
  char *content = NULL;

  if (!name_file (name, "read", &path, &what))
    return NULL;
  const char *const copy[] = { "mcopy", "-i", MTOOLS_IMAGE, path, "-", NULL };
  const struct mtools_job job = { .arguments = copy, .image = fat->fd,
                                  .file_max = FAT_FILE_MAX };
  return mtools_run (&job, what, &content, size) == -1 ? NULL : content;
}

int
fat_partition_write_file (const struct fat_partition *fat, const char *name,
                          const void *content, size_t size)
{
  CLEANUP_FREE char *path = NULL, *what = NULL;

  if (!name_file (name, "written", &path, &what))
    return -1;
  const char *const copy[] = { "mcopy", "-o", "-i", MTOOLS_IMAGE, "-", path, NULL };
  const struct mtools_job job = { .arguments = copy, .image = fat->fd,
                                  .input = content, .input_size = size,
                                  .file_max = fat->size };
  return mtools_run (&job, what, NULL, NULL);
}

/* -- The way back --------------------------------------------------------- */

static int
store_piece (const struct fat_partition *fat, unsigned char *now,
             unsigned char *before, size_t len, uint64_t offset)
{
  if (full_pread (fat->fd, now, len, offset) != (ssize_t) len) {
    report_error (ERROR_BOOT_PARTITION,
                  "the changed boot partition cannot be read: %s", strerror (errno));
    return -1;
  }
  if (image_overlay_read (fat->overlay, before, len, fat->start + offset) == -1)
    return -1;
  for (size_t at = 0; at < len; at += BLOCK) {
    const size_t n = len - at < BLOCK ? len - at : BLOCK;

    if (memcmp (now + at, before + at, n) != 0
        && image_overlay_write (fat->overlay, now + at, n,
                                fat->start + offset + at) == -1)
      return -1;
  }
  return 0;
}

/* Where the next data of the copy are, from OFFSET on; its end if there are none, or -1
 * after a report. */
static int64_t
next_data (const struct fat_partition *fat, uint64_t offset)
{
  const off_t data = lseek (fat->fd, (off_t) offset, SEEK_DATA);

  if (data >= 0)
    return data;
  if (errno == ENXIO)
    return (int64_t) fat->size;
  if (errno == EINVAL)          /* a file system that does not know its holes */
    return (int64_t) offset;
  report_copy ();
  return -1;
}

/* A hole of the copy was one from the start: mtools makes none. */
int
fat_partition_store (const struct fat_partition *fat)
{
  CLEANUP_FREE unsigned char *now = malloc (PIECE), *before = malloc (PIECE);

  if (!now || !before) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  for (uint64_t offset = 0; offset < fat->size;) {
    const int64_t data = next_data (fat, offset);

    if (data == -1)
      return -1;
    offset = (uint64_t) data - (uint64_t) data % BLOCK;
    const uint64_t left = fat->size - offset;
    const size_t n = left < PIECE ? (size_t) left : PIECE;

    if (n > 0 && store_piece (fat, now, before, n, offset) == -1)
      return -1;
    offset += n;
  }
  return 0;
}
