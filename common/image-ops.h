/* SPDX-License-Identifier: MIT */
/* Behind image.h: what an open image is made of, and the table of operations
 * that each format fills in.  Only the files that implement image.h and
 * image-scan.h include this.
 *
 * Operations return 0, or -1 with FAULT set; EBADMSG stands for damage. */

#ifndef FLASHIMAGE_IMAGE_OPS_H
#define FLASHIMAGE_IMAGE_OPS_H

#include <pthread.h>
#include <stdatomic.h>

#include "byte-source.h"
#include "fault.h"
#include "image-scan.h"
#include "image-statistics.h"
#include "image.h"
#include "scan-buffer.h"
#include "scan-record.h"

/* One image_extents call: whom to tell, and what the callback returned. */
struct extent_walk
{
  image_extent_fn fn;
  void *opaque;
  int result;           /* nonzero: the callback wants no more */
};

/* One image_scan call. */
struct scan_run
{
  struct image *im;
  image_scan_progress progress;
  void *opaque;
  uint64_t total;
};

struct image_ops
{
  /* The disk view comes as it is: nothing of it is decoded or kept, and whoever asks
   * for its extents may as well have them found out by reading (checked-view.h). */
  bool flat;
  int (*open) (struct image *im, struct fault *fault);
  void (*close) (struct image *im);     /* accepts a half-opened image */
  int (*disk_size) (struct image *im, uint64_t *size, struct fault *fault);
  bool (*peek_disk_size) (struct image *im, uint64_t *size);
  int (*pread) (struct image *im, void *buf, size_t len, uint64_t offset,
                struct fault *fault);
  int (*extents) (struct image *im, uint64_t offset, uint64_t count,
                  struct extent_walk *walk, struct fault *fault);
  int (*scan) (struct image *im, struct scan_run *run,
               struct image_scan_result *result, struct fault *fault);
  void (*statistics) (struct image *im, struct image_statistics *statistics);
  /* See image_prefetch.  NULL: nothing to do. */
  void (*prefetch) (struct image *im, uint64_t count, uint64_t offset);
  /* What this format keeps in a remembered scan beside what all do: access
   * points, frames.  Called when the disk view's size is known and proven.  NULL:
   * nothing. */
  void (*save) (struct image *im, struct scan_writer *w);
  /* Take it back, right after open: false when it makes no sense (untrusted),
   * and then the image is as if just opened.  DISK_SIZE and the record are
   * known. */
  bool (*load) (struct image *im, struct scan_reader *r, uint64_t disk_size);
};

extern const struct image_ops raw_image_ops, xz_image_ops, gzip_image_ops;
extern const struct image_ops zstd_image_ops, bzip2_image_ops, zip_image_ops;

struct checked_view;

struct image
{
  const struct image_ops *ops;
  enum image_format format;
  struct byte_source *source;   /* owned */
  struct checked_view *checked; /* NULL: the source is not remote */
  char *name;
  /* Defaults filled in; there always is a cache.  spool_dir is owned. */
  struct image_options options;
  struct block_cache *own_cache;        /* NULL: the cache is a shared one */
  uint64_t stored_size;
  atomic_bool cancelled;        /* image_cancel */
  struct scan_record *record;   /* what is known of the disk view */
  void *state;                  /* owned by the format */

  atomic_bool scanned;          /* RESULT is filled in, and constant */
  struct image_scan_result result;
  atomic_uint_least64_t scan_done;      /* progress of the scan under way */
  pthread_mutex_t memo_lock;    /* held while a scan is saved; guards the next two */
  bool has_sha256;
  unsigned char sha256[32];     /* of the stored view */
  pthread_mutex_t scan_lock;    /* guards the rest */
  pthread_cond_t scan_ended;
  bool scanning;                /* a thread is in OPS->scan */
  struct fault forgotten;       /* why the scan is not remembered; errnum 0: it is */
};

/* As image_open_source, for an image that is known to be of FORMAT and whose
 * operations, with their STATE, are another program's own.  Both are taken over. */
struct image *image_open_as (struct byte_source *source, const char *name,
                             const struct image_options *options,
                             const struct image_ops *ops,
                             enum image_format format, void *state);

/* Exactly LEN stored bytes at OFFSET; fails when the file changed, or the image was
 * cancelled. */
int image_read_stored (const struct image *im, void *buf, size_t len,
                       uint64_t offset, struct fault *fault);

/* The same for a caller who reads on: from a remote source through the checked view
 * of a raw image, which reads ahead. */
int image_read_ahead (const struct image *im, void *buf, size_t len,
                      uint64_t offset, struct fault *fault);

/* Whether the file is still the one that was opened. */
int image_check_unchanged (const struct image *im, struct fault *fault);

/* Fails (EBADMSG) when a promised hole turned out to have data in it. */
int image_check_promises (const struct image *im, struct fault *fault);

/* Take back what is remembered of IM, just opened. */
void image_recall_scan (struct image *im);

/* EINVAL unless the range lies in a disk view of SIZE bytes. */
int image_check_range (uint64_t size, uint64_t len, uint64_t offset,
                       struct fault *fault);

/* Tell the callback; false when it wants no more. */
bool extent_walk_emit (struct extent_walk *walk, uint64_t offset,
                       uint64_t length, bool hole);

/* image_scan without a report. */
int image_run_scan (struct image *im, struct scan_run *run,
                    struct image_scan_result *result, struct fault *fault);

/* Progress of a scan: 0, or -1 with ECANCELED. */
int scan_run_progress (struct scan_run *run, uint64_t done,
                       struct fault *fault);

/* Append a line to the notes of a result; what does not fit is left out. */
void scan_result_note (struct image_scan_result *result, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

#endif
