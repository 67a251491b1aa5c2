/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "deflate-image.h"
#include "hole-map.h"
#include "zip-directory.h"

/* Signatures and sizes: 4.3.7, 4.3.12, 4.3.16, 4.3.15, 4.3.14 */
#define LOCAL_HEADER 0x04034b50
#define LOCAL_SIZE 30
#define CENTRAL_HEADER 0x02014b50
#define CENTRAL_SIZE 46
#define END_RECORD 0x06054b50
#define END_SIZE 22
#define ZIP64_LOCATOR 0x07064b50
#define ZIP64_LOCATOR_SIZE 20
#define ZIP64_END_RECORD 0x06064b50
#define ZIP64_END_SIZE 56

#define COMMENT_MAX 65535
#define ZIP64_EXTRA 1           /* 4.5.3 */

/* 4.4.4 */
#define FLAG_ENCRYPTED 0x0001
#define FLAG_DESCRIPTOR 0x0008
#define FLAG_PATCH 0x0020
#define FLAG_STRONG 0x0040
#define FLAG_MASKED 0x2000

/* An archive that carries an image has a few entries; this is some 100,000. */
#define DIRECTORY_MAX (UINT64_C (16) << 20)
#define NAMES_LISTED 5

/* Where the directory lies. */
struct directory
{
  uint64_t offset, size, entries;
  unsigned char *data;          /* owned */
};

/* A header in the directory. */
struct header
{
  unsigned version_made, flags, method;
  uint32_t crc, attributes;
  uint64_t stored_size, size, local_offset;
  unsigned disk;
  const unsigned char *name;
  size_t name_len;
};

/* The regular files that were met, for the choice and for the message. */
struct choice
{
  struct header only, image;    /* the last one, the last with an image's name */
  unsigned files, images;
  char names[NAMES_LISTED * (ZIP_NAME_SHOWN + 2)];
};

static uint64_t
little_endian (const unsigned char *p, int size)
{
  uint64_t value = 0;

  while (size-- > 0)
    value = value << 8 | p[size];
  return value;
}

static uint16_t
get16 (const unsigned char *p)
{
  return (uint16_t) little_endian (p, 2);
}

static uint32_t
get32 (const unsigned char *p)
{
  return (uint32_t) little_endian (p, 4);
}

/* Make a name fit for a message: it may hold anything. */
static void
show_name (const struct header *h, char shown[ZIP_NAME_SHOWN])
{
  const size_t room = ZIP_NAME_SHOWN - 1;
  size_t n = h->name_len < room ? h->name_len : room;

  for (size_t i = 0; i < n; i++)
    shown[i] = h->name[i] >= ' ' && h->name[i] <= '~' ? (char) h->name[i] : '?';
  shown[n] = '\0';
  if (h->name_len > room)
    memcpy (shown + room - 3, "...", 3);
}

/* -- The end of central directory record ---------------------------------------- */

/* 4.3.16.  Its comment reaches to the end of the file, which tells it from a
 * comment that looks like one.  *OFFSET: where it is. */
static int
find_end_record (const struct image *im, unsigned char record[END_SIZE],
                 uint64_t *offset, struct fault *fault)
{
  const size_t most = END_SIZE + COMMENT_MAX;
  const size_t len = im->stored_size < most ? (size_t) im->stored_size : most;
  const uint64_t start = im->stored_size - len;
  CLEANUP_FREE unsigned char *tail = malloc (len);

  if (!tail)
    return fault_no_memory (fault, "the end of a zip archive");
  if (image_read_stored (im, tail, len, start, fault) == -1)
    return -1;
  for (size_t i = len < END_SIZE ? 0 : len - END_SIZE + 1; i-- > 0;)
    if (get32 (tail + i) == END_RECORD
        && i + END_SIZE + get16 (tail + i + 20) == len) {
      memcpy (record, tail + i, END_SIZE);
      *offset = start + i;
      return 0;
    }
  return fault_set (fault, EBADMSG, "the zip archive is truncated, or bytes were "
                    "appended to it: no end of central directory record ends at "
                    "byte %" PRIu64, im->stored_size);
}

static int
several_disks (struct fault *fault)
{
  return fault_set (fault, ENOTSUP, "a zip archive that is split over several "
                    "disks cannot be read");
}

/* 4.3.14, 4.3.15.  Replaces DIR's fields if the locator is there. */
static int
read_zip64_end (const struct image *im, uint64_t end_offset,
                struct directory *dir, struct fault *fault)
{
  unsigned char p[ZIP64_END_SIZE];

