/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cleanup.h"
#include "hole-map.h"
#include "image-ops.h"
#include "remembered-scan.h"
#include "scan-folder.h"

#define MAGIC "flrscan\n"
#define MAGIC_SIZE 8
/* Raise it whenever anything that is stored changes, a format's part included. */
#define CONTENT_VERSION 2

bool
remembered_scan_wanted (const struct image *im)
{
  return im->options.index_dir && im->source->identity;
}

static char *
scan_path (const struct image *im)
{
  return scan_folder_path (im->options.index_dir,
                           (dev_t) im->source->identity->device,
                           (ino_t) im->source->identity->inode);
}

/* -- The head: what file this is about ------------------------------------- */

static void
write_head (const struct image *im, struct scan_writer *w)
{
  const struct file_identity *file = im->source->identity;
  const uint64_t key[] = {
    CONTENT_VERSION, file->device, file->inode, im->stored_size,
    (uint64_t) file->mtime.tv_sec, (uint64_t) file->mtime.tv_nsec,
    (uint64_t) file->ctime.tv_sec, (uint64_t) file->ctime.tv_nsec,
    (uint64_t) im->format
  };

  scan_writer_bytes (w, MAGIC, MAGIC_SIZE);
  for (size_t i = 0; i < sizeof key / sizeof key[0]; i++)
    scan_writer_u64 (w, key[i]);
}

/* Whether R begins with the very head that IM would be given now. */
static int
check_head (const struct image *im, struct scan_reader *r, struct fault *fault)
{
  struct scan_writer head = { .len = 0 };
  const void *found = NULL;
  int result = 0;

  write_head (im, &head);
  if (head.failed)
    result = fault_no_memory (fault, "a remembered scan");
  else {
    found = scan_reader_bytes (r, head.len);
    if (!found || memcmp (found, head.data, head.len) != 0)
      result = fault_set (fault, ESTALE, "the remembered scan is about another "
                          "state of the file, or by another version");
  }
  free (head.data);
  return result;
}

/* -- The result ------------------------------------------------------------- */

static void
write_result (const struct image_scan_result *result, struct scan_writer *w)
{
  const size_t notes = strlen (result->notes);

  scan_writer_u64 (w, result->disk_size);
  scan_writer_bytes (w, result->stored_digest, DIGEST_SIZE);
  scan_writer_bytes (w, result->check, sizeof result->check);
  scan_writer_u64 (w, notes);
  scan_writer_bytes (w, result->notes, notes);
}

static bool
read_result (struct scan_reader *r, struct image_scan_result *result)
{
  memset (result, 0, sizeof *result);
  result->disk_size = scan_reader_u64 (r);
  const void *digest = scan_reader_bytes (r, DIGEST_SIZE);
  const char *check = scan_reader_bytes (r, sizeof result->check);
  const uint64_t len = scan_reader_u64 (r);
  const char *notes =
    len < sizeof result->notes ? scan_reader_bytes (r, (size_t) len) : NULL;

  if (r->failed || !digest || !check || !notes
      || result->disk_size > DISK_SIZE_MAX
      || !memchr (check, '\0', sizeof result->check)
      || memchr (notes, '\0', (size_t) len))
    return false;
  memcpy (result->stored_digest, digest, DIGEST_SIZE);
  memcpy (result->check, check, sizeof result->check);
  memcpy (result->notes, notes, (size_t) len);
  return true;
}

/* The SHA-256 of the stored view, if it is known. */
static void
write_sha256 (const struct image *im, struct scan_writer *w)
{
  scan_writer_u64 (w, im->has_sha256);
  scan_writer_bytes (w, im->sha256, sizeof im->sha256);
}

static bool
read_sha256 (struct scan_reader *r, struct image *im)
{
  const uint64_t known = scan_reader_u64 (r);
  const void *hash = scan_reader_bytes (r, sizeof im->sha256);

  if (!hash || known > 1)
    return false;
  im->has_sha256 = known;
  memcpy (im->sha256, hash, sizeof im->sha256);
  return true;
}

