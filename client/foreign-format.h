/* SPDX-License-Identifier: MIT */
/* Files that people hand over by mistake instead of a disk image. */

#ifndef CLIENT_FOREIGN_FORMAT_H
#define CLIENT_FOREIGN_FORMAT_H

#include <stddef.h>

/* Looks at the first LEN bytes of a disk view, so behind the compression that
 * the image server takes off.  Returns what they begin ("a zip archive"), or
 * NULL when it is nothing known, so possibly a disk image.  The string is
 * static. */
const char *foreign_format (const unsigned char *start, size_t len);

#endif
