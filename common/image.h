/* SPDX-License-Identifier: MIT */
/* A disk image, raw or compressed, told by its magic bytes: in a file, or in another
 * byte source.
 *
 * The *stored view* is the file's own bytes, the *disk view* is what they
 * decompress to.  Both are read by offset; the disk view of every format is
 * random access.
 *
 * Errors: functions return -1 (or NULL) with errno set, after one call of
 * report_error() (report.h) that names the image, the offset and the cause.
 * Threads: every function may be called from several threads on one image,
 * except image_open and image_close.
 */

#ifndef FLASHIMAGE_IMAGE_H
#define FLASHIMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_format
{
  IMAGE_RAW, IMAGE_XZ, IMAGE_GZIP, IMAGE_ZSTD, IMAGE_BZIP2, IMAGE_ZIP
};
#define NR_IMAGE_FORMATS 6

struct block_cache;
struct byte_source;
struct image;

struct image_options
{
  /* Upper limit in bytes for decoded data and decoder state, all threads
   * together.  0: a quarter of the machine's RAM, at least 64 MiB.  At least
   * one Block (or one decoder, of 128 MiB at most) is always allowed. */
  uint64_t memory_limit;
  /* Decoding threads, 0: one for each online CPU. */
  unsigned threads;
  /* Directory for an unlinked spool file, which one-Block xz images need for
   * random access.  NULL: never spool; reading backwards then decodes from the
   * start again, reading forwards costs nothing extra. */
  const char *spool_dir;
  /* Decoded data and decoding threads that several images share
   * (block-cache.h); must outlive them.  Then memory_limit and threads are the
   * cache's.  NULL: the image has its own. */
  struct block_cache *cache;
  /* Directory in which scans are remembered (remembered-scan.h), made when it
   * is missing.  NULL: they are neither read nor written. */
  const char *index_dir;
  /* The size of the disk view that a companion file states, 0: none.  Never
   * trusted alone. */
  uint64_t size_hint;
};

/* A cache for image_options.cache, by the memory_limit and the threads of OPTIONS or
 * what stands for 0 there.  To be freed by block_cache_free after the last image.
 * NULL, reported. */
struct block_cache *image_cache_new (const struct image_options *options);

/* Opens the image in FD and takes FD over (closed by image_close, and closed
 * on failure too).  NAME is used in messages and copied.  Reads headers and
 * indexes and what is remembered of a scan, decodes nothing.  OPTIONS may be
 * NULL. */
struct image *image_open (int fd, const char *name,
                          const struct image_options *options);
/* The same for another source of bytes, which is taken over. */
struct image *image_open_source (struct byte_source *source, const char *name,
                                 const struct image_options *options);
void image_close (struct image *im);            /* NULL is allowed */

/* The program is about to end: from now on whatever needs stored bytes fails with
 * ECANCELED, also what is under way in other threads.  Returns at once. */
void image_cancel (struct image *im);

enum image_format image_get_format (const struct image *im);
const char *image_format_name (enum image_format format); /* "raw" ... */

uint64_t image_stored_size (const struct image *im);

/* The size of the disk view.  Known at once for raw, xz and zip, and for every format
 * after a scan, and after one that is remembered.  For gzip it may be *announced*
 * before it is known, when the file's trailer and the partition table (or
 * image_options.size_hint) agree; else the first call decodes the whole image,
 * concurrent callers wait for it.
 *
 * Of a size that is only announced or stated (zip), the last 64 KiB granule is not
 * given out before the data have been decoded to their end.  If that shows an
 * announced size to be wrong, every read fails (EIO) until this is called again,
 * which then tells the truth: whoever keeps a size over a long time should compare
 * it with image_peek_disk_size, which never tells what is only announced. */
int image_disk_size (struct image *im, uint64_t *size);

/* Read exactly LEN bytes of the disk view at OFFSET; a range beyond the end is
 * an error (EINVAL).  Readers in rising order get decode-ahead.  Fails with
 * EIO when the file changed since image_open. */
int image_pread (struct image *im, void *buf, size_t len, uint64_t offset);
int image_pread_stored (struct image *im, void *buf, size_t len, uint64_t offset);

/* Begin to decode what a read of this range will need.  Returns at once; an
 * error is left to that read. */
void image_prefetch (struct image *im, uint64_t count, uint64_t offset);

/* The digest of the chunk of DIGEST_CHUNK bytes of the disk view with that
 * number: false when it is not known yet.  After a full scan (image-scan.h) all
 * are known. */
bool image_get_digest (struct image *im, uint64_t chunk,
                       unsigned char digest[16]);

/* Someone else, a .bmap beside the image, says that these bytes of the disk view
 * are zero.  Whole granules of 64 KiB in there are holes from now on, before
 * anything is decoded.  When what is decoded contradicts, image_pread and
 * image_extents fail from then on (EIO), and the scan says damaged. */
void image_promise_hole (struct image *im, uint64_t offset, uint64_t length);

/* Describe the disk view from OFFSET on: calls FN for consecutive extents, in
 * rising order without gaps, until FN returns nonzero (which image_extents then
 * returns), COUNT bytes are covered, or at least one extent is told and what
 * follows is not known without a lot of decoding.  A hole reads as zeroes.
 * Granularity for decoded formats: 64 KiB. */
typedef int (*image_extent_fn) (void *opaque, uint64_t offset, uint64_t length,
                                bool hole);
int image_extents (struct image *im, uint64_t offset, uint64_t count,
                   image_extent_fn fn, void *opaque);

#endif
