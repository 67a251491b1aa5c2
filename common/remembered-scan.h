/* SPDX-License-Identifier: MIT */
/* The result of a full scan that found an image intact, kept in a file of the
 * user's own (scan-folder.h), so that the next opening of the image begins with all
 * that there is to know.
 *
 * It is taken back for the very same file only: device, inode, size, mtime and
 * ctime.  The ctime is in the key because mtime can be set: tools that write into a
 * file and restore its times (rsync --inplace, tar, touch -r) would else have the
 * old verdict vouch for new bytes.  Its price is a scan too many after a chmod, a
 * rename or a new link.
 *
 * The file: magic, version, key, format, result, SHA-256, digests, holes, the format's own
 * part (image_ops.save), and XXH3-128 of all that; numbers are 64 bits,
 * little-endian.  Its reader trusts nothing all the same. */

#ifndef FLASHIMAGE_REMEMBERED_SCAN_H
#define FLASHIMAGE_REMEMBERED_SCAN_H

#include <stdbool.h>

struct fault;
struct image;
struct image_scan_result;

/* Whether scans of IM can be remembered: there is a folder, and IM is a regular
 * file, not a block device, which has no mtime. */
bool remembered_scan_wanted (const struct image *im);

/* Take back into IM, just opened, what is remembered of it, and its RESULT.  -1 with
 * FAULT set (ENOENT: nothing is remembered): IM is as if just opened. */
int remembered_scan_load (struct image *im, struct image_scan_result *result,
                          struct fault *fault);

/* Keep what is known of IM, scanned just now with this RESULT.  One thread at a
 * time, which holds IM's memo_lock.  0, or -1 with FAULT
 * set, which is no error to anyone who reads the image. */
int remembered_scan_save (struct image *im,
                          const struct image_scan_result *result,
                          struct fault *fault);

#endif
