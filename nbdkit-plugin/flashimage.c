/* SPDX-License-Identifier: MIT */
/* nbdkit flashimage: serves disk images that may be compressed.  The glue between
 * nbdkit and the exports; the callback table is at the end. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "debug-flags.h"
#include "export-handle.h"
#include "exports.h"
#include "image-statistics.h"
#include "image.h"
#include "parameters.h"
#include "shutdown-watch.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

NBDKIT_DLL_PUBLIC int flashimage_debug_cache = 0;
NBDKIT_DLL_PUBLIC int flashimage_debug_scan = 0;
NBDKIT_DLL_PUBLIC int flashimage_debug_dir = 0;

/* Set before anything is served, constant from then on. */
static struct parameters parameters;
static struct exports *exports;
static struct shutdown_watch *watch;

static int
flashimage_config (const char *key, const char *value)
{
  return parameters_set (&parameters, key, value);
}

static int
flashimage_config_complete (void)
{
  return parameters_complete (&parameters);
}

static void
flashimage_dump_plugin (void)
{
  printf ("flashimage_formats=");
  for (int i = 0; i < NR_IMAGE_FORMATS; i++)
    printf ("%s%s", i > 0 ? "," : "", image_format_name ((enum image_format) i));
  printf ("\nflashimage_exports=");
  for (int i = 0; i < NR_VIEWS; i++)
    printf ("%s%s", i > 0 ? "," : "", view_name ((enum view) i));
  printf ("\nflashimage_parameters=" PARAMETERS_NAMES "\n");
}

/* Opening an image reads its headers and its Index, so that a bad file is refused
 * before nbdkit goes to the background.  Threads come later. */
static int
flashimage_get_ready (void)
{
  exports = exports_new (&parameters);
  return exports ? 0 : -1;
}

static void
cancel_exports (void *opaque)
{
  exports_cancel (opaque);
}

static int
flashimage_after_fork (void)
{
  watch = shutdown_watch_start (cancel_exports, exports);
  return watch ? 0 : -1;
}

static void
flashimage_cleanup (void)
{
  shutdown_watch_stop (watch);
  watch = NULL;
  if (exports)
    exports_cancel (exports);
}

static void
flashimage_unload (void)
{
  exports_free (exports);
  parameters_free (&parameters);
}

static int
flashimage_list_exports (int readonly, int is_tls, struct nbdkit_exports *list)
{
  (void) readonly;
  (void) is_tls;
  return exports_list (exports, list);
}

static const char *
flashimage_default_export (int readonly, int is_tls)
{
  (void) readonly;
  (void) is_tls;
  return exports_default (exports);
}

static void *
flashimage_open (int readonly)
{
  const char *name = nbdkit_export_name ();
  struct export_handle *h;

  (void) readonly;
  if (!name)
    return NULL;
  shutdown_watch_enter (watch);
  h = export_handle_open (exports, name);
  shutdown_watch_leave (watch);
  return h;
}

static void
debug_statistics (struct image *im)
{
  struct image_statistics s;

  image_get_statistics (im, &s);
  nbdkit_debug ("cache: hits=%" PRIu64 " waits=%" PRIu64 " decoded=%" PRIu64
                " again=%" PRIu64 " dropped=%" PRIu64 " restarts=%" PRIu64
                " memory=%" PRIu64 " peak=%" PRIu64, s.hits, s.waits, s.decoded,
                s.again, s.dropped, s.restarts, s.memory, s.memory_peak);
}

static void
flashimage_close (void *handle)
{
  struct export_handle *h = handle;

  if (flashimage_debug_cache && export_handle_image (h))
    debug_statistics (export_handle_image (h));
  export_handle_close (h);
}

static int64_t
flashimage_get_size (void *handle)
{
  return (int64_t) export_handle_size (handle);
}