  if (end_offset < ZIP64_LOCATOR_SIZE)
    return 0;
  if (image_read_stored (im, p, ZIP64_LOCATOR_SIZE,
                         end_offset - ZIP64_LOCATOR_SIZE, fault) == -1)
    return -1;
  if (get32 (p) != ZIP64_LOCATOR)
    return 0;
  const uint64_t offset = little_endian (p + 8, 8);
  if (get32 (p + 4) != 0 || get32 (p + 16) > 1)
    return several_disks (fault);
  if (offset > end_offset || end_offset - offset
                             < ZIP64_END_SIZE + ZIP64_LOCATOR_SIZE)
    return fault_set (fault, EBADMSG, "the zip64 end of central directory record "
                      "cannot be at byte %" PRIu64, offset);
  if (image_read_stored (im, p, ZIP64_END_SIZE, offset, fault) == -1)
    return -1;
  if (get32 (p) != ZIP64_END_RECORD)
    return fault_set (fault, EBADMSG, "no zip64 end of central directory record "
                      "is at byte %" PRIu64, offset);
  if (get32 (p + 16) != 0 || get32 (p + 20) != 0
      || little_endian (p + 24, 8) != little_endian (p + 32, 8))
    return several_disks (fault);
  dir->entries = little_endian (p + 32, 8);
  dir->size = little_endian (p + 40, 8);
  dir->offset = little_endian (p + 48, 8);
  return 0;
}

/* Locate the directory and read it. */
static int
read_directory (const struct image *im, struct directory *dir,
                struct fault *fault)
{
  unsigned char p[END_SIZE];
  uint64_t end_offset = 0;

  if (find_end_record (im, p, &end_offset, fault) == -1)
    return -1;
  if ((get16 (p + 4) != 0 && get16 (p + 4) != 0xffff)
      || (get16 (p + 6) != 0 && get16 (p + 6) != 0xffff)
      || get16 (p + 8) != get16 (p + 10))
    return several_disks (fault);
  dir->entries = get16 (p + 10);
  dir->size = get32 (p + 12);
  dir->offset = get32 (p + 16);
  if (read_zip64_end (im, end_offset, dir, fault) == -1)
    return -1;
  if (dir->offset > end_offset || dir->size > end_offset - dir->offset)
    return fault_set (fault, EBADMSG, "the central directory, %" PRIu64 " bytes at "
                      "byte %" PRIu64 ", lies beyond its end record at byte %"
                      PRIu64, dir->size, dir->offset, end_offset);
  if (dir->size > DIRECTORY_MAX)
    return fault_set (fault, ENOTSUP, "a zip archive with a directory of %" PRIu64
                      " bytes is not one disk image", dir->size);
  dir->data = malloc ((size_t) dir->size + 1);
  if (!dir->data)
    return fault_no_memory (fault, "the directory of a zip archive");
  return image_read_stored (im, dir->data, (size_t) dir->size, dir->offset,
                            fault);
}

/* -- The headers in it ------------------------------------------------------------ */

/* Find the zip64 extra field among LEN bytes of extra fields (4.5.1): its data, with
 * its length in *FOUND_LEN, or NULL. */
static const unsigned char *
find_zip64_extra (const unsigned char *extra, size_t len, size_t *found_len)
{
  while (len >= 4) {
    const size_t n = get16 (extra + 2);

    if (n > len - 4)
      return NULL;
    if (get16 (extra) == ZIP64_EXTRA) {
      *found_len = n;
      return extra + 4;
    }
    extra += 4 + n;
    len -= 4 + n;
  }
  return NULL;
}

/* If VALUE says so, replace it by the next 8 bytes of a zip64 extra field. */
static bool
widen (uint64_t *value, const unsigned char **p, size_t *left)
{
  if (*value != UINT32_MAX)
    return true;
  if (!*p || *left < 8)
    return false;
  *value = little_endian (*p, 8);
  *p += 8;
  *left -= 8;
  return true;
}

