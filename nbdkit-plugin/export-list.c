/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "debug-flags.h"
#include "export-list.h"
#include "image-scan.h"
#include "image-statistics.h"
#include "report-capture.h"

/* -- Describing ---------------------------------------------------------------- */

/* Whether the files beside the image refuse all of it: then with the CAUSE. */
static bool
is_refused (struct image *im, const struct companion_files *files,
            char cause[COMPANION_FAULT_SIZE])
{
  const char *fault = companion_files_fault (files);
  uint64_t size;

  if (!fault)
    return image_peek_disk_size (im, &size)
           && companion_files_check_disk_size (files, size, cause) == -1;
  snprintf (cause, COMPANION_FAULT_SIZE, "%s", fault);
  return true;
}

static bool
is_found_damaged (struct scan_job *job)
{
  struct scan_report report;

  if (!job)
    return false;
  scan_job_report (job, &report);
  return report.state == SCAN_DAMAGED;
}

/* What is known already, without a look at any stored byte.  JOB may be NULL. */
static enum image_proof
judge (struct image *im, struct scan_job *job,
       const struct companion_files *files)
{
  char ignored[COMPANION_FAULT_SIZE];
  unsigned char hash[CHECKSUM_SIZE];

  if (is_refused (im, files, ignored) || is_found_damaged (job))
    return IMAGE_DAMAGED;
  if (!image_is_scanned (im))
    return IMAGE_UNPROVEN;
  /* A hash that was made in an earlier life damns no image, nor proves it. */
  if (companion_files_have_checksum (files)
      && (!image_get_sha256 (im, hash)
          || companion_files_check_stored (files, hash, ignored) == -1))
    return IMAGE_UNPROVEN;
  return IMAGE_INTACT;
}

static void
describe (struct image *im, struct scan_job *job,
          const struct companion_files *files, int64_t modified, const char *view,
          char text[IMAGE_DESCRIPTION_SIZE])
{
  struct image_description d = {
    .stored_size = image_stored_size (im), .modified = modified,
    .proof = judge (im, job, files)
  };

  snprintf (d.view, sizeof d.view, "%s", view);
  snprintf (d.format, sizeof d.format, "%s",
            image_format_name (image_get_format (im)));
  d.disk_size_known = image_peek_disk_size (im, &d.disk_size);
  image_description_format (&d, text);
}

void
export_list_describe (const struct served_image *served,
                      const struct companion_files *files, enum view view,
                      char text[IMAGE_DESCRIPTION_SIZE])
{
  struct image_description unopened = {
    .format = "unknown", .proof = IMAGE_DAMAGED
  };

  if (served->im)
    describe (served->im, served->job, files, served->modified, view_name (view),
              text);
  else {
    snprintf (unopened.view, sizeof unopened.view, "%s", view_name (view));
    image_description_format (&unopened, text);
  }
}

/* -- The views of one image ------------------------------------------------------ */

int
export_list_add_views (struct nbdkit_exports *list,
                       const struct served_image *served,
                       const struct companion_files *files)
{
  for (int i = 0; i < NR_VIEWS; i++) {
    char text[IMAGE_DESCRIPTION_SIZE];

    export_list_describe (served, files, (enum view) i, text);
    if (nbdkit_add_export (list, view_name ((enum view) i), text) == -1)
      return -1;
  }
  return 0;
}

/* -- The images of a folder ------------------------------------------------------ */

/* Where the images of a list come from. */
struct lister
{
  const struct image_directory *dir;
  struct image_table *table;
  const struct image_options *options;
};

/* False: it cannot be served, and the debug log says why. */
static bool
describe_servable (struct image *im, struct scan_job *job,
                   const struct companion_files *files, int64_t modified,
                   const char *path, char text[IMAGE_DESCRIPTION_SIZE])
{
  char cause[COMPANION_FAULT_SIZE];

  if (is_refused (im, files, cause)) {
    nbdkit_debug ("not listed: %s: %s", path, cause);
    return false;
  }
  describe (im, job, files, modified, "", text);
  return true;
}

/* An image that nobody has open: its headers, its Index, a remembered scan.  Takes
 * FD over. */
static bool
look_at_file (const struct lister *lister, int fd, const char *path,
              const struct companion_files *files,
              char text[IMAGE_DESCRIPTION_SIZE])
{
  char cause[512] = "";
  bool ok = false;
  struct stat st;

  if (fstat (fd, &st) == -1)
    st.st_mtime = 0;
  report_capture_begin (cause, sizeof cause);
  struct image *im = image_open (fd, path, lister->options);
  report_capture_end ();
  if (im)
    ok = describe_servable (im, NULL, files, (int64_t) st.st_mtime, path, text);
  else
    nbdkit_debug ("not listed: %s", cause);
  image_close (im);
  return ok;
}

/* Takes FD over. */
static bool
look_at_image (const struct lister *lister, int fd, const char *path,
               const struct companion_files *files,
               char text[IMAGE_DESCRIPTION_SIZE])
{
  struct served_image *served = image_table_find (lister->table, fd);

  if (!served)
    return look_at_file (lister, fd, path, files, text);
  bool ok = false;
  if (served->im)
    ok = describe_servable (served->im, served->job, files, served->modified,
                            path, text);
  else
    nbdkit_debug ("not listed: %s", served->error);
  image_table_put (lister->table, served);
  close (fd);
  return ok;
}

/* What cannot be opened is left out: clients like nbdinfo open all that is listed,
 * and give up when one fails. */
static int
add_image (struct nbdkit_exports *list, const struct lister *lister,
           const char *path)
{
  char text[IMAGE_DESCRIPTION_SIZE];
  int fd = image_directory_open_file (lister->dir, path);

  if (fd == -1)                 /* gone, or not for us to read */
    return 0;
  struct companion_files *files = companion_files_read (lister->dir, path);
  if (!files) {
    close (fd);
    return -1;
  }
  const bool listed = look_at_image (lister, fd, path, files, text);
  companion_files_free (files);
  return listed ? nbdkit_add_export (list, path, text) : 0;
}

int
export_list_add_images (struct nbdkit_exports *list,
                        const struct image_directory *dir,
                        struct image_table *table,
                        const struct image_options *options)
{
  const struct lister lister = { dir, table, options };
  struct image_list images;
  int r = 0;

  if (image_directory_list (dir, &images) == -1)
    return -1;
  if (images.cut)
    nbdkit_debug ("the list of exports is cut: there are more than %d images, or "
                  "folders deeper than %d", IMAGE_DIRECTORY_IMAGES_MAX,
                  IMAGE_DIRECTORY_DEPTH_MAX);
  if (flashimage_debug_dir)
    nbdkit_debug ("dir: %zu images are listed", images.nr);
  for (size_t i = 0; i < images.nr && r == 0; i++)
    r = add_image (list, &lister, images.paths[i]);
  image_list_free (&images);
  return r;
}
