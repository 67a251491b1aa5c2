/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "block-cache.h"
#include "cleanup.h"
#include "debug-flags.h"
#include "exports.h"
#include "image-directory.h"
#include "image-statistics.h"
#include "nbd-server.h"
#include "remote-image.h"
#include "report-capture.h"
#include "report.h"

struct exports
{
  const struct parameters *p;
  struct image_options options; /* of every image; the cache is owned */
  struct image_directory *dir;  /* DIR, or the folder that FILE lies in */
  struct image_table *table;
  const char *file_name;        /* FILE without its folders; else NULL */
  struct nbd_server *server;    /* of URI; else NULL */
  struct served_image *image;   /* FILE or URI, from the start to the end */
};

/* -- Start and end ------------------------------------------------------------- */

static int
open_folder_of (struct exports *exports, const char *file)
{
  const char *slash = strrchr (file, '/');
  CLEANUP_FREE char *folder = NULL;

  exports->file_name = slash + 1;       /* parameters are absolute */
  folder = strndup (file, (size_t) (slash + 1 - file));
  if (!folder) {
    report_error ("out of memory");
    return -1;
  }
  exports->dir = image_directory_open (folder, false);
  return exports->dir ? 0 : -1;
}

/* What can be known at once: so that nbdkit does not start in vain. */
static int
check_companions (struct exports *exports)
{
  struct companion_files *files =
    companion_files_read (exports->dir, exports->file_name);
  char fault[COMPANION_FAULT_SIZE] = "";
  uint64_t size;

  if (!files)
    return -1;
  if (companion_files_fault (files))
    snprintf (fault, sizeof fault, "%s", companion_files_fault (files));
  else if (image_peek_disk_size (exports->image->im, &size))
    companion_files_check_disk_size (files, size, fault);
  companion_files_free (files);
  if (*fault == '\0')
    return 0;
  report_error ("%s: %s", exports->image->name, fault);
  return -1;
}

static uint64_t
size_hint (struct exports *exports, const char *path)
{
  struct companion_files *files = companion_files_read (exports->dir, path);
  uint64_t size = files ? companion_files_disk_size (files) : 0;

  companion_files_free (files);
  return size;
}

static int
open_file (struct exports *exports, const char *file)
{
  int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd == -1) {
    report_error ("cannot open %s: %s", file, strerror (errno));
    return -1;
  }
  if (open_folder_of (exports, file) == -1) {
    close (fd);
    return -1;
  }
  exports->image = image_table_get (exports->table, fd, file,
                                    size_hint (exports, exports->file_name));
  if (!exports->image)
    return -1;
  if (!exports->image->im) {
    report_error ("%s", exports->image->error);
    return -1;
  }
  return check_companions (exports);
}

static int
open_dir (struct exports *exports, const char *dir)
{
  exports->dir = image_directory_open (dir, true);
  return exports->dir ? 0 : -1;
}

static int
open_uri (struct exports *exports, const struct parameters *p)
{
  struct image *im;

  exports->server = nbd_server_new (p->uri, p->name ? p->name : p->uri);
  im = exports->server ? remote_image_open (exports->server, &exports->options)
                       : NULL;
  if (!im)
    return -1;
  exports->image = image_table_add (exports->table, im,
                                    nbd_server_name (exports->server));
  if (!exports->image)
    return -1;
  nbd_server_set_patient (exports->server);
  return 0;
}

struct exports *
exports_new (const struct parameters *p)
{
  struct exports *exports = calloc (1, sizeof *exports);
  int r;

  if (!exports) {
    report_error ("out of memory");
    return NULL;
  }
  exports->p = p;
  exports->options = (struct image_options) {
    .memory_limit = p->cache_size, .threads = p->threads,
    .spool_dir = p->tmpdir, .index_dir = p->index_dir
  };
  exports->options.cache = image_cache_new (&exports->options);
  if (exports->options.cache)
    exports->table = image_table_new (&exports->options);
  r = !exports->table ? -1 : p->file ? open_file (exports, p->file)
    : p->uri ? open_uri (exports, p) : open_dir (exports, p->dir);
  if (r == 0)
    return exports;
  exports_free (exports);
  return NULL;
}

