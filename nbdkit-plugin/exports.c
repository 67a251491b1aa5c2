/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "block-cache.h"
#include "cleanup.h"
#include "debug-flags.h"
#include "export-list.h"
#include "exports.h"
#include "image-directory.h"
#include "image-statistics.h"
#include "nbd-server.h"
#include "remote-image.h"
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
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
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
  report_error (ERROR_IMAGE_DAMAGED, "%s: %s", exports->image->name, fault);
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
    report_error (ERROR_IMAGE_UNREADABLE, "cannot open %s: %s", file, strerror (errno));
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
    report_error (ERROR_IMAGE_UNREADABLE, "%s", exports->image->error);
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
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  exports->p = p;
  exports->options = (struct image_options) {
    .memory_limit = p->cache_size, .threads = p->threads,
    .spool_dir = p->tmpdir, .index_dir = p->index_dir
  };
  exports->options.cache = image_cache_new (&exports->options);
  if (exports->options.cache && p->share)
    block_cache_share (exports->options.cache);
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

static int
list_views (struct exports *exports, struct nbdkit_exports *list)
{
  struct companion_files *files =
    companion_files_read (exports->dir, exports->file_name);

  if (!files)
    return -1;
  int r = export_list_add_views (list, exports->image, files);
  companion_files_free (files);
  return r;
}

int
exports_list (struct exports *exports, struct nbdkit_exports *list)
{
  return exports->image ? list_views (exports, list)
         : export_list_add_images (list, exports->dir, exports->table,
                                   &exports->options);
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
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
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
