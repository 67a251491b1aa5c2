/* SPDX-License-Identifier: MIT */
/* The folder in which remembered scans lie: a file for each image, named after
 * the device and the inode that the image has.  Shared by all processes of a user.
 * Thread safe. */

#ifndef FLASHIMAGE_SCAN_FOLDER_H
#define FLASHIMAGE_SCAN_FOLDER_H

#include <stddef.h>
#include <stdint.h>

struct fault;

/* A larger one is neither read nor written. */
#define SCAN_FILE_MAX (UINT64_C (256) << 20)

/* What the folder may hold; beyond it the least recently used files go. */
#define SCAN_FOLDER_BYTES (UINT64_C (1) << 30)
#define SCAN_FOLDER_FILES 256

/* The path of the file of an image; the caller frees it.  NULL: no memory. */
char *scan_folder_path (const char *folder, uint64_t device, uint64_t inode);

/* The content of the file at PATH in *DATA (which the caller frees), and its use
 * noted.  Refused: what is not a regular file of ours, or can be written by others,
 * who could vouch for a bad image with it.  -1 with FAULT set; ENOENT when there is
 * no such file. */
int scan_folder_read (const char *path, unsigned char **data, size_t *len,
                      struct fault *fault);

/* Make the file at PATH, or replace it, in one step: other processes see either
 * the old content or the new.  Makes the folder (for the user alone, 0700) if it is
 * missing, and prunes it afterwards. */
int scan_folder_write (const char *folder, const char *path, const void *data,
                       size_t len, struct fault *fault);

#endif
