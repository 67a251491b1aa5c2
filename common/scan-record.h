/* SPDX-License-Identifier: MIT */
/* What is known so far of a disk view, learned from every byte that is decoded,
 * whoever asked for it: where its holes are, the digest of each chunk, and which
 * Blocks were decoded to their end and verified.  A full scan completes it; a
 * remembered scan (remembered-scan.h) begins with it complete.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_SCAN_RECORD_H
#define FLASHIMAGE_SCAN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

struct hole_map;
struct scan_record;

struct scan_record *scan_record_new (void);             /* NULL: no memory */
void scan_record_free (struct scan_record *record);     /* NULL is allowed */

/* Owned by the record. */
struct hole_map *scan_record_holes (struct scan_record *record);

/* Learn from LEN decoded bytes at OFFSET.  AT_END: the disk view ends with them.
 * In any order and from any thread; what is known already costs little. */
void scan_record_add (struct scan_record *record, uint64_t offset,
                      const void *buf, size_t len, bool at_end);

/* Block NUMBER (struct block) was decoded to its end and its Check is right. */
void scan_record_block_verified (struct scan_record *record, uint64_t number);
bool scan_record_is_block_verified (struct scan_record *record,
                                    uint64_t number);

/* The digest of the chunk of DIGEST_CHUNK bytes with that number: false when it
 * is not known. */
bool scan_record_get_digest (struct scan_record *record, uint64_t chunk,
                             unsigned char digest[DIGEST_SIZE]);

#endif