void
exports_free (struct exports *exports)
{
  if (!exports)
    return;
  if (exports->image)
    image_table_put (exports->table, exports->image);
  /* With it the last user of the cache. */
  image_table_free (exports->table);
  nbd_server_free (exports->server);
  image_directory_close (exports->dir);
  block_cache_free (exports->options.cache);
  free (exports);
}

void
exports_cancel (struct exports *exports)
{
  image_table_cancel (exports->table);
}

struct image_table *
exports_table (struct exports *exports)
{
  return exports->table;
}

bool
exports_is_remote (const struct exports *exports)
{
  return exports->server != NULL;
}

bool
exports_remember (const struct exports *exports)
{
  return exports->p->index_dir && !exports->server;
}

/* -- Listing ------------------------------------------------------------------- */

void
exports_describe (const struct served_image *served, enum view view,
                  char text[EXPORT_DESCRIPTION_SIZE])
{
  uint64_t bytes = 0;
  bool known = view == STORED_VIEW;

  if (!served->im) {
    snprintf (text, EXPORT_DESCRIPTION_SIZE, "%s", view_description (view));
    return;
  }
  if (view == STORED_VIEW)
    bytes = image_stored_size (served->im);
  else if (view == DISK_VIEW)
    known = image_peek_disk_size (served->im, &bytes);
  int n = snprintf (text, EXPORT_DESCRIPTION_SIZE, "%s (%s)",
                    view_description (view),
                    image_format_name (image_get_format (served->im)));
  if (known)
    snprintf (text + n, EXPORT_DESCRIPTION_SIZE - (size_t) n,
              ", %" PRIu64 " bytes", bytes);
}

static int
list_views (struct exports *exports, struct nbdkit_exports *list)
{
  for (int i = 0; i < NR_VIEWS; i++) {
    char text[EXPORT_DESCRIPTION_SIZE];

    exports_describe (exports->image, (enum view) i, text);
    if (nbdkit_add_export (list, view_name ((enum view) i), text) == -1)
      return -1;
  }
  return 0;
}

/* One image among many: "xz, 2688548864 bytes (413875000 stored), scanned:
 * intact". */
static void
describe_image (struct image *im, char *text, size_t size)
{
  uint64_t bytes;
  char disk_size[40] = "size not known yet";

  if (image_peek_disk_size (im, &bytes))
    snprintf (disk_size, sizeof disk_size, "%" PRIu64 " bytes", bytes);
  snprintf (text, size, "%s, %s (%" PRIu64 " stored)%s",
            image_format_name (image_get_format (im)), disk_size,
            image_stored_size (im),
            image_is_scanned (im) ? ", scanned: intact" : "");
}

/* An image that is not open is opened just for this: headers, Index, remembered
 * scan.  False: it cannot be served, and TEXT says why. */
static bool
look_at_image (struct exports *exports, int fd, const char *path, char *text,
               size_t size)
{
  struct served_image *served = image_table_find (exports->table, fd);
  struct image *im;
  bool ok;

  if (served) {
    ok = served->im != NULL;
    if (ok)
      describe_image (served->im, text, size);
    else
      snprintf (text, size, "%s", served->error);
    image_table_put (exports->table, served);
    close (fd);
    return ok;
  }
  report_capture_begin (text, size);
  im = image_open (fd, path, &exports->options);
  report_capture_end ();
  ok = im != NULL;
  if (ok)
    describe_image (im, text, size);
  image_close (im);
  return ok;
}

/* What cannot be opened is left out: clients like nbdinfo open all that is listed,
 * and give up when one fails. */
static int
list_image (struct exports *exports, const char *path,
            struct nbdkit_exports *list)
{
  char text[600];
  int fd = image_directory_open_file (exports->dir, path);

  if (fd == -1)                 /* gone, or not for us to read */
    return 0;
  if (look_at_image (exports, fd, path, text, sizeof text))
    return nbdkit_add_export (list, path, text);
  nbdkit_debug ("not listed: %s", text);
  return 0;
}

