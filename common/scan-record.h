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

struct fault;
struct hole_map;
struct scan_reader;
struct scan_record;
struct scan_writer;

struct scan_record *scan_record_new (void);             /* NULL: no memory */
void scan_record_free (struct scan_record *record);     /* NULL is allowed */

/* How many threads decode, which bounds the chunks that are in the making
 * (chunk-digests.h). */
void scan_record_set_threads (struct scan_record *record, unsigned threads);

/* Owned by the record. */
struct hole_map *scan_record_holes (struct scan_record *record);

/* Learn from LEN decoded bytes at OFFSET.  AT_END: the disk view ends with them.
 * In any order and from any thread; what is known already costs little. */
void scan_record_add (struct scan_record *record, uint64_t offset,
                      const void *buf, size_t len, bool at_end);

/* The same for DIGEST_CHUNK bytes that are known to be zeroes. */
void scan_record_add_zero_chunk (struct scan_record *record, uint64_t chunk);

/* Block NUMBER (struct block) was decoded to its end and its Check is right. */
void scan_record_block_verified (struct scan_record *record, uint64_t number);
bool scan_record_is_block_verified (struct scan_record *record,
                                    uint64_t number);

/* The digest of the chunk of DIGEST_CHUNK bytes with that number: false when it
 * is not known. */
bool scan_record_get_digest (struct scan_record *record, uint64_t chunk,
                             unsigned char digest[DIGEST_SIZE]);

/* Someone else, a server's table, knows the digest of a chunk: false, no memory. */
bool scan_record_set_digest (struct scan_record *record, uint64_t chunk,
                             const unsigned char digest[DIGEST_SIZE]);

/* Whether all of a disk view of DISK_SIZE bytes is known.  All of it has been
 * decoded then, with what follows the last byte of each Block. */
bool scan_record_is_complete (struct scan_record *record, uint64_t disk_size);

/* Someone else, a .bmap beside the image, says that these bytes are zero: whole
 * granules of the hole map are holes before anything is decoded. */
void scan_record_promise_hole (struct scan_record *record, uint64_t offset,
                               uint64_t length);
/* 0, or -1 with FAULT (EBADMSG) set when decoded bytes have contradicted that. */
int scan_record_check_promises (struct scan_record *record,
                                struct fault *fault);

/* A complete record as part of a remembered scan.  Loading, into a record that
 * knows nothing yet, trusts nothing: false, and the record knows nothing, when the
 * bytes make no sense for a disk view of this size.  All Blocks are verified then:
 * only an intact image is remembered. */
void scan_record_save (struct scan_record *record, struct scan_writer *w,
                       uint64_t disk_size);
bool scan_record_load (struct scan_record *record, struct scan_reader *r,
                       uint64_t disk_size);

/* Forget everything. */
void scan_record_clear (struct scan_record *record);

#endif