/* -- Loading ---------------------------------------------------------------- */

/* The checksum at the end must be that of everything before it.  Takes it off. */
static bool
check_sum (struct scan_reader *r)
{
  unsigned char digest[DIGEST_SIZE];

  if (r->len < DIGEST_SIZE)
    return false;
  r->len -= DIGEST_SIZE;
  digest_of (r->data, r->len, digest);
  return memcmp (digest, r->data + r->len, DIGEST_SIZE) == 0;
}

/* The format's own part, which ends the file. */
static bool
load_format (struct image *im, struct scan_reader *r, uint64_t disk_size)
{
  const uint64_t len = scan_reader_u64 (r);
  struct scan_reader part = { .data = r->data, .len = (size_t) len };

  if (r->failed || len != r->len)
    return false;
  if (!im->ops->load)
    return len == 0;
  return im->ops->load (im, &part, disk_size) && !part.failed && part.len == 0;
}

static bool
parse (struct image *im, struct scan_reader *r, struct image_scan_result *result)
{
  uint64_t size;

  if (!read_result (r, result))
    return false;
  /* Where the file itself says its size, they must agree. */
  if (im->ops->peek_disk_size (im, &size) && size != result->disk_size)
    return false;
  if (!read_sha256 (r, im)
      || !scan_record_load (im->record, r, result->disk_size)) {
    im->has_sha256 = false;
    return false;
  }
  if (load_format (im, r, result->disk_size))
    return true;
  scan_record_clear (im->record);
  im->has_sha256 = false;
  return false;
}

int
remembered_scan_load (struct image *im, struct image_scan_result *result,
                      struct fault *fault)
{
  CLEANUP_FREE char *path = scan_path (im);
  CLEANUP_FREE unsigned char *data = NULL;
  struct scan_reader r = { .data = NULL };

  if (!path)
    return fault_no_memory (fault, "a file name");
  if (scan_folder_read (path, &data, &r.len, fault) == -1)
    return -1;
  r.data = data;
  if (!check_sum (&r))
    return fault_set (fault, EBADMSG, "%s: damaged", path);
  if (check_head (im, &r, fault) == -1)
    return -1;
  if (!parse (im, &r, result))
    return fault_set (fault, EBADMSG, "%s: makes no sense", path);
  return 0;
}

/* -- Saving ----------------------------------------------------------------- */

static void
write_format (struct image *im, struct scan_writer *w)
{
  struct scan_writer part = { .len = 0 };

  if (im->ops->save)
    im->ops->save (im, &part);
  scan_writer_u64 (w, part.len);
  scan_writer_bytes (w, part.data, part.len);
  w->failed = w->failed || part.failed;
  free (part.data);
}

static void
write_sum (struct scan_writer *w)
{
  unsigned char digest[DIGEST_SIZE];

  if (w->failed)
    return;
  digest_of (w->data, w->len, digest);
  scan_writer_bytes (w, digest, sizeof digest);
}

int
remembered_scan_save (struct image *im, const struct image_scan_result *result,
                      struct fault *fault)
{
  CLEANUP_FREE char *path = scan_path (im);
  struct scan_writer w = { .len = 0 };
  int r;

  if (!path)
    return fault_no_memory (fault, "a file name");
  if (!scan_record_is_complete (im->record, result->disk_size))
    return fault_set (fault, ENODATA, "not all digests are known");
  write_head (im, &w);
  write_result (result, &w);
  write_sha256 (im, &w);
  scan_record_save (im->record, &w, result->disk_size);
  write_format (im, &w);
  write_sum (&w);
  if (w.failed)
    r = fault_no_memory (fault, "a remembered scan");
  else if (w.len > SCAN_FILE_MAX)
    r = fault_set (fault, EFBIG, "too much to remember: %zu bytes", w.len);
  else {
    r = im->source->ops->check_unchanged (im->source, true, fault);
    if (r == 0)
      r = scan_folder_write (im->options.index_dir, path, w.data, w.len, fault);
  }
  free (w.data);
  return r;
}
