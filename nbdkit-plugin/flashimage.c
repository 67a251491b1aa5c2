/* SPDX-License-Identifier: MIT */
/* nbdkit flashimage: serves a disk image that may be compressed.  The glue
 * between nbdkit and common/; the callback table is at the end. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "image-statistics.h"
#include "image.h"
#include "integrity-export.h"
#include "report.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#define DEFAULT_TMPDIR "/var/tmp"

/* -D flashimage.cache=1: what the Block cache did, when a connection ends. */
NBDKIT_DLL_PUBLIC int flashimage_debug_cache = 0;

enum view { DISK_VIEW, STORED_VIEW, INTEGRITY };

static const struct
{
  const char *name;
  const char *description;
} views[] = {
  [DISK_VIEW] = { "disk", "disk view, decompressed" },
  [STORED_VIEW] = { "stored", "stored view, the file's own bytes" },
  [INTEGRITY] = { "integrity", "state of the full scan, text" },
};
#define NR_VIEWS (sizeof views / sizeof views[0])

/* From the command line; constant after get_ready, as is IMAGE itself. */
static char *file;
static char *tmpdir;
static uint64_t cache_size;
static unsigned nr_threads;

static struct image *image;
static struct integrity_export *integrity;

struct handle
{
  enum view view;
  uint64_t size;
  char description[100];
  pthread_mutex_t lock;                 /* guards TEXT */
  char text[INTEGRITY_EXPORT_SIZE];     /* as read from offset 0 last */
};

void
report_error (const char *fmt, ...)
{
  const int saved = errno;
  va_list args;

  va_start (args, fmt);
  nbdkit_verror (fmt, args);
  va_end (args);
  errno = saved;
}

static int
replace (char **option, char *value)
{
  if (!value)
    return -1;
  free (*option);
  *option = value;
  return 0;
}

static int
flashimage_config (const char *key, const char *value)
{
  if (strcmp (key, "file") == 0) {
    if (file) {
      nbdkit_error ("file may be given once only");
      return -1;
    }
    return replace (&file, nbdkit_absolute_path (value));
  }
  if (strcmp (key, "tmpdir") == 0)
    return replace (&tmpdir, nbdkit_absolute_path (value));
  if (strcmp (key, "threads") == 0)
    return nbdkit_parse_unsigned ("threads", value, &nr_threads);
  if (strcmp (key, "cache") == 0) {
    int64_t size = nbdkit_parse_size (value);
    if (size == -1)
      return -1;
    cache_size = (uint64_t) size;
    return 0;
  }
  nbdkit_error ("unknown parameter '%s'", key);
  return -1;
}

#define flashimage_config_help \
  "[file=]IMAGE   (required) The disk image: raw, .xz or .gz, told by its bytes.\n" \
  "cache=SIZE     Memory for decoded data (default: a quarter of the RAM).\n" \
  "threads=N      Decoding threads (default: one for each CPU).\n" \
  "tmpdir=DIR     Where large one-Block .xz images are unpacked to\n" \
  "               (default: $TMPDIR or " DEFAULT_TMPDIR ")."

static int
flashimage_config_complete (void)
{
  const char *from_environment = getenv ("TMPDIR");

  if (!file) {
    nbdkit_error ("the image is missing: nbdkit flashimage [file=]IMAGE");
    return -1;
  }
  if (tmpdir)
    return 0;
  if (!from_environment || *from_environment == '\0')
    from_environment = DEFAULT_TMPDIR;
  return replace (&tmpdir, nbdkit_absolute_path (from_environment));
}

static void
flashimage_dump_plugin (void)
{
  printf ("flashimage_formats=%s,%s,%s\n", image_format_name (IMAGE_RAW),
          image_format_name (IMAGE_XZ), image_format_name (IMAGE_GZIP));
  printf ("flashimage_exports=%s,%s,%s\n", views[DISK_VIEW].name,
          views[STORED_VIEW].name, views[INTEGRITY].name);
}

/* Opening reads the headers and the Index, so that a bad file is refused before
 * nbdkit goes to the background.  Threads come with the first read. */
static int
flashimage_get_ready (void)
{
  const struct image_options options = {
    .memory_limit = cache_size, .threads = nr_threads, .spool_dir = tmpdir
  };
  int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd == -1) {
    nbdkit_error ("cannot open %s: %m", file);
    return -1;
  }
  image = image_open (fd, file, &options);
  if (!image)
    return -1;
  integrity = integrity_export_new (image);
  return integrity ? 0 : -1;
}

static void
flashimage_unload (void)
{
  integrity_export_free (integrity);
  image_close (image);
  free (tmpdir);
  free (file);
}

/* The format, and the size if it is known without decoding the image. */
static void
describe (enum view view, char *buf, size_t size)
{
  uint64_t bytes = 0;
  bool known = view == STORED_VIEW;

  if (view == STORED_VIEW)
    bytes = image_stored_size (image);
  else if (view == DISK_VIEW)
    known = image_peek_disk_size (image, &bytes);
  int n = snprintf (buf, size, "%s (%s)", views[view].description,
                    image_format_name (image_get_format (image)));
  if (known && n > 0 && (size_t) n < size)
    snprintf (buf + n, size - (size_t) n, ", %" PRIu64 " bytes", bytes);
}

static int
flashimage_list_exports (int readonly, int is_tls,
                         struct nbdkit_exports *exports)
{
  (void) readonly;
  (void) is_tls;
  for (size_t i = 0; i < NR_VIEWS; i++) {
    char description[100];

    describe ((enum view) i, description, sizeof description);
    if (nbdkit_add_export (exports, views[i].name, description) == -1)
      return -1;
  }
  return 0;
}

