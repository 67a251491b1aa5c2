/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block-cache.h"
#include "bzip2-stream.h"
#include "checked-view.h"
#include "cleanup.h"
#include "file-source.h"
#include "hole-map.h"
#include "image-ops.h"
#include "report.h"
#include "zstd-frame.h"

#define MEMORY_LIMIT_MIN (UINT64_C (64) << 20)
#define THREADS_MAX 256

/* Report FAULT for IM and return -1 with errno.  Damage is EIO to a reader:
 * EBADMSG is no error that NBD knows. */
static int
report_fault (const struct image *im, const struct fault *fault)
{
  report_error (fault_code (fault), "%s: %s", im->name, fault->text);
  errno = fault->errnum == EBADMSG ? EIO : fault->errnum;
  return -1;
}

static uint64_t
default_memory_limit (void)
{
  long pages = sysconf (_SC_PHYS_PAGES), page_size = sysconf (_SC_PAGESIZE);
  uint64_t quarter = 0;

  if (pages > 0 && page_size > 0)
    quarter = (uint64_t) pages * (uint64_t) page_size / 4;
  return quarter > MEMORY_LIMIT_MIN ? quarter : MEMORY_LIMIT_MIN;
}

static unsigned
default_threads (void)
{
  long cpus = sysconf (_SC_NPROCESSORS_ONLN);

  return cpus > 0 ? (unsigned) cpus : 1;
}

/* What may be left out. */
static void
fill_in_sizes (struct image_options *options)
{
  if (options->memory_limit == 0)
    options->memory_limit = default_memory_limit ();
  if (options->threads == 0)
    options->threads = default_threads ();
  if (options->threads > THREADS_MAX)
    options->threads = THREADS_MAX;
}

struct block_cache *
image_cache_new (const struct image_options *options)
{
  struct image_options filled = *options;
  struct fault fault;

  fill_in_sizes (&filled);
  struct block_cache *cache = block_cache_new (filled.memory_limit, filled.threads,
                                               &fault);
  if (!cache) {
    report_error (fault_code (&fault), "%s", fault.text);
    errno = fault.errnum;
  }
  return cache;
}

/* The cache that the image shares, else one of its own. */
static int
choose_cache (struct image *im, struct fault *fault)
{
  if (!im->options.cache) {
    im->own_cache = block_cache_new (im->options.memory_limit,
                                     im->options.threads, fault);
    im->options.cache = im->own_cache;
    return im->own_cache ? 0 : -1;
  }
  im->options.memory_limit = block_cache_memory_limit (im->options.cache);
  im->options.threads = block_cache_threads (im->options.cache);
  return 0;
}

static int
set_options (struct image *im, const struct image_options *options,
             struct fault *fault)
{
  if (options)
    im->options = *options;
  im->options.spool_dir = im->options.index_dir = NULL;
  fill_in_sizes (&im->options);
  if (options && options->spool_dir) {
    im->options.spool_dir = strdup (options->spool_dir);
    if (!im->options.spool_dir)
      return fault_no_memory (fault, "the name of a directory");
  }
  if (options && options->index_dir) {
    im->options.index_dir = strdup (options->index_dir);
    if (!im->options.index_dir)
      return fault_no_memory (fault, "the name of a directory");
  }
  if (choose_cache (im, fault) == -1)
    return -1;
  scan_record_set_threads (im->record, im->options.threads);
  return 0;
}

