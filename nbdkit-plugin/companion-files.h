/* SPDX-License-Identifier: MIT */
/* The files beside an image that say something about it: its SHA-256
 * (FILE.sha256, FILE.sha256sum, SHA256SUMS, sha256sums.txt, SHA256SUMS.txt) and
 * its holes and size (FILE.bmap, or that name without its last one or two
 * suffixes).  What is there is held against the image; what is there and cannot be
 * read or understood is a fault, not nothing.
 *
 * Constant once read.  FAULT buffers are always terminated. */

#ifndef FLASHIMAGE_COMPANION_FILES_H
#define FLASHIMAGE_COMPANION_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checksum-file.h"
#include "image.h"

#define COMPANION_FAULT_SIZE 512

struct companion_files;
struct image_directory;

/* Those of the image at PATH in DIR.  NULL: no memory, reported. */
struct companion_files *companion_files_read (const struct image_directory *dir,
                                              const char *path);
/* None, for an image that lies in no folder. */
struct companion_files *companion_files_none (void);
void companion_files_free (struct companion_files *files); /* NULL is allowed */

/* Why they cannot be used, or NULL. */
const char *companion_files_fault (const struct companion_files *files);

/* Whether one of them says the SHA-256 of the stored view. */
bool companion_files_have_checksum (const struct companion_files *files);

/* Whether it is HASH: 0, or -1 with FAULT. */
int companion_files_check_stored (const struct companion_files *files,
                                  const unsigned char hash[CHECKSUM_SIZE],
                                  char fault[COMPANION_FAULT_SIZE]);

/* The size of the disk view in bytes by a .bmap, 0: none says it. */
uint64_t companion_files_disk_size (const struct companion_files *files);

/* Whether it may be DISK_SIZE: 0, or -1 with FAULT. */
int companion_files_check_disk_size (const struct companion_files *files,
                                     uint64_t disk_size,
                                     char fault[COMPANION_FAULT_SIZE]);

/* Tell IM, whose size was checked, about the holes. */
void companion_files_promise_holes (const struct companion_files *files,
                                    struct image *im);

/* Lines, each ending in \n, for an image that agrees with them. */
const char *companion_files_notes (const struct companion_files *files);

#endif