/* Parse the header at P of LEN bytes (4.3.12): its length, 0 if it is none. */
static size_t
parse_header (const unsigned char *p, size_t len, struct header *h)
{
  const unsigned char *wide;
  size_t wide_len = 0;

  if (len < CENTRAL_SIZE || get32 (p) != CENTRAL_HEADER)
    return 0;
  const size_t extra_len = get16 (p + 30);
  h->version_made = get16 (p + 4);
  h->flags = get16 (p + 8);
  h->method = get16 (p + 10);
  h->crc = get32 (p + 16);
  h->stored_size = get32 (p + 20);
  h->size = get32 (p + 24);
  h->name_len = get16 (p + 28);
  h->disk = get16 (p + 34);
  h->attributes = get32 (p + 38);
  h->local_offset = get32 (p + 42);
  h->name = p + CENTRAL_SIZE;
  const size_t total = CENTRAL_SIZE + h->name_len + extra_len + get16 (p + 32);
  if (total > len)
    return 0;
  wide = find_zip64_extra (h->name + h->name_len, extra_len, &wide_len);
  if (!widen (&h->size, &wide, &wide_len)
      || !widen (&h->stored_size, &wide, &wide_len)
      || !widen (&h->local_offset, &wide, &wide_len))
    return 0;
  if (h->disk == 0xffff && wide_len >= 4)
    h->disk = get32 (wide);
  return total;
}

/* No folder, no symbolic link (4.4.2, 4.4.15: made on Unix, the mode is there), and
 * not what macOS adds to files.  What was packed from a pipe is called a pipe. */
static bool
is_regular (const struct header *h)
{
  static const char apple[] = "__MACOSX/";
  const unsigned type = h->version_made >> 8 == 3 ? h->attributes >> 28 : 0;

  return h->name_len > 0 && h->name[h->name_len - 1] != '/'
         && type != S_IFDIR >> 12 && type != S_IFLNK >> 12
         && !(h->name_len >= sizeof apple - 1
              && memcmp (h->name, apple, sizeof apple - 1) == 0);
}

static bool
is_named_image (const struct header *h)
{
  static const char *const suffixes[] = { ".img", ".raw", ".iso", ".wic", ".bin" };

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    if (h->name_len > 4
        && strncasecmp ((const char *) h->name + h->name_len - 4, suffixes[i],
                        4) == 0)
      return true;
  return false;
}

static void
add_name (struct choice *choice, const struct header *h)
{
  const size_t used = strlen (choice->names);
  char shown[ZIP_NAME_SHOWN];

  if (choice->files > NAMES_LISTED)
    return;
  show_name (h, shown);
  snprintf (choice->names + used, sizeof choice->names - used, "%s%s",
            used ? ", " : "", shown);
}

/* Go over all entries. */
static int
collect (const struct directory *dir, struct choice *choice,
         struct fault *fault)
{
  size_t at = 0;

  for (uint64_t i = 0; i < dir->entries; i++) {
    struct header h;
    size_t len = parse_header (dir->data + at, (size_t) dir->size - at, &h);

    if (len == 0)
      return fault_set (fault, EBADMSG, "the central directory is damaged at byte %"
                        PRIu64, dir->offset + at);
    at += len;
    if (!is_regular (&h))
      continue;
    choice->files++;
    choice->only = h;
    add_name (choice, &h);
    if (is_named_image (&h)) {
      choice->images++;
      choice->image = h;
    }
  }
  return 0;
}

static const struct header *
choose (const struct choice *choice, struct fault *fault)
{
  if (choice->files == 1)
    return &choice->only;
  if (choice->images == 1)
    return &choice->image;
  if (choice->files == 0)
    fault_set (fault, ENOTSUP, "the zip archive holds no file");
  else
    fault_set (fault, ENOTSUP, "the zip archive holds %u files, not one disk "
               "image: %.300s%s", choice->files, choice->names,
               choice->files > NAMES_LISTED ? ", ..." : "");
  return NULL;
}

/* -- The entry -------------------------------------------------------------------- */

/* What this program does not read. */
static int
check_supported (const struct header *h, const char *name, struct fault *fault)
{
  if (h->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED))
    return fault_set (fault, ENOTSUP, "%s is encrypted in the zip archive", name);
  if (h->flags & FLAG_PATCH)
    return fault_set (fault, ENOTSUP, "%s is patch data in the zip archive", name);
  if (h->disk != 0)
    return several_disks (fault);
  if (h->method != ZIP_STORED && h->method != ZIP_DEFLATED)
    return fault_set (fault, ENOTSUP, "%s is compressed in the zip archive with "
                      "method %u; only 0 (stored) and 8 (deflate) can be read",
                      name, h->method);
  return 0;
}