static int
detect_format (struct image *im, struct fault *fault)
{
  static const unsigned char xz_magic[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
  static const unsigned char gzip_magic[3] = { 0x1f, 0x8b, 8 };
  unsigned char magic[10] = { 0 };
  size_t len = im->stored_size < sizeof magic ? (size_t) im->stored_size
                                              : sizeof magic;

  if (image_read_stored (im, magic, len, 0, fault) == -1)
    return -1;
  if (memcmp (magic, xz_magic, sizeof xz_magic) == 0) {
    im->format = IMAGE_XZ;
    im->ops = &xz_image_ops;
  }
  else if (memcmp (magic, gzip_magic, sizeof gzip_magic) == 0) {
    im->format = IMAGE_GZIP;
    im->ops = &gzip_image_ops;
  }
  else if (bzip2_is_header (magic)) {
    im->format = IMAGE_BZIP2;
    im->ops = &bzip2_image_ops;
  }
  else if (memcmp (magic, "PK\3\4", 4) == 0 || memcmp (magic, "PK\5\6", 4) == 0) {
    im->format = IMAGE_ZIP;
    im->ops = &zip_image_ops;
  }
  else {
    const int is_zstd = zstd_frame_detect (im, fault);

    if (is_zstd == -1)
      return -1;
    im->format = is_zstd ? IMAGE_ZSTD : IMAGE_RAW;
    im->ops = is_zstd ? &zstd_image_ops : &raw_image_ops;
  }
  return 0;
}

/* IM with a name, or NULL. */
static struct image *
new_image (const char *name)
{
  struct image *im = calloc (1, sizeof *im);

  if (im)
    im->name = strdup (name);
  if (!im || !im->name) {
    report_error (ERROR_OUT_OF_MEMORY, "%s: out of memory", name);
    free (im);
    errno = ENOMEM;
    return NULL;
  }
  pthread_mutex_init (&im->scan_lock, NULL);
  pthread_mutex_init (&im->memo_lock, NULL);
  pthread_cond_init (&im->scan_ended, NULL);
  return im;
}

static struct image *
give_up (struct image *im, const struct fault *fault)
{
  report_fault (im, fault);
  int saved = errno;
  image_close (im);
  errno = saved;
  return NULL;
}

/* IM has its source. */
static int
open_image (struct image *im, const struct image_options *options,
            struct fault *fault)
{
  im->stored_size = im->source->size;
  im->record = scan_record_new ();
  if (!im->record)
    return fault_no_memory (fault, "an image");
  if (set_options (im, options, fault) == -1
      || (!im->ops && detect_format (im, fault) == -1)
      || im->ops->open (im, fault) == -1)
    return -1;
  if (im->source->remote)
    im->checked = checked_view_new (im, fault);
  if (im->source->remote && !im->checked)
    return -1;
  image_recall_scan (im);
  return 0;
}

struct image *
image_open_source (struct byte_source *source, const char *name,
                   const struct image_options *options)
{
  struct image *im = new_image (name);
  struct fault fault;

  if (!im) {
    source->ops->close (source);
    errno = ENOMEM;
    return NULL;
  }
  im->source = source;
  return open_image (im, options, &fault) == 0 ? im : give_up (im, &fault);
}

struct image *
image_open_as (struct byte_source *source, const char *name,
               const struct image_options *options,
               const struct image_ops *ops, enum image_format format, void *state)
{
  struct image unnamed = { .ops = ops, .state = state };
  struct image *im = new_image (name);
  struct fault fault;

  if (!im) {
    ops->close (&unnamed);
    source->ops->close (source);
    errno = ENOMEM;
    return NULL;
  }
  im->source = source;
  im->ops = ops;
  im->format = format;
  im->state = state;
  return open_image (im, options, &fault) == 0 ? im : give_up (im, &fault);
}

struct image *
image_open (int fd, const char *name, const struct image_options *options)
{
  struct image *im = new_image (name);
  struct fault fault;

  if (!im) {
    close (fd);
    errno = ENOMEM;
    return NULL;
  }
  im->source = file_source_open (fd, &fault);
  if (im->source && open_image (im, options, &fault) == 0)
    return im;
  return give_up (im, &fault);
}

void
image_close (struct image *im)
{
  if (!im)
    return;
  if (im->source)
    image_cancel (im);
  checked_view_stop (im->checked);
  if (im->ops)
    im->ops->close (im);
  checked_view_free (im->checked);
  block_cache_free (im->own_cache);
  scan_record_free (im->record);
  if (im->source)
    im->source->ops->close (im->source);
  pthread_cond_destroy (&im->scan_ended);
  pthread_mutex_destroy (&im->scan_lock);
  pthread_mutex_destroy (&im->memo_lock);
  free ((char *) im->options.index_dir);
  free ((char *) im->options.spool_dir);
  free (im->name);
  free (im);
}

void
image_cancel (struct image *im)
{
  atomic_store (&im->cancelled, true);
  if (im->source->ops->cancel)
    im->source->ops->cancel (im->source);
}

enum image_format
image_get_format (const struct image *im)
{
  return im->format;
}

const char *
image_format_name (enum image_format format)
{
  static const char *const names[NR_IMAGE_FORMATS] = {
    [IMAGE_RAW] = "raw", [IMAGE_XZ] = "xz", [IMAGE_GZIP] = "gzip",
    [IMAGE_ZSTD] = "zstd", [IMAGE_BZIP2] = "bzip2", [IMAGE_ZIP] = "zip"
  };

  return names[format];
}

uint64_t
image_stored_size (const struct image *im)
{
  return im->stored_size;
}

int
image_disk_size (struct image *im, uint64_t *size)
{
  struct fault fault;

  /* Also when it is known: an early announcement of gzip ends with this. */
  if (im->ops->disk_size (im, size, &fault) == -1)
    return report_fault (im, &fault);
  return 0;
}

bool
image_peek_disk_size (struct image *im, uint64_t *size)
{
  if (!atomic_load (&im->scanned))
    return im->ops->peek_disk_size (im, size);
  *size = im->result.disk_size;
  return true;
}

void
image_get_statistics (struct image *im, struct image_statistics *statistics)
{
  memset (statistics, 0, sizeof *statistics);
  if (im->ops->statistics)
    im->ops->statistics (im, statistics);
  else if (im->checked)
    checked_view_statistics (im->checked, statistics);
}

static int
read_disk (struct image *im, void *buf, size_t len, uint64_t offset,
           struct fault *fault)
{
  return im->checked ? checked_view_read (im->checked, buf, len, offset, fault)
                     : im->ops->pread (im, buf, len, offset, fault);
}

int
image_pread (struct image *im, void *buf, size_t len, uint64_t offset)
{
  struct fault fault;

  /* Also for bytes that come out of a cache: no reader may get a mixture of an
   * old and a new image. */
  if (image_check_unchanged (im, &fault) == -1
      || read_disk (im, buf, len, offset, &fault) == -1
      || image_check_promises (im, &fault) == -1)
    return report_fault (im, &fault);
  return 0;
}

int
image_pread_stored (struct image *im, void *buf, size_t len, uint64_t offset)
{
  struct fault fault;

  if (image_check_range (im->stored_size, len, offset, &fault) == -1
      || image_read_ahead (im, buf, len, offset, &fault) == -1)
    return report_fault (im, &fault);
  return 0;
}

void
image_prefetch (struct image *im, uint64_t count, uint64_t offset)
{
  if (im->checked && im->ops->flat)
    checked_view_prefetch (im->checked, count, offset);
  else if (im->ops->prefetch)
    im->ops->prefetch (im, count, offset);
}

bool
image_get_digest (struct image *im, uint64_t chunk, unsigned char digest[16])
{
  return scan_record_get_digest (im->record, chunk, digest);
}

void
image_promise_hole (struct image *im, uint64_t offset, uint64_t length)
{
  uint64_t size;

  /* The last granule is whole when it ends where the disk view does. */
  if (image_peek_disk_size (im, &size) && offset < size
      && length >= size - offset)
    length = (size - offset) + (HOLE_GRANULE - size % HOLE_GRANULE) % HOLE_GRANULE;
  scan_record_promise_hole (im->record, offset, length);
}

int
image_check_promises (const struct image *im, struct fault *fault)
{
  return scan_record_check_promises (im->record, fault);
}

/* After a scan the record knows it all, whatever the format. */
static int
walk_record (struct image *im, uint64_t offset, uint64_t count,
             struct extent_walk *walk, struct fault *fault)
{
  const uint64_t end = offset + count;

  if (image_check_range (im->result.disk_size, count, offset, fault) == -1)
    return -1;
  while (offset < end) {
    uint64_t next;
    bool hole = hole_map_run (scan_record_holes (im->record), offset, end,
                              &next) == HOLE_ZERO;

    if (!extent_walk_emit (walk, offset, next - offset, hole))
      break;
    offset = next;
  }
  return 0;
}

static int
walk_extents (struct image *im, uint64_t offset, uint64_t count,
              struct extent_walk *walk, struct fault *fault)
{
  if (im->checked && im->ops->flat)
    return checked_view_extents (im->checked, offset, count, walk, fault);
  /* The holes of a raw file may be finer than the record's; gzip looks first
   * whether it has announced a wrong size. */
  if (atomic_load (&im->scanned) && im->format != IMAGE_RAW
      && im->format != IMAGE_GZIP)
    return walk_record (im, offset, count, walk, fault);
  return im->ops->extents (im, offset, count, walk, fault);
}

int
image_extents (struct image *im, uint64_t offset, uint64_t count,
               image_extent_fn fn, void *opaque)
{
  struct extent_walk walk = { .fn = fn, .opaque = opaque };
  struct fault fault;

  /* No extent may be told of a map that is known to be wrong; one that this very
   * call finds wrong makes it fail too. */
  if (image_check_unchanged (im, &fault) == -1
      || image_check_promises (im, &fault) == -1
      || walk_extents (im, offset, count, &walk, &fault) == -1
      || image_check_promises (im, &fault) == -1)
    return report_fault (im, &fault);
  return walk.result;
}

bool
extent_walk_emit (struct extent_walk *walk, uint64_t offset, uint64_t length,
                  bool hole)
{
  if (length > 0)
    walk->result = walk->fn (walk->opaque, offset, length, hole);
  return walk->result == 0;
}

int
image_check_unchanged (const struct image *im, struct fault *fault)
{
  struct byte_source *source = im->source;

  return source->ops->check_unchanged
         ? source->ops->check_unchanged (source, false, fault) : 0;
}

int
image_check_range (uint64_t size, uint64_t len, uint64_t offset,
                   struct fault *fault)
{
  if (offset > size || len > size - offset)
    return fault_set (fault, EINVAL, "bytes %" PRIu64 " + %" PRIu64
                      " lie beyond the end, which is at %" PRIu64,
                      offset, len, size);
  return 0;
}

/* All decoders come by here again and again. */
static int
check_cancelled (const struct image *im, struct fault *fault)
{
  if (atomic_load (&im->cancelled))
    return fault_set (fault, ECANCELED, "cancelled: the program ends");
  return 0;
}

int
image_read_stored (const struct image *im, void *buf, size_t len,
                   uint64_t offset, struct fault *fault)
{
  if (check_cancelled (im, fault) == -1)
    return -1;
  /* A raw image's checked view reads by this. */
  if (im->checked && im->ops != &raw_image_ops)
    return checked_view_read_stored (im->checked, buf, len, offset, fault);
  return im->source->ops->read (im->source, buf, len, offset, fault);
}

int
image_read_ahead (const struct image *im, void *buf, size_t len,
                  uint64_t offset, struct fault *fault)
{
  if (!im->checked)
    return image_read_stored (im, buf, len, offset, fault);
  if (check_cancelled (im, fault) == -1)
    return -1;
  return checked_view_read_stored (im->checked, buf, len, offset, fault);
}
