/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digests-export.h"
#include "export-handle.h"
#include "export-list.h"
#include "image-statistics.h"
#include "integrity-export.h"
#include "report.h"

struct export_handle
{
  struct exports *exports;              /* constant, as is the next */
  struct export_place place;
  uint64_t size;
  uint64_t disk_size;                   /* DISK_VIEW, DIGESTS_VIEW */
  pthread_mutex_t lock;                 /* guards TEXT */
  char text[INTEGRITY_SIZE];     /* as read from offset 0 last */
};

/* -- Before a view is served ---------------------------------------------------- */

static int
refuse (const struct export_handle *h, const char *fault)
{
  report_error (ERROR_IMAGE_DAMAGED, "%s: %s", h->place.served->name, fault);
  errno = EIO;
  return -1;
}

/* A checksum file that has changed since the hash was remembered leads to a new
 * pass: no image is refused because of what a remembered scan says. */
static void
doubt_remembered (const struct export_place *place)
{
  unsigned char hash[CHECKSUM_SIZE];
  char ignored[COMPANION_FAULT_SIZE];

  if (place->served->im && stored_hash_peek (place->served->hash, hash)
      && companion_files_check_stored (place->files, hash, ignored) == -1)
    stored_hash_doubt (place->served->hash);
}

/* What the files beside the image say about its stored bytes. */
static int
check_stored (const struct export_handle *h)
{
  const struct companion_files *files = h->place.files;
  unsigned char hash[CHECKSUM_SIZE];
  char fault[COMPANION_FAULT_SIZE];

  if (companion_files_fault (files))
    return refuse (h, companion_files_fault (files));
  if (!companion_files_have_checksum (files))
    return 0;
  if (stored_hash_get (h->place.served->hash, hash) == -1)
    return -1;
  if (companion_files_check_stored (files, hash, fault) == -1)
    return refuse (h, fault);
  return 0;
}

static void
promise_holes (void *opaque, struct image *im)
{
  const struct companion_files *files = opaque;

  companion_files_promise_holes (files, im);
}

/* And about its disk view. */
static int
check_disk (struct export_handle *h)
{
  struct export_place *place = &h->place;
  char fault[COMPANION_FAULT_SIZE];

  if (image_disk_size (place->served->im, &h->disk_size) == -1)
    return -1;
  if (companion_files_check_disk_size (place->files, h->disk_size, fault) == -1)
    return refuse (h, fault);
  image_table_promise_once (exports_table (h->exports), place->served,
                            promise_holes, place->files);
  return 0;
}

static int
prepare (struct export_handle *h)
{
  const struct export_place *place = &h->place;

  doubt_remembered (place);
  switch (place->view) {
  case DISK_VIEW:
    if (check_stored (h) == -1 || check_disk (h) == -1)
      return -1;
    h->size = h->disk_size;
    return 0;
  case DIGESTS_VIEW:
    if (check_stored (h) == -1 || check_disk (h) == -1)
      return -1;
    h->size = digests_export_size (h->disk_size);
    return 0;
  case STORED_VIEW:
    if (check_stored (h) == -1)
      return -1;
    h->size = image_stored_size (place->served->im);
    return 0;
  case INTEGRITY_VIEW:
    break;
  }
  if (integrity_export_start (place->served, place->files) == -1)
    return -1;
  h->size = INTEGRITY_SIZE;
  integrity_export_text (place->served, place->files, h->text);
  return 0;
}

struct export_handle *
export_handle_open (struct exports *exports, const char *name)
{
  struct export_handle *h = calloc (1, sizeof *h);

  if (!h) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  h->exports = exports;
  pthread_mutex_init (&h->lock, NULL);
  if (exports_find (exports, name, &h->place) == 0 && prepare (h) == 0)
    return h;
  int saved = errno;
  exports_put (exports, &h->place);
  pthread_mutex_destroy (&h->lock);
  free (h);
  errno = saved;
  return NULL;
}

/* -- Afterwards ------------------------------------------------------------------ */

/* A client has left an image of which all is decoded, or a .gz, whose pass is
 * worth its while for the next client: finish the scan, so that it is remembered.
 * One at a time, it is only a favour. */
static void
remember (const struct export_handle *h)
{
  const struct export_place *place = &h->place;
  struct image *im = place->served->im;

  if (place->view != DISK_VIEW || image_is_scanned (im)
      || image_table_is_scanning (exports_table (h->exports)))
    return;
  if ((image_get_format (im) == IMAGE_GZIP && !exports_is_remote (h->exports))
      || (exports_remember (h->exports) && image_is_decoded (im)))
    (void) scan_job_start (place->served->job, false);
}

void
export_handle_close (struct export_handle *h)
{
  remember (h);
  exports_put (h->exports, &h->place);
  pthread_mutex_destroy (&h->lock);
  free (h);
}

/* -- Serving --------------------------------------------------------------------- */

enum view
export_handle_view (const struct export_handle *h)
{
  return h->place.view;
}

uint64_t
export_handle_size (const struct export_handle *h)
{
  return h->size;
}

struct image *
export_handle_image (const struct export_handle *h)
{
  return h->place.served->im;
}

void
export_handle_describe (const struct export_handle *h,
                        char text[IMAGE_DESCRIPTION_SIZE])
{
  export_list_describe (h->place.served, h->place.files, h->place.view, text);
}

static void
read_integrity (struct export_handle *h, void *buf, uint32_t count,
                uint64_t offset)
{
  LOCK_SCOPE (&h->lock);
  if (offset == 0)
    integrity_export_text (h->place.served, h->place.files, h->text);
  memcpy (buf, h->text + offset, count);
}

/* The size that this connection was told may have been announced early
 * (image_disk_size).  If it was wrong, the connection is of no use any more, even
 * when others have been told the right one since: it would end too early. */
static int
read_disk (const struct export_handle *h, void *buf, uint32_t count,
           uint64_t offset)
{
  struct image *im = h->place.served->im;
  uint64_t size;

  if (image_pread (im, buf, count, offset) == -1)
    return -1;
  if (!image_peek_disk_size (im, &size) || size == h->size)
    return 0;
  report_error (ERROR_IMAGE_CHANGED,
                "%s: this connection was told a size of %" PRIu64 " bytes, and the "
                "image has %" PRIu64 ": connect again", h->place.served->name,
                h->size, size);
  errno = EIO;
  return -1;
}

int
export_handle_read (struct export_handle *h, void *buf, uint32_t count,
                    uint64_t offset)
{
  const struct served_image *served = h->place.served;

  switch (h->place.view) {
  case DISK_VIEW:
    return read_disk (h, buf, count, offset);
  case STORED_VIEW:
    return image_pread_stored (served->im, buf, count, offset);
  case DIGESTS_VIEW:
    return digests_export_read (served->job, h->disk_size, buf, count, offset);
  case INTEGRITY_VIEW:
    break;
  }
  read_integrity (h, buf, count, offset);
  return 0;
}