static int
list_images (struct exports *exports, struct nbdkit_exports *list)
{
  struct image_list images;
  int r = 0;

  if (image_directory_list (exports->dir, &images) == -1)
    return -1;
  if (images.cut)
    nbdkit_debug ("the list of exports is cut: there are more than %d images, or "
                  "folders deeper than %d", IMAGE_DIRECTORY_IMAGES_MAX,
                  IMAGE_DIRECTORY_DEPTH_MAX);
  if (flashimage_debug_dir)
    nbdkit_debug ("dir: %zu images are listed", images.nr);
  for (size_t i = 0; i < images.nr && r == 0; i++)
    r = list_image (exports, images.paths[i], list);
  image_list_free (&images);
  return r;
}

int
exports_list (struct exports *exports, struct nbdkit_exports *list)
{
  return exports->image ? list_views (exports, list)
         : list_images (exports, list);
}

/* In a folder there is none: what is the only image today is not tomorrow.  The
 * empty name leads to exports_find, which can say so. */
const char *
exports_default (const struct exports *exports)
{
  return exports->image ? view_name (DISK_VIEW) : "";
}

/* -- Finding ------------------------------------------------------------------- */

static int
no_export (const char *name, const char *text, int errnum)
{
  char escaped[EXPORT_NAME_ESCAPED_SIZE];

  nbdkit_error ("there is no export '%s': %s",
                export_name_escape (name, escaped), text);
  nbdkit_set_error (errnum);
  errno = errnum;
  return -1;
}

static int
find_view (struct exports *exports, const char *name, struct export_place *place)
{
  if (*name == '\0')
    place->view = DISK_VIEW;
  else if (!view_find (name, &place->view))
    return no_export (name, "the exports are disk, stored, integrity and "
                      "digests", ENOENT);
  place->files = exports->server
                 ? companion_files_none ()
                 : companion_files_read (exports->dir, exports->file_name);
  if (!place->files)
    return -1;
  place->served = exports->image;
  return 0;
}

/* What an errno of image_directory_open_file means to a client. */
static const char *
explain (int errnum)
{
  switch (errnum) {
  case ENOENT:
  case ENOTDIR:
    return "there is no such file in the folder";
  case EINVAL:
    return "not a regular file";
  case EXDEV:
  case ELOOP:
    return "it leads out of the folder, or through a link that cannot be "
           "followed";
  }
  return strerror (errnum);
}

static int
open_image (struct exports *exports, const char *name, const char *path,
            struct export_place *place)
{
  const char *fault = image_path_fault (path);
  int fd;

  if (fault)
    return no_export (name, fault, ENOENT);
  fd = image_directory_open_file (exports->dir, path);
  if (fd == -1)
    return no_export (name, explain (errno), errno == EACCES ? EACCES : ENOENT);
  place->files = companion_files_read (exports->dir, path);
  if (!place->files) {
    close (fd);
    return -1;
  }
  place->served = image_table_get (exports->table, fd, path,
                                   companion_files_disk_size (place->files));
  if (!place->served)
    return -1;
  if (flashimage_debug_dir)
    nbdkit_debug ("dir: %s: %s", name,
                  place->served->im ? "opened" : place->served->error);
  if (place->served->im || place->view == INTEGRITY_VIEW)
    return 0;
  nbdkit_error ("%s", place->served->error);
  errno = place->served->errnum;
  return -1;
}

static int
find_image (struct exports *exports, const char *name,
            struct export_place *place)
{
  CLEANUP_FREE char *path = NULL;

  if (*name == '\0')
    return no_export (name, "a folder of images is served: name one of them, as "
                      "in nbd://HOST/disk.img.xz (nbdinfo --list nbd://HOST "
                      "shows them)", ENOENT);
  path = strndup (name, export_name_split (name, &place->view));
  if (!path) {
    report_error ("out of memory");
    return -1;
  }
  return open_image (exports, name, path, place);
}

int
exports_find (struct exports *exports, const char *name,
              struct export_place *place)
{
  int r;

  memset (place, 0, sizeof *place);
  r = exports->image ? find_view (exports, name, place)
    : find_image (exports, name, place);
  if (r == -1) {
    int saved = errno;
    exports_put (exports, place);
    errno = saved;
  }
  return r;
}

void
exports_put (struct exports *exports, struct export_place *place)
{
  companion_files_free (place->files);
  if (place->served && place->served != exports->image)
    image_table_put (exports->table, place->served);
  memset (place, 0, sizeof *place);
}
