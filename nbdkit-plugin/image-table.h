/* SPDX-License-Identifier: MIT */
/* The images that are open, shared by all connections: one for each file as it
 * was (device, inode, size, mtime).  A file that is replaced gets a new one, while
 * connections to the old one keep theirs.  Images that nobody uses stay open for a
 * while, so that what was decoded of them is still there for the next client.
 *
 * Thread safe, except new and free. */

#ifndef FLASHIMAGE_IMAGE_TABLE_H
#define FLASHIMAGE_IMAGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "scan-job.h"
#include "stored-hash.h"

#define IMAGE_TABLE_IDLE_MAX 8

struct image_table;

/* Constant as long as it is held. */
struct served_image
{
  const char *name;             /* for messages */
  int64_t modified;             /* of the file, seconds since 1970; 0: not known */
  struct image *im;             /* NULL: it could not be opened, because of ... */
  char error[512];              /* ... this, the name included */
  int errnum;
  struct stored_hash *hash;     /* of IM, as is JOB */
  struct scan_job *job;
};

/* The strings and the cache in OPTIONS must outlive the table; size_hint is not
 * looked at.  NULL: no memory, reported. */
struct image_table *image_table_new (const struct image_options *options);

/* All images must have been put back.  NULL is allowed. */
void image_table_free (struct image_table *table);

/* From now on every read under way, and every later one, fails soon. */
void image_table_cancel (struct image_table *table);

/* The image in FD, which is taken over.  SIZE_HINT: see image_options.  To be put
 * back.  NULL, reported: the table is cancelled, or memory or descriptors have run
 * out.  An image that cannot be opened for another reason is not reported. */
struct served_image *image_table_get (struct image_table *table, int fd,
                                      const char *name, uint64_t size_hint);

/* IM, which is taken over, from now on, as the only one of its kind.  To be put back.
 * NULL, reported. */
struct served_image *image_table_add (struct image_table *table,
                                      struct image *im, const char *name);

/* The image in FD if it is open already, else NULL.  FD stays the caller's. */
struct served_image *image_table_find (struct image_table *table, int fd);

void image_table_put (struct image_table *table, struct served_image *served);

/* Whether any scan is running. */
bool image_table_is_scanning (struct image_table *table);

/* Tell IM, once, about the holes that PROMISE knows of. */
void image_table_promise_once (struct image_table *table,
                               struct served_image *served,
                               void (*promise) (void *opaque, struct image *im),
                               void *opaque);

#endif