static int
check_sizes (const struct header *h, const char *name, struct fault *fault)
{
  if (h->size > DISK_SIZE_MAX)
    return fault_set (fault, EFBIG, "%s has %" PRIu64 " bytes, more than %" PRIu64,
                      name, h->size, DISK_SIZE_MAX);
  if (h->method == ZIP_STORED ? h->size != h->stored_size
                              : h->size / DEFLATE_RATIO_MAX > h->stored_size)
    return fault_set (fault, EBADMSG, "the directory states that %s has %" PRIu64
                      " bytes, which its %" PRIu64 " stored bytes cannot hold",
                      name, h->size, h->stored_size);
  return 0;
}

/* Hold the sizes and the CRC of the local header P (4.3.7, with LEN bytes of extra
 * fields at EXTRA) against the directory.  With a data descriptor (4.3.9) they
 * follow the data, and zeroes may be here. */
static bool
local_agrees (const unsigned char *p, const unsigned char *extra, size_t len,
              const struct header *h)
{
  size_t wide_len = 0;
  const unsigned char *wide = find_zip64_extra (extra, len, &wide_len);
  uint64_t stored_size = get32 (p + 18), size = get32 (p + 22);

  if (get16 (p + 6) & FLAG_DESCRIPTOR)
    return true;
  return widen (&size, &wide, &wide_len)
         && widen (&stored_size, &wide, &wide_len)
         && get32 (p + 14) == h->crc && size == h->size
         && stored_size == h->stored_size;
}

static int
check_local (const struct image *im, const struct header *h,
             const struct directory *dir, struct zip_entry *entry,
             struct fault *fault)
{
  const uint64_t offset = h->local_offset;
  unsigned char p[LOCAL_SIZE];

  if (offset > dir->offset || dir->offset - offset < LOCAL_SIZE)
    return fault_set (fault, EBADMSG, "the local header of %s cannot be at byte %"
                      PRIu64, entry->name, offset);
  if (image_read_stored (im, p, LOCAL_SIZE, offset, fault) == -1)
    return -1;
  const size_t name_len = get16 (p + 26), extra_len = get16 (p + 28);
  CLEANUP_FREE unsigned char *variable = malloc (name_len + extra_len + 1);
  if (!variable)
    return fault_no_memory (fault, "a header of a zip archive");
  entry->stored_offset = offset + LOCAL_SIZE + name_len + extra_len;
  if (get32 (p) != LOCAL_HEADER || entry->stored_offset > dir->offset)
    return fault_set (fault, EBADMSG, "no local header of %s is at byte %" PRIu64,
                      entry->name, offset);
  if (image_read_stored (im, variable, name_len + extra_len, offset + LOCAL_SIZE,
                         fault) == -1)
    return -1;
  if (h->stored_size > dir->offset - entry->stored_offset)
    return fault_set (fault, EBADMSG, "the data of %s, %" PRIu64 " bytes at byte %"
                      PRIu64 ", run into the directory at byte %" PRIu64,
                      entry->name, h->stored_size, entry->stored_offset,
                      dir->offset);
  if (get16 (p + 6) & FLAG_ENCRYPTED || get16 (p + 8) != h->method
      || name_len != h->name_len || memcmp (variable, h->name, name_len) != 0
      || !local_agrees (p, variable + name_len, extra_len, h))
    return fault_set (fault, EBADMSG, "the local header of %s at byte %" PRIu64
                      " contradicts the central directory", entry->name, offset);
  return 0;
}

static int
find_entry (const struct image *im, const struct directory *dir,
            struct choice *choice, struct zip_entry *entry, struct fault *fault)
{
  if (collect (dir, choice, fault) == -1)
    return -1;
  const struct header *h = choose (choice, fault);
  if (!h)
    return -1;
  show_name (h, entry->name);
  if (check_supported (h, entry->name, fault) == -1
      || check_sizes (h, entry->name, fault) == -1)
    return -1;
  entry->method = (enum zip_method) h->method;
  entry->crc = h->crc;
  entry->stored_size = h->stored_size;
  entry->size = h->size;
  return check_local (im, h, dir, entry, fault);
}

int
zip_directory_find (const struct image *im, struct zip_entry *entry,
                    struct fault *fault)
{
  struct directory dir = { .data = NULL };
  struct choice choice = { .files = 0 };
  int r = read_directory (im, &dir, fault);

  if (r == 0)
    r = find_entry (im, &dir, &choice, entry, fault);
  free (dir.data);
  return r;
}
