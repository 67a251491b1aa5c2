/* SPDX-License-Identifier: MIT */
/* An ext4 file system in a partition of an image, changed through an overlay.  Paths
 * are absolute, and symbolic links are followed inside of it.  What an image holds is
 * not trusted.  One at a time. */

#ifndef FLASH_EXT4_VOLUME_H
#define FLASH_EXT4_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image-overlay.h"

struct ext4_volume;

/* Open the file system in the SIZE bytes at START; NAME is for messages, and must
 * stay.  NULL after a report. */
struct ext4_volume *ext4_volume_open (struct image_overlay *overlay, uint64_t start,
                                      uint64_t size, const char *name);
/* NULL is allowed.  What was not flushed is dropped. */
void ext4_volume_close (struct ext4_volume *v);

/* Whether it can be changed as it lies in the image: 0; -1 after a report: its journal
 * must be replayed first, it has errors, or something that is not kept up to date
 * here.  To be called before the first change. */
int ext4_volume_check_writable (struct ext4_volume *v);
/* Put all changes into the overlay.  0, or -1 after a report. */
int ext4_volume_flush (struct ext4_volume *v);

enum ext4_kind { EXT4_NOTHING, EXT4_FILE, EXT4_DIRECTORY, EXT4_OTHER };
/* What is at PATH; EXT4_OTHER also when it cannot be told. */
enum ext4_kind ext4_volume_kind (struct ext4_volume *v, const char *path);

/* The regular file PATH, with a NUL behind it, for the caller to free: at most MAX
 * bytes, else it is an error.  NULL after a report. */
char *ext4_volume_read (struct ext4_volume *v, const char *path, size_t max);

struct ext4_owner
{
  unsigned mode;                /* the permissions, 07777 */
  uint32_t user, group;
  const char *label;            /* for security.selinux, or NULL */
};

/* Make PATH a file with these bytes: the file that is there gets them, or there is a
 * new one; its folder must be there.  In a file system with labels, a file without a
 * label of its own gets its old one, or its folder's.  0, or -1 after a report. */
int ext4_volume_write (struct ext4_volume *v, const char *path, const void *data,
                       size_t len, const struct ext4_owner *owner);

/* Who may do what with the file or folder PATH.  Likewise. */
int ext4_volume_set_owner (struct ext4_volume *v, const char *path,
                           const struct ext4_owner *owner);

/* Make the folder PATH, unless it is there; its parent must be.  Likewise. */
int ext4_volume_make_folder (struct ext4_volume *v, const char *path,
                             const struct ext4_owner *owner);

#endif
