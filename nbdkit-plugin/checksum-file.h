/* SPDX-License-Identifier: MIT */
/* Files of SHA-256 checksums: what sha256sum(1) writes ("HASH  NAME",
 * "HASH *NAME", "\HASH  NAME" with escapes), the BSD form "SHA256 (NAME) = HASH",
 * and, where the file belongs to one image, a bare hash.  Other lines (comments,
 * signatures) say nothing.  The text is untrusted. */

#ifndef FLASHIMAGE_CHECKSUM_FILE_H
#define FLASHIMAGE_CHECKSUM_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define CHECKSUM_SIZE 32
#define CHECKSUM_HEX_SIZE 65    /* with its NUL */

enum checksum_file_result
{
  CHECKSUM_ABSENT,              /* no line is about NAME */
  CHECKSUM_FOUND,
  CHECKSUM_CONTRADICTORY        /* two lines with different hashes */
};

/* The hash of the file NAME, a name without folders, in the LEN bytes at TEXT.
 * OWN: the checksum file is NAME's own, so that a line which is a hash alone is
 * NAME's, and folders before a name do not matter; else only "./" may be there. */
enum checksum_file_result
checksum_file_find (const char *text, size_t len, const char *name, bool own,
                    unsigned char hash[CHECKSUM_SIZE]);

/* LEN digits at TEXT are a hash, in upper or lower case. */
bool checksum_from_hex (const char *text, size_t len,
                        unsigned char hash[CHECKSUM_SIZE]);
void checksum_to_hex (const unsigned char hash[CHECKSUM_SIZE],
                      char hex[CHECKSUM_HEX_SIZE]);

#endif