static const char *
flashimage_export_description (void *handle)
{
  char text[IMAGE_DESCRIPTION_SIZE];

  export_handle_describe (handle, text);
  return nbdkit_strdup_intern (text);
}

static int
flashimage_block_size (void *handle, uint32_t *minimum, uint32_t *preferred,
                       uint32_t *maximum)
{
  const enum view view = export_handle_view (handle);

  *minimum = 1;
  *preferred = view == DISK_VIEW || view == STORED_VIEW ? 64 * 1024 : 4096;
  *maximum = 0xffffffff;
  return 0;
}

/* An image does not change under its readers; the state of a scan does. */
static int
flashimage_can_multi_conn (void *handle)
{
  return export_handle_view (handle) != INTEGRITY_VIEW;
}

static int
flashimage_can_extents (void *handle)
{
  return export_handle_view (handle) == DISK_VIEW;
}

static int
flashimage_can_cache (void *handle)
{
  return export_handle_view (handle) == DISK_VIEW ? NBDKIT_CACHE_NATIVE
         : NBDKIT_CACHE_NONE;
}

static int
flashimage_pread (void *handle, void *buf, uint32_t count, uint64_t offset,
                  uint32_t flags)
{
  (void) flags;
  shutdown_watch_enter (watch);
  int r = export_handle_read (handle, buf, count, offset);
  shutdown_watch_leave (watch);
  return r;
}

static int
flashimage_cache (void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
  if (flags != 0) {
    nbdkit_error ("cache: unknown flags %#" PRIx32, flags);
    errno = EINVAL;
    return -1;
  }
  image_prefetch (export_handle_image (handle), count, offset);
  return 0;
}

struct extents_request
{
  struct nbdkit_extents *extents;
  bool only_one;
  bool failed;
};

static int
add_extent (void *opaque, uint64_t offset, uint64_t length, bool hole)
{
  struct extents_request *request = opaque;
  uint32_t type = hole ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0;

  if (nbdkit_add_extent (request->extents, offset, length, type) == -1)
    request->failed = true;
  return request->failed || request->only_one;
}

static int
flashimage_extents (void *handle, uint32_t count, uint64_t offset,
                    uint32_t flags, struct nbdkit_extents *extents)
{
  struct extents_request request = {
    .extents = extents, .only_one = flags & NBDKIT_FLAG_REQ_ONE
  };

  shutdown_watch_enter (watch);
  int r = image_extents (export_handle_image (handle), offset, count, add_extent,
                         &request);
  shutdown_watch_leave (watch);
  return r == -1 || request.failed ? -1 : 0;
}

static struct nbdkit_plugin plugin = {
  .name = "flashimage",
  .longname = "flash-live-remote disk image plugin",
  .version = PACKAGE_VERSION,
  .description = "Serves raw and compressed disk images decompressed, with "
                 "random access.",
  .config = flashimage_config,
  .config_complete = flashimage_config_complete,
  .config_help = PARAMETERS_HELP,
  .magic_config_key = "file",
  .dump_plugin = flashimage_dump_plugin,
  .get_ready = flashimage_get_ready,
  .after_fork = flashimage_after_fork,
  .cleanup = flashimage_cleanup,
  .unload = flashimage_unload,
  .list_exports = flashimage_list_exports,
  .default_export = flashimage_default_export,
  .open = flashimage_open,
  .close = flashimage_close,
  .get_size = flashimage_get_size,
  .export_description = flashimage_export_description,
  .block_size = flashimage_block_size,
  .can_multi_conn = flashimage_can_multi_conn,
  .can_extents = flashimage_can_extents,
  .can_cache = flashimage_can_cache,
  .pread = flashimage_pread,
  .cache = flashimage_cache,
  .extents = flashimage_extents,
  .errno_is_preserved = 1,
};

/* nbdkit's header defines it without a declaration. */
NBDKIT_DLL_PUBLIC struct nbdkit_plugin *plugin_init (void);

NBDKIT_REGISTER_PLUGIN (plugin)
