/* SPDX-License-Identifier: MIT */
/* The bytes of a regular file or of a disk. */

#ifndef FLASHIMAGE_FILE_SOURCE_H
#define FLASHIMAGE_FILE_SOURCE_H

#include "byte-source.h"

/* Takes FD over, also when it fails: NULL with FAULT set. */
struct byte_source *file_source_open (int fd, struct fault *fault);

#endif
