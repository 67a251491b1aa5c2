/* SPDX-License-Identifier: MIT */
/* The names of exports, as clients send them: untrusted.
 *
 * One image is served (file=): the names of the views.  A folder is served
 * (dir=): PATH for the disk view, PATH/VIEW for the others.  The two cannot be
 * confused, because an image's name ends in a known suffix and a view's does not.
 */

#ifndef FLASHIMAGE_EXPORT_NAME_H
#define FLASHIMAGE_EXPORT_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum view { DISK_VIEW, STORED_VIEW, INTEGRITY_VIEW, DIGESTS_VIEW };
#define NR_VIEWS 4

const char *view_name (enum view view);
/* False: there is no view of that name. */
bool view_find (const char *name, enum view *view);

/* Divide NAME into the path of an image and a view: the length of the path. */
size_t export_name_split (const char *name, enum view *view);

/* Why PATH cannot be the path of an image below a folder, for "PATH: TEXT", or
 * NULL: relative, without "//", "." and "..", nothing hidden, UTF-8 without
 * control characters, with the suffix of an image. */
const char *image_path_fault (const char *path);

/* Whether one component may be part of such a path. */
bool image_path_component_ok (const char *name);
/* Whether the suffix is that of an image. */
bool image_path_has_suffix (const char *path);

/* NAME for a message: control characters and what is not UTF-8 become \xNN, and
 * what does not fit is cut and marked by "...".  Returns BUF. */
#define EXPORT_NAME_ESCAPED_SIZE 400
const char *export_name_escape (const char *name,
                                char buf[EXPORT_NAME_ESCAPED_SIZE]);

#endif