static const char *
flashimage_default_export (int readonly, int is_tls)
{
  (void) readonly;
  (void) is_tls;
  return views[DISK_VIEW].name;
}

static int
find_view (const char *name, enum view *view)
{
  if (*name == '\0') {
    *view = DISK_VIEW;
    return 0;
  }
  for (size_t i = 0; i < NR_VIEWS; i++)
    if (strcmp (name, views[i].name) == 0) {
      *view = (enum view) i;
      return 0;
    }
  nbdkit_error ("there is no export '%s': the exports are %s, %s and %s", name,
                views[DISK_VIEW].name, views[STORED_VIEW].name,
                views[INTEGRITY].name);
  nbdkit_set_error (ENOENT);
  return -1;
}

/* Prepare what VIEW needs, and find out its size. */
static int
open_view (struct handle *h)
{
  switch (h->view) {
  case DISK_VIEW:
    return image_disk_size (image, &h->size);
  case STORED_VIEW:
    h->size = image_stored_size (image);
    return 0;
  case INTEGRITY:
    h->size = INTEGRITY_EXPORT_SIZE;
    if (integrity_export_start (integrity) == -1)
      return -1;
    integrity_export_text (integrity, h->text);
    return 0;
  }
  return -1;
}

static void *
flashimage_open (int readonly)
{
  const char *name = nbdkit_export_name ();
  struct handle *h;

  (void) readonly;
  if (!name)
    return NULL;
  h = calloc (1, sizeof *h);
  if (!h) {
    nbdkit_error ("out of memory");
    return NULL;
  }
  pthread_mutex_init (&h->lock, NULL);
  if (find_view (name, &h->view) == -1 || open_view (h) == -1) {
    pthread_mutex_destroy (&h->lock);
    free (h);
    return NULL;
  }
  describe (h->view, h->description, sizeof h->description);
  return h;
}

static void
debug_statistics (void)
{
  struct image_statistics s;

  image_get_statistics (image, &s);
  nbdkit_debug ("cache: hits=%" PRIu64 " waits=%" PRIu64 " decoded=%" PRIu64
                " dropped=%" PRIu64 " restarts=%" PRIu64 " memory=%" PRIu64
                " peak=%" PRIu64, s.hits, s.waits, s.decoded, s.dropped,
                s.restarts, s.memory, s.memory_peak);
}

static void
flashimage_close (void *handle)
{
  struct handle *h = handle;

  if (flashimage_debug_cache)
    debug_statistics ();
  pthread_mutex_destroy (&h->lock);
  free (h);
}

static int64_t
flashimage_get_size (void *handle)
{
  const struct handle *h = handle;

  return (int64_t) h->size;
}

static const char *
flashimage_export_description (void *handle)
{
  const struct handle *h = handle;

  return nbdkit_strdup_intern (h->description);
}

static int
flashimage_block_size (void *handle, uint32_t *minimum, uint32_t *preferred,
                       uint32_t *maximum)
{
  const struct handle *h = handle;

  *minimum = 1;
  *preferred = h->view == INTEGRITY ? INTEGRITY_EXPORT_SIZE : 64 * 1024;
  *maximum = 0xffffffff;
  return 0;
}

/* The image does not change under its readers; the state of the scan does. */
static int
flashimage_can_multi_conn (void *handle)
{
  const struct handle *h = handle;

  return h->view != INTEGRITY;
}

static int
flashimage_can_extents (void *handle)
{
  const struct handle *h = handle;

  return h->view == DISK_VIEW;
}

/* To cache is to read: nbdkit calls pread and drops the data, and the Block that
 * they lie in stays decoded. */
static int
flashimage_can_cache (void *handle)
{
  const struct handle *h = handle;

  return h->view == DISK_VIEW ? NBDKIT_CACHE_EMULATE : NBDKIT_CACHE_NONE;
}

static void
read_integrity (struct handle *h, void *buf, uint32_t count, uint64_t offset)
{
  LOCK_SCOPE (&h->lock);
  if (offset == 0)
    integrity_export_text (integrity, h->text);
  memcpy (buf, h->text + offset, count);
}

static int
flashimage_pread (void *handle, void *buf, uint32_t count, uint64_t offset,
                  uint32_t flags)
{
  struct handle *h = handle;

  (void) flags;
  switch (h->view) {
  case DISK_VIEW:
    return image_pread (image, buf, count, offset);
  case STORED_VIEW:
    return image_pread_stored (image, buf, count, offset);
  case INTEGRITY:
    break;
  }
  read_integrity (h, buf, count, offset);
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

  (void) handle;
  if (image_extents (image, offset, count, add_extent, &request) == -1)
    return -1;
  return request.failed ? -1 : 0;
}

static struct nbdkit_plugin plugin = {
  .name = "flashimage",
  .longname = "flash-live-remote disk image plugin",
  .version = PACKAGE_VERSION,
  .description = "Serves raw, xz and gzip disk images decompressed, "
                 "with random access.",
  .config = flashimage_config,
  .config_complete = flashimage_config_complete,
  .config_help = flashimage_config_help,
  .magic_config_key = "file",
  .dump_plugin = flashimage_dump_plugin,
  .get_ready = flashimage_get_ready,
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
  .extents = flashimage_extents,
  .errno_is_preserved = 1,
};

/* nbdkit's header defines it without a declaration. */
NBDKIT_DLL_PUBLIC struct nbdkit_plugin *plugin_init (void);

NBDKIT_REGISTER_PLUGIN (plugin)
