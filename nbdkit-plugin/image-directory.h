/* SPDX-License-Identifier: MIT */
/* The folder that images and their companion files are opened from, held open
 * from the start.
 *
 * A *confined* folder (dir=) gives access to nothing outside of it, whatever the
 * names and the links below it are: openat2(2) with RESOLVE_BENEATH and
 * RESOLVE_NO_MAGICLINKS, so that links which stay inside work; on kernels without
 * it (before 5.6) component by component, without any links.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_IMAGE_DIRECTORY_H
#define FLASHIMAGE_IMAGE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

struct image_directory;

/* NULL, reported: PATH is no folder. */
struct image_directory *image_directory_open (const char *path, bool confined);
void image_directory_close (struct image_directory *dir);  /* NULL is allowed */

/* Open the file at PATH below DIR for reading.  In a confined folder it must be
 * a regular file; nothing else is even opened.  The descriptor, or -1 with errno
 * (EXDEV: it leads outside; EINVAL: no regular file).  Nothing is reported. */
int image_directory_open_file (const struct image_directory *dir,
                               const char *path);

#define IMAGE_DIRECTORY_DEPTH_MAX 8
#define IMAGE_DIRECTORY_IMAGES_MAX 2000

struct image_list
{
  char **paths;         /* sorted by strcmp */
  size_t nr;
  bool cut;             /* there are more, or deeper ones */
};

/* The paths of the images in and below DIR: regular files, and links to such that
 * stay inside, whose names image_path_fault accepts.  Links to folders are not
 * followed.  0, or -1, reported. */
int image_directory_list (const struct image_directory *dir,
                          struct image_list *list);
void image_list_free (struct image_list *list);

#endif
